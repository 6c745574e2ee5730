/** sherin-fs is replaced while programs hold files open: they see no error and no wrong byte. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import { Machine } from './machine.js';
import { gone } from './wait.js';

let machine: Machine;

beforeAll(async () => {
  machine = Machine.start();
  const files = join(machine.mount, 'files');
  writeFileSync(join(files, 'version'), 'in a version');
  mkdirSync(join(files, 'small'));
  for (let number = 0; number < 150; number++) writeFileSync(join(files, `small/s${number}`), `s${number}`);
  await machine.call('snapshot', {});
});
afterAll(() => machine.end());

class Holder {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#child = spawn('python3', [join(import.meta.dirname, 'holder.py'), machine.mount]);
    this.#child.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async holding(): Promise<void> {
    expect((await this.#lines.next()).value).toBe('holding');
  }

  async end(): Promise<Record<string, unknown>> {
    this.#child.stdin.write('\n');
    const { value } = await this.#lines.next();
    await once(this.#child, 'exit');
    return JSON.parse(value) as Record<string, unknown>;
  }
}

const allWell = {
  ...{ version: true, cwd: true, small: true },
  ...{ errors: [], goesOn: true, log: true, listed: 600, held: true, inner: true },
  ...{ nameless: true, namelessAgain: true, namelessLinks: 0 },
};

it('readers and writers see no error and no wrong byte, twice', async () => {
  const holder = new Holder();
  await holder.holding();
  const first = machine.fsPid;
  const { pid: second } = await machine.call('upgrade', {});
  await gone(first);
  const third = JSON.parse(machine.ok('upgrade', '--json')) as { readonly pid: number };
  await gone(second);
  expect(new Set([first, second, third.pid]).size).toBe(3);
  expect(await holder.end()).toMatchObject(allWell);
  const { fs, vault, mount } = await machine.call('status', {});
  expect({ pid: fs.pid, state: vault.state, path: mount?.path }).toEqual({
    ...{ pid: third.pid, state: 'unlocked', path: machine.mount },
  });
});

it('content by ID goes on, and what it has in the cache of the kernel', async () => {
  writeFileSync(join(machine.mount, 'files/by-id'), 'by its ID');
  const { id } = await resolved('by-id');
  const fd = openSync(join(machine.mount, 'ids', id), 'r');
  const { pid } = await machine.call('upgrade', {});
  expect(await machine.call('status', {})).toMatchObject({ fs: { pid } });
  expect(readFileSync(fd, 'utf8')).toBe('by its ID');
  expect(readFileSync(join(machine.mount, 'ids', id), 'utf8')).toBe('by its ID');
  closeSync(fd);
});

describe('is refused, and the one that runs goes on', () => {
  const refusal = async (): Promise<string> => {
    const { fsPid } = machine;
    const said = await machine.call('upgrade', {}).then(
      () => 'replaced',
      (error: unknown) =>
        error instanceof SherinError && ['UPGRADE_REFUSED', 'LOCKED'].includes(error.code)
          ? error.message
          : String(error),
    );
    expect((await machine.call('status', {})).fs.pid).toBe(fsPid);
    return said;
  };

  it('while a program reads what shows one moment', async () => {
    const fd = openSync(join(machine.mount, '.sherin/status.json'), 'r');
    expect(await refusal()).toMatch('a program reads .sherin/status.json');
    expect(JSON.parse(readFileSync(fd, 'utf8'))).toHaveProperty('version');
    closeSync(fd);
  });

  it('while the vault is locked', async () => {
    await machine.call('lock', {});
    expect(await refusal()).toMatch('the vault is locked');
    await machine.call('unlock', { slot: 'tpm' });
  });

  it('while files are put, which goes on', async () => {
    const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
    writeFileSync(join(machine.home, 'source'), 'put');
    const fd = openSync(join(machine.home, 'source'), 'r');
    const { transfer } = await client.call('put.begin', { destination: 'files/put' });
    const { uid, gid, size, mtimeNs } = fstatSync(fd, { bigint: true });
    const time = String(mtimeNs);
    const facts = {
      kind: 'file',
      mode: 0o600,
      uid: Number(uid),
      gid: Number(gid),
      size: Number(size),
    } as const;
    const entry = { path: 'a', ...facts, atime: time, mtime: time, fd: 0 };
    await client.call('put.entries', { transfer, entries: [entry] }, { fds: [fd] });
    closeSync(fd);
    expect(await refusal()).toMatch('files are being put');
    await client.call('put.end', { transfer });
    client.close();
    expect(readFileSync(join(machine.mount, 'files/put/a'), 'utf8')).toBe('put');
  });

  it('beside a mount of the past', async () => {
    const path = join(machine.home, 'past');
    mkdirSync(path);
    await machine.call('mount.past', { path, end: String(BigInt(Date.now()) * 1_000_000n) });
    expect(await refusal()).toMatch('mounts beside that of the vault');
    await machine.call('umount', { path });
  });

  it('with the portable driver', async () => {
    await machine.call('umount', {});
    await machine.call('mount', { path: machine.mount, driver: 'fuse-native' });
    expect(await refusal()).toMatch('the driver fuse-native can not hand a mount over');
    expect(existsSync(join(machine.mount, 'files'))).toBe(true);
  });

  it('but not where nothing is mounted', async () => {
    await machine.call('umount', {});
    const { fsPid } = machine;
    const { pid } = await machine.call('upgrade', {});
    await gone(fsPid);
    await machine.call('mount', { path: machine.mount });
    expect(await machine.call('status', {})).toMatchObject({ fs: { pid }, mount: { driver: 'native' } });
  });
});

async function resolved(name: string): Promise<{ readonly id: string }> {
  const inode = statSync(join(machine.mount, 'files', name)).ino;
  const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [], pid: null };
  const { id } = await machine.call('file.resolve', { inode, caller });
  if (id === null) throw new Error(`${name} has no ID`);
  return { id };
}
