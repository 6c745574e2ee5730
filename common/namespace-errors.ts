/** Rows of the error table about namespaces. */
import { Exit } from './exit.js';

export const namespaceErrors = {
  NAMESPACE_TPM: {
    errno: 'EACCES',
    exit: Exit.denied,
    sentence: 'the TPM can not be asked at each open: {part}',
    hint: 'give the vault a TPM slot without a PIN (sherinctl key add tpm --no-pin), or set --unseal session',
  },
  NAMESPACE_NAME: {
    errno: 'EINVAL',
    exit: Exit.usage,
    sentence: 'no directory can have the namespace {name}: {part}',
    hint: 'choose a name like CONTRACTS',
  },
  NAMESPACE_PLACE: {
    errno: 'EPERM',
    exit: Exit.usage,
    sentence: '{path} can not be given a namespace: {part}',
    hint: 'name a directory below files/',
  },
  NAMESPACE_NONE: {
    errno: 'ENODATA',
    exit: Exit.failed,
    sentence: '{path} has no namespace of its own',
    hint: 'look at the directories above it: sherinctl stat DIRECTORY',
  },
  NAMESPACES_CHANGED: {
    errno: 'EBUSY',
    exit: Exit.failed,
    sentence: 'somebody else has changed the namespaces meanwhile: they are version {version} now',
    hint: 'look at them (sherinctl namespace list), and repeat what is still wanted',
  },
  NAMESPACES_UNREADABLE: {
    errno: 'EIO',
    exit: Exit.failed,
    sentence: 'the settings of namespaces can not be read, so the TPM is asked at every open',
    hint: 'heal the vault (sherinctl fsck --repair --from BACKUP), or begin anew with the usual settings: sherinctl namespace reset',
  },
} as const;
