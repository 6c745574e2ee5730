/** A machine as a recorded boot measured it: its EFI variables in a folder, and its boot programs, whose bytes were not kept, by their hashes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imagePath } from '../../event-log/device-path.js';
import { parseVariable } from '../../event-log/efi-variable.js';
import type { Bank, BootEvent } from '../../event-log/event-log.js';
import { EventType } from '../../event-log/event-types.js';
import { type BootName, bootEvents } from '../../event-log/fixtures.fixture.js';
import { Machine } from './machine.js';

const variables: readonly number[] = [EventType.variableDriverConfig, EventType.variableBoot];

export class RecordedMachine extends Machine {
  readonly #efivars: string;
  readonly #events: readonly BootEvent[];

  /** @param home where the folder is made */
  constructor(home: string, name: BootName) {
    const efivars = join(home, 'efivars');
    super({ efivars, mountOf: async () => null });
    this.#efivars = efivars;
    this.#events = bootEvents(name);
    mkdirSync(efivars);
    for (const { type, data } of this.#events) {
      const variable = variables.includes(type) ? parseVariable(data) : null;
      if (variable === null) continue;
      this.write(variable.name, variable.guid, variable.value);
      // Each recorded boot was started by the first entry.
      if (variable.name === 'BootOrder')
        this.write('BootCurrent', variable.guid, variable.value.subarray(0, 2));
    }
  }

  write(name: string, guid: string, value: Buffer): void {
    writeFileSync(join(this.#efivars, `${name}-${guid}`), Buffer.concat([Buffer.alloc(4, 7), value]));
  }

  override async program(_: string, file: string, bank: Bank): Promise<Buffer | undefined> {
    return this.#events
      .find(({ pcr, data }) => pcr === 4 && imagePath(data)?.file === file)
      ?.digests.get(bank);
  }

  /** The variables with their folder. */
  remove(): void {
    rmSync(this.#efivars, { recursive: true });
  }
}
