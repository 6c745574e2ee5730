/**
 * `node empty-fuse-native.js DIRECTORY BYTES`: fuse-native with one file of zeros, `zeros`, kernel cache kept, until SIGTERM. It
 * does nothing for a request: no driver on this binding can be faster.
 */
import { createRequire } from 'node:module';

type Answer = (error: number, value?: unknown) => void;

interface Fuse {
  mount(done: (error: Error | null) => void): void;
  unmount(done: (error: Error | null) => void): void;
}

const FuseNative = createRequire(import.meta.url)('fuse-native') as new (
  path: string,
  operations: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
) => Fuse;

const [directory = '', bytes = '0'] = process.argv.slice(2);
const time = new Date(0);
const attributes = (mode: number, size: number): object => {
  return { mode, size, nlink: 1, uid: 0, gid: 0, mtime: time, atime: time, ctime: time };
};

const fuse = new FuseNative(
  directory,
  {
    readdir: (_path: string, answer: Answer) => answer(0, ['zeros']),
    getattr: (path: string, answer: Answer) =>
      answer(0, path === '/' ? attributes(0o40755, 4096) : attributes(0o100444, Number(bytes))),
    open: (_path: string, _flags: number, answer: Answer) => answer(0, 1),
    read: (_path: string, _fd: number, _target: Buffer, length: number, offset: number, answer: Answer) =>
      answer(Math.max(0, Math.min(length, Number(bytes) - offset))),
    release: (_path: string, _fd: number, answer: Answer) => answer(0),
  },
  { kernelCache: true, autoUnmount: true },
);

fuse.mount((error) => {
  if (error) throw error;
  process.stdout.write('mounted\n');
});
process.on('SIGTERM', () => fuse.unmount(() => process.exit(0)));
