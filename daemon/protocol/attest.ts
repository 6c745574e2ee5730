/** Methods of the control socket about attestation. */
import { z } from 'zod';
import { longestAttestation, nonceBytes } from '../../common/attestation/attestation.js';
import { type Method, method, nothing } from './terms.js';

const nonce = z
  .string()
  .regex(
    new RegExp(`^([0-9a-f]{2}){${nonceBytes.least},${nonceBytes.most}}$`),
    `a nonce has ${nonceBytes.least} to ${nonceBytes.most} bytes, in hex`,
  );

/** Beside the others of the control socket. */
export const attestMethods = {
  attest: method(
    'States the PCRs and the tree head for a nonce, under the keys of the TPM and of the vault',
    z.strictObject({ nonce }),
    /** Canonical JSON, to be kept byte for byte. */
    z.strictObject({ attestation: z.string().max(longestAttestation) }),
  ),
  'attest.key': method(
    'What a verifier notes of the vault: its public key (base64) and the Name of its attestation key (hex)',
    nothing,
    z.strictObject({ publicKey: z.string(), keyName: z.string(), tpm: z.string() }),
  ),
} as const satisfies Record<string, Method>;
