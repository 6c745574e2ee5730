/** Rows of the error table for proofs and what is checked with a public key alone. */
import { Exit } from './exit.js';

export const proofErrors = {
  PROOF_BROKEN: {
    errno: 'EBADMSG',
    exit: Exit.verification,
    sentence: '{path} proves nothing: {part}',
    hint: 'ask for it once more where it comes from; do not trust what it says',
  },
  PUBLIC_KEY: {
    errno: 'EINVAL',
    exit: Exit.usage,
    sentence: '{path} is no public key of a vault: {part}',
    hint: 'on the machine of the vault: sherinctl manifest public-key > vault.pub',
  },
  CUBE_BROKEN: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: '{cubes} of {total} failed verification: {part}',
    hint: 'heal them from a backup; on the machine of the vault see: sherinctl why',
  },
} as const;
