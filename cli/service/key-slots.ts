/** Key slots as the command line names them. */
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { KeySlot } from '../../daemon/protocol/keys.js';
import { choice, either, text } from '../definition.js';

/** Numbers of slots, 0 to 255, each once. @throws SherinError USAGE */
export function slotIds(words: readonly string[]): number[] {
  const ids = words.map(slotId);
  const again = ids.find((id, at) => ids.indexOf(id) !== at);
  if (again === undefined) return ids;
  throw new SherinError('USAGE', { what: `slot ${again} is named twice` });
}

function slotId(word: string): number {
  if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return Number(word);
  throw new SherinError('USAGE', { what: `a slot is a number from 0 to 255, not '${word}'` });
}

/** The slots that are named; all where none is. @throws SherinError KEY_SLOT_UNKNOWN */
export async function keySlots(client: ControlClient, ids: readonly number[]): Promise<readonly KeySlot[]> {
  const { slots } = await client.call('key.list', {});
  if (ids.length === 0) return slots;
  return ids.map((id) => {
    const slot = slots.find((candidate) => candidate.id === id);
    if (slot === undefined) throw new SherinError('KEY_SLOT_UNKNOWN', { slot: id, part: '' });
    return slot;
  });
}

/** As messages name it. */
export function slotName({ id, type }: KeySlot): string {
  return `slot ${id} (${type === 'tpm2' ? 'TPM' : type})`;
}

/** How to seal to a TPM. */
export const sealOptions = {
  pin: either('--pin', 'the TPM slot wants a PIN at each unlock, asked for on the terminal (the default)'),
  noPin: either('--no-pin', 'make the TPM slot without a PIN'),
  pcrs: text('--pcrs <list>', 'PCRs to seal to, such as 7 or 4,7; default: 7', 'nothing'),
  bank: choice('--bank <name>', 'which digests of the PCRs: sha256 (the default), sha384 or sha512', [
    'sha256',
    'sha384',
    'sha512',
  ]),
};

/** Numbers of PCRs; whether they can be sealed to, sherin-fs says. @throws SherinError USAGE */
export function pcrList(list = '7'): number[] {
  if (!/^\d{1,2}(,\d{1,2})*$/.test(list))
    throw new SherinError('USAGE', { what: `--pcrs takes numbers such as 4,7, not '${list}'` });
  const pcrs = list.split(',').map(Number);
  const beyond = pcrs.find((pcr) => pcr > 23);
  if (beyond === undefined) return pcrs;
  throw new SherinError('USAGE', { what: `--pcrs takes PCRs from 0 to 23, not ${beyond}` });
}

/** A PIN that would not count must not look as if it did. @throws SherinError USAGE */
export function refuseIdlePin(pin: boolean | undefined, pinFd: number | undefined): void {
  if (pin !== false || pinFd === undefined) return;
  throw new SherinError('USAGE', {
    what: '--no-pin makes a slot without the PIN that --pin-fd gives: leave one of them out',
  });
}
