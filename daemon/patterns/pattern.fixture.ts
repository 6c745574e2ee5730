/** Patterns in a database of their own, with a clock that tests move. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asSherinId, type SherinId } from '../../common/ids.js';
import { DaemonDatabase } from '../database/database.js';
import { Looks } from './looks.js';
import { type PatternKey, patternKey, type Question } from './pattern-key.js';
import { type Measurement, PatternMemory, type Remembered } from './pattern-memory.js';
import { PatternUpkeep } from './upkeep.js';

export const day = 86_400_000;

/** Whether a result exists, verifies, and the asker may read it. */
type MayRead = (result: SherinId) => Promise<boolean>;

export class PatternFixture {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherind-patterns-'));
  readonly database = DaemonDatabase.open(this.directory);
  now = 1_800_000_000_000;
  readonly #looks = new Looks(this.database);
  readonly memory = new PatternMemory(this.database, this.#looks, () => this.now);
  readonly upkeep = new PatternUpkeep(this.database, this.#looks, () => this.now);

  /** The answer to a question, as the router gives it. */
  async lookUp(key: PatternKey, asker: number, mayRead: MayRead): Promise<Remembered | null> {
    for (const candidate of this.memory.candidates(key, asker)) {
      if ((await mayRead(candidate.result)) && this.memory.give(candidate)) return candidate;
    }
    return null;
  }

  /** Gives an answer so many times. */
  async use({ key, owner }: Remembered, times: number): Promise<void> {
    for (let at = 0; at < times; at++) await this.lookUp(key, owner, async () => true);
  }

  measure(remembered: Remembered, success: boolean, times = 1): void {
    const measurement: Measurement = { by: 'tests', success };
    for (let at = 0; at < times; at++) this.memory.measured(remembered, measurement);
  }

  end(): void {
    this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The Sherin ID of a name, as if it had been stored in a namespace on a day. */
export function idOf(name: string | number, place = 'INBOX_20260101'): SherinId {
  const hex = createHash('sha256').update(String(name)).digest('hex').slice(0, 32);
  return asSherinId(`${place}_${hex}`);
}

export function question(change: Partial<Question> = {}): Question {
  return {
    request: idOf('a question'),
    ...{
      domain: 'calculations',
      department: 'arithmetic',
      class: 'compute',
      bot: 'calculator',
      botVersion: '1.0',
    },
    inputs: 'pure',
    ...change,
  };
}

/** An answer of an owner to a question of its own. */
export function answer(name: string | number, owner = 1000): Remembered & { readonly key: PatternKey } {
  return { key: patternKey(question({ request: idOf(name) })), owner, result: idOf(`answer to ${name}`) };
}
