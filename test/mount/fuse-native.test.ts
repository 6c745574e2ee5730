import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fuseNativeLimits } from '../../fs/mount/fuse-native/limits.js';
import { until } from '../vault/wait.js';
import { mountConformance } from './conformance.js';
import { Mounted } from './mounted.js';

mountConformance(fuseNativeLimits);

/** Bit of SIGCHLD in the masks of proc(5). */
const sigchld = 1n << 16n;

it('keeps signals from the threads of libfuse, which end in the middle of whatever they do', async () => {
  const mounted = await Mounted.mount(fuseNativeLimits);
  readFileSync(mounted.file('hello.txt'));
  const folder = `/proc/${mounted.pid}/task`;
  const idle = () =>
    readdirSync(folder).filter((task) =>
      readFileSync(`${folder}/${task}/wchan`, 'utf8').startsWith('fuse_dev'),
    );
  await until('no thread waits for the kernel', () => idle().length > 0);
  const waiting = idle();
  for (const task of waiting) {
    const blocked = /^SigBlk:\s*([0-9a-f]+)$/m.exec(readFileSync(`${folder}/${task}/status`, 'latin1'))?.[1];
    expect(BigInt(`0x${blocked}`) & sigchld).toBe(sigchld);
  }
  await mounted.close();
});
