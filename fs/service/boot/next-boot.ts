/** Whether each TPM slot will open after a restart, as far as what will be measured then can be told now. */
import type { NextBoot } from '../../../daemon/protocol/keys.js';
import { forecast, type PcrForecast } from '../../event-log/forecast.js';
import { resetValue } from '../../event-log/replay.js';
import type { TpmSlot } from '../../vault/header.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { tpmSlotsOf } from '../../vault/tpm-slots.js';
import { Machine, thisMachine } from './machine.js';
import { type Measured, readMeasured } from './measured.js';

/** @throws SherinError TPM_MISSING, TPM_FAILED */
export async function nextBoot(
  vault: LockedVault,
  machine = new Machine(thisMachine),
): Promise<readonly NextBoot[]> {
  const found: NextBoot[] = [];
  for (const slot of tpmSlotsOf(vault.header)) found.push(await ofSlot(vault, slot, machine));
  return found;
}

async function ofSlot(vault: LockedVault, slot: TpmSlot, machine: Machine): Promise<NextBoot> {
  // Whatever is measured: without the TPM that sealed it no slot opens.
  const primary = await vault.tpm.session().use((tpm) => tpm.primaryName());
  if (primary.toString('hex') !== slot.primaryName)
    return { slot: slot.id, verdict: 'other-tpm', reasons: ['another TPM has sealed it'] };
  const boot = await vault.bootLog(slot);
  if (boot.state === 'software') return software(slot);
  if (boot.state !== 'read') {
    const why =
      boot.state === 'missing'
        ? 'the kernel shows no event log of this boot'
        : 'its event log can not be read';
    return unknown(slot, [
      `${why} (${boot.path}${boot.state === 'unreadable' ? `: ${boot.part}; only root may` : ''})`,
    ]);
  }
  const measured = readMeasured(boot.bytes, slot.bank);
  if (typeof measured === 'string') return unknown(slot, [`of the event log of this boot, ${measured}`]);
  const now = await vault.tpm.session().use((tpm) => tpm.pcrRead(slot.bank, slot.pcrs));
  const expected = await forecast(measured.events, slot.bank, slot.pcrs, machine);
  return judge(slot, measured, now, expected, await machine.requests());
}

/** A boot is not measured into it: it starts with PCRs that nothing has extended. */
function software(slot: TpmSlot): NextBoot {
  const fresh = slot.pcrs.every((pcr) => slot.pcrValues[pcr] === resetValue(pcr, slot.bank).toString('hex'));
  if (fresh)
    return {
      slot: slot.id,
      verdict: 'opens',
      reasons: [
        'no boot is measured into a software TPM, and it starts with the PCRs that the slot was sealed to',
      ],
    };
  return unknown(slot, [
    'it was sealed to PCRs of a software TPM that a program had extended: it opens where that is done again',
  ]);
}

const untouched: PcrForecast = { value: null, changes: [], settled: [], doubts: [] };

function judge(
  slot: TpmSlot,
  measured: Measured,
  now: ReadonlyMap<number, Buffer>,
  expected: ReadonlyMap<number, PcrForecast>,
  requests: readonly string[],
): NextBoot {
  const differ: string[] = [];
  const doubts: string[] = [...requests];
  for (const pcr of slot.pcrs) {
    const { value, changes, settled, doubts: own } = expected.get(pcr) ?? untouched;
    const said = [...own];
    const logged = measured.value(pcr) === now.get(pcr)?.toString('hex');
    if (!logged)
      said.push(
        'the event log of this boot does not lead to its value: something extends it that is in no log',
      );
    const next = value?.toString('hex') ?? measured.value(pcr);
    const sealedToThis = measured.value(pcr) === slot.pcrValues[pcr];
    const other = own.length === 0 ? next !== slot.pcrValues[pcr] : sealedToThis && settled.length > 0;
    if (other && logged && requests.length === 0)
      differ.push(
        ...(settled.length > 0
          ? settled
          : ['it is measured as in this boot, which is not what the slot was sealed to']
        ).map((each) => `PCR ${pcr}: ${each}`),
      );
    doubts.push(
      ...said.map((each) => `PCR ${pcr}: ${each}`),
      ...(said.length > 0 ? changes.map((each) => `PCR ${pcr}: ${each}`) : []),
    );
  }
  if (differ.length > 0) return { slot: slot.id, verdict: 'refused', reasons: differ };
  if (doubts.length > 0) return unknown(slot, doubts);
  const pcrs = slot.pcrs.join(', ');
  return { slot: slot.id, verdict: 'opens', reasons: [`nothing is seen that changes PCR ${pcrs}`] };
}

/** Reasons that are told. */
const mostReasons = 12;

function unknown({ id }: TpmSlot, reasons: readonly string[]): NextBoot {
  return { slot: id, verdict: 'unknown', reasons: [...reasons.slice(0, mostReasons)] };
}
