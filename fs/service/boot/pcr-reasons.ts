/** Which event of the boot is behind a PCR that is not what a slot was sealed to. Told as a fact only where both logs lead to both values. */
import { changeWords } from '../../event-log/change-words.js';
import { compareEvents, eventsOf } from '../../event-log/compare.js';
import type { BootLog } from '../../vault/boot-log.js';
import type { TpmSlot } from '../../vault/header.js';
import type { PcrChange } from '../../vault/policy-refusal.js';
import type { SealingLog } from '../../vault/sealing-log.js';
import { type Measured, readMeasured, type SlotBank } from './measured.js';

export interface PcrReasonParts {
  readonly slot: Pick<TpmSlot, 'id' | 'bank'>;
  readonly changes: readonly PcrChange[];
  /** Kept when the slot was sealed. */
  readonly sealing: SealingLog;
  /** Of this boot. */
  readonly boot: BootLog;
}

/** Differences of one PCR that are told. */
const told = 4;

/** Sentences; none where no PCR changed. */
export function pcrReasons({ slot, changes, sealing, boot }: PcrReasonParts): readonly string[] {
  if (changes.length === 0) return [];
  if (boot.state === 'software') return [softwareWords];
  const now = bootMeasured(boot, slot.bank);
  const before = sealingMeasured(sealing, slot);
  if (typeof now === 'string') return [now];
  return changes.flatMap((change) => reasonsOf(change, before, now, slot.bank));
}

const softwareWords =
  'no boot is measured into a software TPM: a program extended its PCRs, or it was sealed to PCRs that one had extended; they begin anew when the TPM starts (sherinctl down; sherinctl up)';

function bootMeasured(boot: Exclude<BootLog, { state: 'software' }>, bank: SlotBank): Measured | string {
  const unknown = 'the event behind it is not known';
  if (boot.state === 'missing')
    return `${unknown}: the kernel shows no event log of this boot (${boot.path}), since firmware or boot loader left none`;
  if (boot.state === 'unreadable') {
    const way = `sudo tpm2_eventlog ${boot.path} shows it`;
    return `${unknown}: ${boot.path} can not be read (${boot.part}), and only root may; ${way}`;
  }
  const measured = readMeasured(boot.bytes, bank);
  return typeof measured === 'string' ? `${unknown}: of the event log of this boot, ${measured}` : measured;
}

function sealingMeasured(sealing: SealingLog, { id, bank }: PcrReasonParts['slot']): Measured | string {
  if (sealing.state === 'missing')
    return `no event log was kept when slot ${id} was sealed: sherinctl key reseal ${id} keeps one where sherin-fs may read it (as root)`;
  if (sealing.state === 'forged')
    return `the event log kept with slot ${id} is not what this vault signed for it, and is left out`;
  const measured = readMeasured(sealing.bytes, bank);
  return typeof measured === 'string' ? `of the event log kept with slot ${id}, ${measured}` : measured;
}

function reasonsOf(
  { pcr, was, is }: PcrChange,
  before: Measured | string,
  now: Measured,
  bank: SlotBank,
): string[] {
  const present = now.value(pcr);
  if (present === was)
    return [
      `PCR ${pcr}: this boot was measured as the one in which the slot was sealed; what extended the PCR since was a program, and a restart undoes it`,
    ];
  if (typeof before === 'string') return [`PCR ${pcr}: ${before}`];
  if (present !== is)
    return [
      `PCR ${pcr}: the event log of this boot does not lead to its value: something extended it that is in no log`,
    ];
  if (before.value(pcr) !== was)
    return [
      `PCR ${pcr}: the event log kept with the slot does not lead to the value it was sealed to, and explains nothing`,
    ];
  const changes = compareEvents(eventsOf(before.events, pcr), eventsOf(now.events, pcr), bank);
  const more = changes.length - told;
  const words = changes.slice(0, told).map((change) => `PCR ${pcr}: ${changeWords(change)}`);
  return more > 0 ? [...words, `PCR ${pcr}: ${more} more events differ`] : words;
}
