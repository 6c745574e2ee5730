/** A FUSE file system of somebody else: in a directory, with nothing in it. Its process ends with the last mount of it, in whatever namespace. */
import { Buffer } from 'node:buffer';
import { constants } from 'node:os';
import { FuseSession, fuseOp } from '../../../native/index.js';

const session = new FuseSession(
  { mountOptions: ['fsname=other'], deadline: 20_000, threads: 1 },
  (op, id) => {
    if (op === fuseOp.ready) process.stdout.write('ready\n');
    else if (op === fuseOp.ended) session.end().then(() => process.exit());
    else if (id !== 0) session.fail(id, constants.errno.ENOSYS);
  },
);
// The session alone keeps no process alive.
setInterval(() => undefined, 1_000);
session.mount(Buffer.from(process.argv[2] ?? ''));
