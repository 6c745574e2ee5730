/** Methods of the control socket about key slots. Secrets come on descriptors, as sealed memory files; a second one is the same again. */
import { z } from 'zod';
import { type Method, method, nothing } from './terms.js';
import { count } from './values.js';

const slot = z.int().min(0).max(255);

export const keySlotSchema = z.strictObject({
  id: slot,
  type: z.enum(['tpm2', 'recovery', 'passphrase']),
  /** RFC 3339; null where it was made before that was noted. */
  created: z.string().nullable(),
  tpm: z
    .strictObject({
      kind: z.enum(['device', 'software']),
      device: z.string(),
      bank: z.string(),
      pcrs: z.array(count),
      pin: z.boolean(),
      /** Count of the TPM at which the slot opens. */
      generation: count,
    })
    .nullable(),
});
export type KeySlot = z.infer<typeof keySlotSchema>;

/** A vault that has a new master key, and is being encrypted anew under it. */
export const rekeySchema = z.strictObject({
  epoch: count,
  /** Epochs that have not ended. */
  former: z.array(count),
  /** Stored cubes that were looked at in this round, of how many, and how many were encrypted anew since the vault is open. */
  ...{ checked: count, total: count, done: count },
  /** Why they have not ended after a round. */
  waiting: z.string().nullable(),
});
export type Rekey = z.infer<typeof rekeySchema>;

const nextBootSchema = z.strictObject({
  slot,
  /** After a restart; `refused`: something that is measured is another by then; `other-tpm`: not on this machine. */
  verdict: z.enum(['opens', 'refused', 'other-tpm', 'unknown']),
  reasons: z.array(z.string()),
});
export type NextBoot = z.infer<typeof nextBootSchema>;

/** How to seal. */
const seal = {
  pcrs: z.array(z.int().min(0).max(23)).min(1).max(24),
  bank: z.enum(['sha256', 'sha384', 'sha512']).default('sha256'),
};
const made = z.strictObject({ slot });

export const keyMethods = {
  'key.list': method(
    'Key slots, whether the vault has a rollback counter, and how far a rekey is',
    nothing,
    z.strictObject({ slots: z.array(keySlotSchema), counter: z.boolean(), rekey: rekeySchema.nullable() }),
  ),
  'key.next-boot': method(
    'Whether the TPM slots will open after a restart, as far as what will be measured can be told',
    nothing,
    z.strictObject({ slots: z.array(nextBootSchema) }),
  ),
  'key.pin-lockout': method(
    'Whether the lockout of the TPM, which counts wrong PINs, has a password',
    nothing,
    z.strictObject({ password: z.boolean() }),
  ),
  'key.add': method(
    'Adds a passphrase slot, or a recovery slot; what opens it comes from the descriptor',
    z.strictObject({ type: z.enum(['recovery', 'passphrase']) }),
    made,
    [1, 2],
  ),
  'key.add-tpm': method(
    'Adds a TPM slot, with the PIN from the descriptor or without one',
    z.strictObject(seal),
    made,
    [0, 2],
  ),
  'key.remove': method(
    'Removes a slot; that of a TPM opens old copies of the header neither',
    z.strictObject({ slot, force: z.boolean().default(false) }),
    nothing,
  ),
  'key.rotate': method(
    'Wraps the master key anew in a slot, whose secret comes from the descriptor; the answer is the slot in its place',
    z.strictObject({ slot }),
    made,
    [0, 1],
  ),
  'key.reseal': method(
    'Seals to the PCRs as they are now, in the place of a TPM slot; its new PIN comes from the descriptor',
    z.strictObject({ slot }),
    made,
    [0, 2],
  ),
  'key.rekey': method(
    'A new master key in the slots that are kept; the others are dropped. Secrets come from the descriptors, in the order of the slots that have one',
    z.strictObject({
      keep: z.array(z.strictObject({ slot, secret: z.boolean() })).max(16),
      drop: z.array(slot).max(16),
      force: z.boolean().default(false),
    }),
    z.strictObject({ epoch: count }),
    [0, 16],
  ),
  'key.move': method(
    'Seals to the TPM of this machine, and drops the slots of the TPM before',
    z.strictObject(seal),
    /** Slots of a TPM that did not answer: with it, an old copy of the vault opens still. */
    z.strictObject({ slot, unretired: count }),
    [0, 2],
  ),
} as const satisfies Record<string, Method>;
