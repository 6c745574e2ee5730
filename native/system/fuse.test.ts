/** The kernel's cache of a real mount, emptied from outside libfuse. */
import { describe, expect, it } from 'vitest';
import { fine, fuseNativePath, runScript } from '../child.fixture.js';
import { system } from '../index.js';

/** A file system of one file whose content changes and which the kernel may cache for ever. */
const mount = `
  const Fuse = require(${JSON.stringify(fuseNativePath)});
  const folder = temporaryFolder();
  let content = 'first';
  let reads = 0;
  const epoch = new Date(0);
  const stat = (mode, size) => ({ mtime: epoch, atime: epoch, ctime: epoch, size, mode, nlink: 1, uid: process.getuid(), gid: process.getgid() });
  const fuse = new Fuse(folder, {
    readdir: (name, cb) => cb(0, ['file']),
    getattr: (name, cb) => name === '/' ? cb(0, stat(0o40755, 4096)) : name === '/file' ? cb(0, stat(0o100644, 5)) : cb(Fuse.ENOENT),
    open: (name, flags, cb) => cb(0, 1),
    release: (name, fd, cb) => cb(0),
    read: (name, fd, buffer, length, offset, cb) => { reads++; cb(buffer.write(content.slice(offset), 'latin1')); },
  }, { kernelCache: true, attrTimeout: 3600, entryTimeout: 3600, autoUnmount: true });
  await new Promise((resolve, reject) => fuse.mount((error) => (error ? reject(error) : resolve())));
  const read = () => fs.promises.readFile(path.join(folder, 'file'), 'latin1');
  try {`;
const unmount = `} finally { await new Promise((resolve) => fuse.unmount(resolve)); fs.rmdirSync(folder); }`;

describe('fuseInvalidate', () => {
  it('makes the kernel ask again', () => {
    const script = `${mount}
      const [fd, ...others] = native.system.fuseFds();
      const before = [await read(), reads];
      content = 'other';
      const cached = [await read(), reads];
      const known = await native.system.fuseInvalidate(fd, 1, 1000);
      process.stdout.write(JSON.stringify([others.length, before, cached, known, [await read(), reads]]));
      ${unmount}`;
    expect(runScript(script)).toEqual(fine('[0,["first",1],["first",1],2,["other",2]]'));
  });

  it('works as an ordinary user in a hardened process', () => {
    const script = `native.system.harden(); ${mount}
      await read();
      process.stdout.write(String(await native.system.fuseInvalidate(native.system.fuseFds()[0], 1, 100)));
      ${unmount}`;
    const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const command = [...(process.geteuid?.() === 0 ? user : []), process.execPath];
    expect(runScript(script, command)).toEqual(fine('2'));
  });

  it('writes to nothing but /dev/fuse', () => {
    const refused = expect.objectContaining({ code: 'ENODEV' });
    expect(() => system.fuseInvalidate(1, 1, 2)).toThrow(refused);
    expect(() => system.fuseInvalidate(1_000_000, 1, 2)).toThrow(refused);
    expect(() => system.fuseInvalidate(1, 0, 2)).toThrow(RangeError);
    expect(() => system.fuseInvalidate(1, 3, 2)).toThrow(RangeError);
    expect(system.fuseFds()).toEqual([]);
  });
});
