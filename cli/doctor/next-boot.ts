/** Whether the vault opens after a restart, slot by slot. */
import type { NextBoot } from '../../daemon/protocol/keys.js';
import type { Session } from '../session.js';
import { type Finding, fail, ok, warn } from './finding.js';

/** @throws SherinError NOT_RUNNING, TPM_* */
export async function diagnoseNextBoot(session: Session): Promise<readonly Finding[]> {
  const { slots } = await session.connect().call('key.next-boot', {});
  if (slots.length > 0) return slots.map(finding);
  return [ok('next boot', 'the vault has no TPM slot: no change of this machine keeps it shut')];
}

function finding({ slot, verdict, reasons }: NextBoot): Finding {
  const subject = `slot ${slot}`;
  const why = reasons.join('; ');
  if (verdict === 'opens') return ok(subject, `it will open after a restart: ${why}`);
  if (verdict === 'other-tpm')
    return fail(
      subject,
      `it does not open on this machine: ${why}`,
      'where the vault has come here for good: sherinctl key move; else remove the slot, or leave it to its machine',
    );
  const reseal = `sherinctl unlock --recovery, then sherinctl key reseal ${slot}`;
  if (verdict === 'refused')
    return fail(
      subject,
      `it will not open after a restart: ${why}`,
      `have the recovery key at hand; after the restart: ${reseal}`,
    );
  return warn(
    subject,
    `whether it opens after a restart can not be told: ${why}`,
    `have the recovery key at hand; where it is refused: ${reseal}`,
  );
}
