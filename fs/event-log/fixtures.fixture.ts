/** Event logs of real boots, and the PCRs that the TPM had after each (fixtures/README.md). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import { type BootEvent, type EventLog, parseEventLog } from './event-log.js';

export const bootNames = [
  ...(['secure-boot', 'secure-boot-command-line', 'secure-boot-grub'] as const),
  ...(['systemd-boot', 'own-keys', 'own-keys-dbx', 'own-keys-off'] as const),
] as const;
export type BootName = (typeof bootNames)[number];

export function fixture(name: string): Buffer {
  return readFileSync(join(projectRoot, 'fs/event-log/fixtures', name));
}

export function bootLog(name: BootName): Extract<EventLog, { format: 'crypto-agile' }> {
  const log = parseEventLog(fixture(`${name}.log`));
  if (log.format !== 'crypto-agile') throw new Error(`${name} is an old log`);
  return log;
}

export function bootEvents(name: BootName): readonly BootEvent[] {
  return bootLog(name).events;
}

/** Hex by bank and PCR. */
export function bootPcrs(name: BootName): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const all = JSON.parse(fixture('pcrs.json').toString()) as Record<BootName, ReturnType<typeof bootPcrs>>;
  return all[name];
}
