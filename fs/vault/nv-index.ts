/** An NV index of the TPM: as the header has it, with its Name in hex; as the addon takes it, with its bytes; and given back. */
import type { NvIndex } from '../../native/index.js';
import type { TpmSlot } from './header.js';
import type { TpmSession } from './tpm-session.js';

type IndexText = TpmSlot['slotCounter'];

/** As the addon takes it. */
export function indexOf({ handle, name }: IndexText): NvIndex {
  return { handle, name: Buffer.from(name, 'hex') };
}

/** As the header has it. */
export function indexText({ handle, name }: NvIndex): IndexText {
  return { handle, name: name.toString('hex') };
}

/** Gives an index back to the TPM. One that can't be given back is no harm. */
export async function undefine(session: TpmSession, index: NvIndex): Promise<void> {
  await session.once((tpm) => tpm.counterUndefine(index)).catch(() => undefined);
}
