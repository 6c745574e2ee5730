import { modelOnMount } from './on-mount.js';
import type { Step } from './operation.js';
import { otherProcess } from './suite.js';

/** The kernel asks for it in the words in which it has setuid dropped before a write of that user (docs/posix.md, "chown"). */
function isChownOfNothing({ process, operation }: Step): boolean {
  const changesOwner = operation.do === 'chown' || operation.do === 'fchown';
  return process === otherProcess && changesOwner && operation.uid === -1 && operation.gid === -1;
}

modelOnMount('native', { otherUsers: true, except: isChownOfNothing });
