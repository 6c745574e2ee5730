/** An NV index of the TPM, as the header has it and as the addon takes it: its Name is hex there, bytes here. */
import type { NvIndex } from '../../native/index.js';
import type { TpmSlot } from './header.js';

type IndexText = TpmSlot['slotCounter'];

/** As the addon takes it. */
export function indexOf({ handle, name }: IndexText): NvIndex {
  return { handle, name: Buffer.from(name, 'hex') };
}

/** As the header has it. */
export function indexText({ handle, name }: NvIndex): IndexText {
  return { handle, name: name.toString('hex') };
}
