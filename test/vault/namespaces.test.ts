/** A namespace that asks the TPM at each open, at the mount, on a software TPM whose PCR changes. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

let machine: Machine;
const inMount = (...names: string[]) => join(machine.mount, ...names);

beforeAll(async () => {
  machine = Machine.start();
  writeFileSync(inMount('files/data'), 'content');
  writeFileSync(inMount('files/other'), 'more');
  writeFileSync(inMount('inbox/request'), 'a request');
  await machine.call('snapshot', {});
});
afterAll(() => machine.end());

function extendPcr(): void {
  const run = join(machine.home, 'run');
  const socket = readdirSync(run).find((name) => name.startsWith('tpm-')) ?? '';
  const tcti = `swtpm:path=${join(run, socket, 's')}`;
  execFileSync('tpm2_pcrextend', ['-T', tcti, `7:sha256=${'ab'.repeat(32)}`]);
}

/** What the open and the first bytes of a path give. */
function read(...names: string[]): string {
  try {
    return readFileSync(inMount(...names), 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}

describe('a directory with a namespace of its own', () => {
  const idOf = (name: string): string =>
    execFileSync('getfattr', ['--only-values', '-n', 'user.sherin.id', inMount(name)], { encoding: 'utf8' });
  const namespaceAt = (name: string): string =>
    execFileSync('getfattr', ['--only-values', '-n', 'user.sherin.namespace', inMount(name)], {
      encoding: 'utf8',
    });

  it('is given it by a command or an attribute, and new versions below are in it', () => {
    mkdirSync(inMount('files/contracts/old'), { recursive: true });
    writeFileSync(inMount('files/contracts/before'), 'before');
    expect(idOf('files/contracts/before')).toMatch(/^FILES_/);
    expect(machine.ok('namespace', 'assign', 'files/contracts', 'CONTRACTS')).toBe(
      'files/contracts: what is written below is in CONTRACTS from now on\n',
    );
    expect(machine.ok('stat', 'files/contracts')).toMatch(/^namespace: +CONTRACTS, its own$/m);
    expect(namespaceAt('files/contracts/old')).toBe('CONTRACTS');
    writeFileSync(inMount('files/contracts/old/a'), 'first');
    expect(idOf('files/contracts/old/a')).toMatch(/^CONTRACTS_/);
    expect(idOf('files/contracts/before')).toMatch(/^FILES_/);
    // As a program does, and hidden from those that copy attributes.
    execFileSync('setfattr', ['-n', 'user.sherin.namespace', '-v', 'OLD', inMount('files/contracts/old')]);
    expect(namespaceAt('files/contracts/old')).toBe('OLD');
    expect(execFileSync('getfattr', [inMount('files/contracts/old')], { encoding: 'utf8' })).toBe('');
    for (const value of ['TASK', 'old'])
      expect(
        machine.shell(`setfattr -n user.sherin.namespace -v ${value} "$M/files/contracts"`).err,
      ).toContain('Invalid argument');
    const source = join(machine.home, 'source');
    mkdirSync(join(source, 'old/sub'), { recursive: true });
    writeFileSync(join(source, 'old/sub/put'), 'put');
    machine.ok('put', join(source, 'old'), 'files/contracts/old');
    expect(idOf('files/contracts/old/sub/put')).toMatch(/^OLD_/);
    expect(machine.run('namespace', 'assign', 'files/contracts', 'TASK').code).toBe(2);
  });

  it('keeps it through a crash, in the past and where the vault is checked', async () => {
    machine.ok('sync');
    const [above, below] = [
      { path: 'files/contracts', namespace: 'CONTRACTS' },
      { path: 'files/contracts/old', namespace: 'OLD' },
    ];
    const of = (after?: string) => machine.call('namespaces.directories', { after });
    expect(await of()).toEqual({ directories: [above, below], more: false });
    expect(await of('files/contracts')).toEqual({ directories: [below], more: false });
    machine.ok('namespace', 'unassign', 'files/contracts/old');
    await machine.killFs();
    machine.ok('up');
    expect(namespaceAt('files/contracts/old')).toBe('CONTRACTS');
    writeFileSync(inMount('files/contracts/old/sub/put'), 'second');
    expect(idOf('files/contracts/old/sub/put')).toMatch(/^CONTRACTS_/);
    const log = machine.ok('log', 'files/contracts/old/sub/put');
    for (const id of ['OLD_', 'CONTRACTS_']) expect(log).toContain(id);
    machine.ok('restore', 'files/contracts/old/sub/put@1');
    expect(idOf('files/contracts/old/sub/put')).toMatch(/^OLD_/);
    machine.ok('verify');
    machine.ok('fsck');
    machine.ok('manifest', 'export', join(machine.home, 'export.json'));
    expect(readFileSync(join(machine.home, 'export.json'), 'utf8')).toContain('"CONTRACTS_');
  });
});

describe('a namespace that asks the TPM at each open', () => {
  it('is set with a command and serves while the TPM agrees', () => {
    expect(machine.ok('namespace', 'set', 'FILES', '--unseal', 'per-open', '--opens', 'all')).toBe(
      'FILES: recorded opens all, unseal per-open\n',
    );
    expect(machine.ok('namespace', 'list')).toMatch(/FILES +all +per-open\nTASK +first +session\n/);
    expect(read('files/data')).toBe('content');
    expect(read('files/data')).toBe('content');
  });

  it('refuses opens once a PCR has changed, on record, while an open file is read on and others are served', async () => {
    const open = openSync(inMount('files/other'), 'r');
    extendPcr();
    expect(read('files/data')).toBe('EACCES');
    expect(read('files/other')).toBe('EACCES');
    const bytes = Buffer.alloc(4);
    expect(readSync(open, bytes, 0, 4, 0)).toBe(4);
    closeSync(open);
    const id = execFileSync('getfattr', ['--only-values', '-n', 'user.sherin.id', inMount('files/data')], {
      encoding: 'utf8',
    });
    expect(read('ids', id)).toBe('EACCES');
    expect(read('inbox/request')).toBe('a request');
    const { records } = await machine.call('audit.tail', { count: 20 });
    expect(records).toContainEqual(
      expect.objectContaining({
        event: 'AUDIT_DENIED',
        id,
        meta: expect.objectContaining({ operation: 'open', tpm: 'TPM_POLICY' }),
      }),
    );
    const got = machine.run('cat', 'files/data');
    expect(got.out).toBe('');
    expect(got.err).toContain('PCR 7 was');
  });

  it('is explained, and ends with a command', async () => {
    const { reasons, next } = await machine.call('why', { target: 'files/data' });
    expect(reasons[0]).toMatch(/^opening it is refused \(EACCES\): .*PCR 7 was 0{64}, is [0-9a-f]{64}$/);
    expect(next).toBe('sherinctl namespace list');
    expect((await machine.call('why', {})).reasons[0]).toContain('PCR 7 was');
    machine.ok('namespace', 'set', 'FILES', '--unseal', 'session');
    expect(read('files/data')).toBe('content');
    expect((await machine.call('why', { target: 'files/data' })).reasons).toEqual([
      'nothing refuses files/data',
    ]);
  });
});

describe('a directory whose namespace asks the TPM', () => {
  it('asks the TPM at opens below it alone, for what was there before as well', () => {
    machine.ok('namespace', 'assign', 'files/contracts/old', 'FILES');
    machine.ok('namespace', 'set', 'CONTRACTS', '--unseal', 'per-open');
    // The PCR was changed above.
    expect(read('files/contracts/before')).toBe('EACCES');
    expect(read('files/contracts/old/sub/put')).toBe('put');
    expect(read('files/data')).toBe('content');
    renameSync(inMount('files/data'), inMount('files/contracts/data'));
    expect(read('files/contracts/data')).toBe('EACCES');
    renameSync(inMount('files/contracts/data'), inMount('files/data'));
    expect(read('files/data')).toBe('content');
    // What was written there leaves it neither by a new name nor by being cut.
    renameSync(inMount('files/contracts/old/a'), inMount('files/a'));
    expect(read('files/a')).toBe('EACCES');
    expect(machine.run('key', 'remove', '0', '--force').err).toContain(
      'the TPM is asked at each open of CONTRACTS',
    );
    machine.ok('namespace', 'set', 'CONTRACTS', '--unseal', 'session');
    expect(read('files/a')).toBe('first');
  });
});
