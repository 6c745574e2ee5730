/** What a session hands to JavaScript of requests that modify, each made by a program on a mount of its own. */
import { execFile } from 'node:child_process';
import { constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attributeFields, type FuseHandler, FuseSession, fuseOp, setAttr } from '../index.js';

const run = promisify(execFile);
const [fileNode, directoryNode, madeNode] = [2, 3, 4];
const nodeOf: Record<string, number> = { file: fileNode, directory: directoryNode };
const { S_IFDIR, S_IFREG, O_CREAT, O_EXCL, O_RDWR, O_WRONLY, O_TRUNC } = constants;
const errno = { ENOENT: 2, EIO: 5, EROFS: 30 };

function attributes(node: number): Float64Array {
  const facts = new Float64Array(attributeFields);
  const mode = node === fileNode || node === madeNode ? S_IFREG | 0o644 : S_IFDIR | 0o755;
  facts.set([node, node, mode, 1, process.getuid?.() ?? 0, process.getgid?.() ?? 0, 10]);
  facts.set([100, 0, 1], 13); // names are looked up each time, as having no extended attributes
  return facts;
}

/** A listing of one name. */
function listed(name: string, node: number): Buffer {
  const entry = Buffer.alloc((attributeFields + 3) * 8);
  entry.set(Buffer.from(attributes(node).buffer));
  entry.writeDoubleLE(1, attributeFields * 8);
  entry.writeDoubleLE(name.length, attributeFields * 8 + 8);
  entry.write(name, attributeFields * 8 + 16);
  return entry;
}

interface Request {
  readonly op: string;
  readonly id: number;
  readonly node: number;
  readonly handle: number;
  readonly offset: number;
  readonly size: number;
  readonly flags: number;
  readonly name: string | null;
  readonly other: string | null;
  readonly more: readonly number[] | null;
}

/** Flags that the C library and the kernel set on their own account. */
const meant = O_CREAT | O_EXCL | O_RDWR | O_WRONLY | O_TRUNC;

describe('a session', () => {
  const path = mkdtempSync(join(tmpdir(), 'sherin-session-'));
  const names = new Map<number, string>(Object.entries(fuseOp).map(([name, op]) => [op, name]));
  let session: FuseSession;
  const noNames = Buffer.alloc(0);
  let listing = { cached: false, kept: false };
  let requests: Request[] = [];
  let ready = (): void => {};
  let written: (string | boolean)[] = [];

  const handler: FuseHandler = (
    op,
    id,
    node,
    _uid,
    _gid,
    _pid,
    handle,
    offset,
    size,
    flags,
    name,
    other,
    more,
  ) => {
    if (op === fuseOp.ready) return ready();
    if (id === 0) return;
    const text = (bytes: Buffer | null) => bytes?.toString() ?? null;
    const numbers = more === null ? null : [...more];
    const called = names.get(op) ?? String(op);
    requests.push({
      op: called,
      id,
      node,
      handle,
      offset,
      size,
      flags,
      name: text(name),
      other: text(other),
      more: numbers,
    });
    switch (op) {
      case fuseOp.lookup: {
        const found = nodeOf[String(name)];
        return found === undefined
          ? session.fail(id, errno.ENOENT)
          : session.answerEntry(id, attributes(found));
      }
      case fuseOp.getattr:
      case fuseOp.setattr:
        return session.answerAttributes(id, attributes(node));
      case fuseOp.open:
        return void session.answerOpen(id, 7, false, false);
      case fuseOp.opendir:
        return void session.answerOpendir(id, 7, listing.cached, listing.kept);
      case fuseOp.readdir:
      case fuseOp.readdirplus:
        return session.answerDirectory(
          id,
          offset === 0 ? listed('file', fileNode) : noNames,
          size,
          op === fuseOp.readdirplus,
        );
      case fuseOp.create:
        return void session.answerCreate(id, attributes(madeNode), 8, false, false);
      case fuseOp.mkdir:
      case fuseOp.mknod:
      case fuseOp.symlink:
      case fuseOp.link:
        return session.fail(id, errno.EROFS);
      case fuseOp.write: {
        const target = Buffer.alloc(size + 2, '.');
        written.push(session.takeData(id, 1, size - 1, target, 1), target.toString());
        expect(() => session.takeData(id, 1, size, target, 0)).toThrow(RangeError);
        expect(() => session.takeData(id, 0, 2, target, size + 1)).toThrow(RangeError);
        session.answerWrite(id, size);
        written.push(session.takeData(id, 0, 1, target, 0));
        return;
      }
      case fuseOp.copyFileRange:
        return session.answerWrite(id, 3);
      case fuseOp.lseek:
        return session.answerOffset(id, offset + 1);
      case fuseOp.getxattr:
        return session.answerSize(id, 0);
      default:
        return session.fail(id, 0);
    }
  };

  beforeAll(async () => {
    session = new FuseSession(
      { mountOptions: ['fsname=sherin-test'], deadline: 20_000, threads: 2 },
      handler,
    );
    const said = new Promise<void>((resolve) => {
      ready = resolve;
    });
    session.mount(Buffer.from(path));
    await said;
  });
  afterAll(async () => {
    await run('fusermount3', ['-u', path]);
    await session.end();
    rmSync(path, { recursive: true });
  });
  beforeEach(() => {
    requests = [];
    written = [];
  });

  /** What a program in Python asks for, without what the kernel asks on its own account. */
  async function asked(script: string): Promise<Request[]> {
    const prelude =
      'import os, sys, errno, ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nos.chdir(sys.argv[1])\n';
    await run('python3', ['-I', '-c', `${prelude}${script}`, path]);
    const own = new Set(['lookup', 'getattr', 'getxattr', 'opendir', 'noted', 'statfs']);
    return requests.filter(({ op }) => !own.has(op));
  }
  const attempt = (call: string): string =>
    `try:\n  ${call}\nexcept OSError as e: assert e.errno == errno.EROFS, e\n`;

  it('hands over what makes names', async () => {
    const made = await asked(
      [
        'os.umask(0o27)',
        attempt('os.mkdir("directory/new", 0o777)'),
        attempt('os.mknod("new", 0o010666)'),
        attempt('os.symlink("some where", "new")'),
        attempt('os.link("file", "directory/new")'),
      ].join('\n'),
    );
    expect(made).toMatchObject([
      { op: 'mkdir', node: directoryNode, name: 'new', other: null, more: [0o750, 0o27] },
      { op: 'mknod', node: 1, name: 'new', more: [0o010640, 0o27, 0] },
      { op: 'symlink', node: 1, name: 'new', other: 'some where', more: null },
      { op: 'link', node: fileNode, name: 'new', other: null, more: [directoryNode] },
    ]);
  });

  it('has the kernel keep the entries of a directory, and ask for them where they are not right any more', async () => {
    const asks = async (wanted: typeof listing): Promise<boolean> => {
      listing = wanted;
      requests = [];
      const calls = await asked('assert os.listdir("directory") == ["file"], os.listdir("directory")');
      return calls.some(({ op }) => op.startsWith('readdir'));
    };
    expect(await asks({ cached: true, kept: false })).toBe(true);
    expect(await asks({ cached: true, kept: true })).toBe(false);
    expect(await asks({ cached: false, kept: false })).toBe(true);
    expect(await asks({ cached: true, kept: false })).toBe(true);
    expect(await asks({ cached: true, kept: true })).toBe(false);
    await session.invalidate([directoryNode], []);
    expect(await asks({ cached: true, kept: true })).toBe(true);
    expect(await asks({ cached: true, kept: true })).toBe(false);
  });

  it('hands over what takes names away', async () => {
    const taken = await asked(
      'os.unlink("file")\nos.rmdir("directory")\nos.rename("file", "directory/new")\n' +
        'libc.renameat2(-100, b"file", -100, b"other", 1)',
    );
    expect(taken).toMatchObject([
      { op: 'unlink', node: 1, name: 'file' },
      { op: 'rmdir', node: 1, name: 'directory' },
      { op: 'rename', node: 1, name: 'file', other: 'new', flags: 0, more: [directoryNode] },
      { op: 'rename', node: 1, name: 'file', other: 'other', flags: 1, more: [1] },
    ]);
  });

  it('hands over attributes', async () => {
    const set = await asked(
      [
        'os.chmod("file", 0o600)',
        'os.chown("file", 5, 6)',
        'os.truncate("file", 2**53 - 1)',
        'os.utime("file", ns=(1_000_000_002, -3_000_000_000))',
        'os.setxattr("file", "user.a", b"", os.XATTR_CREATE)',
        'os.setxattr("file", "user.b", b"value")',
        'os.removexattr("file", "user.a")',
      ].join('\n'),
    );
    expect(set.slice(-3)).toMatchObject([
      { op: 'setxattr', node: fileNode, name: 'user.a', other: '', flags: 1 },
      { op: 'setxattr', node: fileNode, name: 'user.b', other: 'value', flags: 0 },
      { op: 'removexattr', node: fileNode, name: 'user.a', other: null },
    ]);
    const [chmod, chown, truncate, utime] = set.map(({ more }) => more ?? []);
    expect([chmod?.[0] ?? 0, chmod?.[1]]).toEqual([setAttr.mode, S_IFREG | 0o600]);
    expect([(chown?.[0] ?? 0) & (setAttr.uid | setAttr.gid), chown?.[2], chown?.[3]]).toEqual([6, 5, 6]);
    expect([(truncate?.[0] ?? 0) & setAttr.size, truncate?.[4]]).toEqual([setAttr.size, 2 ** 53 - 1]);
    const times = setAttr.atime | setAttr.mtime;
    expect([(utime?.[0] ?? 0) & times, ...(utime?.slice(5, 9) ?? [])]).toEqual([times, 1, 2, -3, 0]);
  });

  it('hands over writes with their data until they are answered', async () => {
    session.setLate(true);
    const wrote = await asked(
      [
        'fd = os.open("new", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)',
        'assert os.pwrite(fd, b"abcd", 3) == 4',
        'os.fsync(fd); os.fdatasync(fd)',
        'os.posix_fallocate(fd, 1, 4096)',
        'assert os.lseek(fd, 5, os.SEEK_DATA) == 6',
        'assert os.copy_file_range(fd, fd, 3, 0, 100) == 3',
        'os.close(fd)',
      ].join('\n'),
    );
    expect(wrote.map((request) => ({ ...request, flags: request.flags & meant }))).toMatchObject([
      { op: 'create', node: 1, name: 'new', flags: O_CREAT | O_EXCL | O_RDWR, more: [S_IFREG | 0o644, 0o22] },
      { op: 'write', node: madeNode, handle: 8, offset: 3, size: 4, flags: 0 },
      { op: 'fsync', node: madeNode, handle: 8, flags: 0 },
      { op: 'fsync', node: madeNode, handle: 8, flags: 1 },
      { op: 'fallocate', node: madeNode, handle: 8, offset: 1, size: 4096, flags: 0 },
      { op: 'lseek', node: madeNode, handle: 8, offset: 5 },
      { op: 'copyFileRange', node: madeNode, handle: 8, offset: 0, size: 3, more: [madeNode, 8, 100] },
      { op: 'flush', node: madeNode, handle: 8 },
    ]);
    expect(written).toEqual([true, '.bcd..', false]);
  });

  it('hands over truncation with opening, and no flush but of writers where there is an error to tell', async () => {
    const open =
      'os.close(os.open("file", os.O_WRONLY | os.O_TRUNC))\nos.close(os.open("file", os.O_RDONLY))';
    const opened = async (): Promise<unknown[]> =>
      (await asked(open)).map(({ op, flags }) => [op, op === 'open' ? flags & meant : 0]);
    session.setLate(true);
    expect(await opened()).toEqual([
      ['open', O_WRONLY | O_TRUNC],
      ['flush', 0],
      ['open', 0],
    ]);
    session.setLate(false);
    expect((await opened()).slice(3)).toEqual([
      ['open', O_WRONLY | O_TRUNC],
      ['open', 0],
    ]);
  });

  it('asks for attributes again once one was set', async () => {
    const look = 'try: os.getxattr(fd, "user.c")\nexcept OSError: pass\n';
    await asked(`fd = os.open("file", os.O_RDONLY)\n${look}`);
    expect(requests.filter(({ op }) => op === 'getxattr')).toEqual([]);
    await asked(`fd = os.open("file", os.O_RDONLY)\nos.setxattr(fd, "user.c", b"1")\n${look}`);
    expect(requests.filter(({ op }) => op === 'getxattr')).toMatchObject([{ name: 'user.c' }]);
  });

  it('says when what is under way has arrived', async () => {
    session.withdraw(null);
    await expect(session.settle()).resolves.toBeUndefined();
  });
});
