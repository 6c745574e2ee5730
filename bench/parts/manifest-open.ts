/** Opens a manifest once and tells what that took: `manifest-open.js PATH PUBLIC-KEY-HEX`, the key's hex on stdin. */
import { readFileSync } from 'node:fs';
import { Manifest } from '../../fs/manifest/manifest.js';

export interface OpenFigures {
  readonly ms: number;
  /** Growth of the process's resident memory (proc(5), VmHWM after, VmRSS before). */
  readonly megabytes: number;
}

const [path = '', publicKey = ''] = process.argv.slice(2);
const key = Buffer.from(readFileSync(0, 'utf8'), 'hex');

const before = residentBytes('VmRSS');
const begin = process.hrtime.bigint();
const manifest = Manifest.open({
  path,
  key,
  uuid: Buffer.alloc(16),
  publicKey: Buffer.from(publicKey, 'hex'),
  sign: () => {
    throw new Error('this process signs nothing');
  },
  header: () => ({ generation: 1, hash: Buffer.alloc(32) }),
  auditHead: () => ({ size: 0, root: Buffer.alloc(32) }),
  counter: () => 1n,
});
const figures: OpenFigures = {
  ms: Number(process.hrtime.bigint() - begin) / 1e6,
  megabytes: (residentBytes('VmHWM') - before) / 1e6,
};
if (manifest.tree.counts().inodes === 0) throw new Error('the manifest is empty');
process.stdout.write(JSON.stringify(figures));
// No close(): it would write a snapshot of what was opened without one.
process.exit();

function residentBytes(field: string): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
}
