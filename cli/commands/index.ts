/** Every command, in the order of help and man page. */
import type { CommandDefinition } from '../definition.js';
import { audit } from './audit.js';
import { backup } from './backup.js';
import { bench } from './bench.js';
import { cat } from './cat.js';
import { completePath, completion } from './completion.js';
import { destroy } from './destroy.js';
import { diff } from './diff.js';
import { doctor } from './doctor.js';
import { down } from './down.js';
import { du } from './du.js';
import { fsck } from './fsck.js';
import { gc } from './gc.js';
import { get } from './get.js';
import { init } from './init.js';
import { lineage } from './lineage.js';
import { lock, unlock } from './lock.js';
import { log } from './log.js';
import { ls } from './ls.js';
import { mount, umount } from './mount.js';
import { put } from './put.js';
import { quarantine } from './quarantine.js';
import { restore } from './restore.js';
import { restoreBackup } from './restore-backup.js';
import { scrub } from './scrub.js';
import { stat } from './stat.js';
import { status } from './status.js';
import { snapshot, sync } from './sync.js';
import { tree } from './tree.js';
import { up } from './up.js';
import { verify } from './verify.js';
import { why } from './why.js';

export const commands: readonly CommandDefinition[] = [
  init,
  up,
  down,
  mount,
  umount,
  lock,
  unlock,
  put,
  get,
  cat,
  ls,
  tree,
  stat,
  log,
  restore,
  diff,
  snapshot,
  sync,
  du,
  gc,
  destroy,
  lineage,
  verify,
  scrub,
  fsck,
  quarantine,
  backup,
  restoreBackup,
  why,
  status,
  doctor,
  bench,
  audit,
  completion(() => commands),
  completePath,
];
