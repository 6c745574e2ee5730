/** Rows of the error table about attestations. */
import { Exit } from './exit.js';

export const attestationErrors = {
  ATTESTATION_MALFORMED: {
    errno: 'EINVAL',
    exit: Exit.verification,
    sentence: 'that is no attestation: {part}',
    hint: 'give the file that sherinctl attest has printed, unchanged',
  },
  ATTESTATION_REFUSED: {
    errno: 'EACCES',
    exit: Exit.verification,
    sentence: 'the attestation does not verify: {part}',
    hint: 'believe nothing that it says; ask for another with a new nonce',
  },
  ATTESTATION_KEY: {
    errno: 'EIO',
    exit: Exit.verification,
    sentence: 'the attestation key {path} can not be used: {part}',
    hint: 'find out who changed the file; once it is removed, the next attestation makes another key, which those who know this one will notice',
  },
  ATTESTATION_TPM: {
    errno: 'EINVAL',
    exit: Exit.failed,
    sentence: 'this vault can not attest: it has no TPM slot',
    hint: 'a vault attests with the TPM that opens it',
  },
} as const;
