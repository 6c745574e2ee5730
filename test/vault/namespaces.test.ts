/** A namespace that asks the TPM at each open, at the mount, on a software TPM whose PCR changes. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs';
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
