import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatRecoveryKey } from '../reference/recovery-key.js';
import { Machine } from './machine.js';
import { gone } from './wait.js';

const content = randomBytes(3 * 1024 * 1024);
let machine: Machine;

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'data'), content);
  machine.ok('put', join(machine.home, 'data'), 'files/data');
});
afterAll(() => machine.end());

/** The one swtpm of a machine. */
function swtpm(of: Machine): number {
  const [pid, ...others] = of.swtpmPids();
  expect(others).toEqual([]);
  if (pid === undefined) throw new Error('no swtpm runs');
  return pid;
}

function expectReadable(of = machine): void {
  expect(readFileSync(join(of.mount, 'files/data')).equals(content)).toBe(true);
}

function expectRefused(of = machine): void {
  expect(of.shell('cat "$M/files/data"')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('Permission denied'),
  });
}

describe('a changed PCR', () => {
  it('keeps the key sealed; the refusal names both values, and the recovery key opens', () => {
    const run = join(machine.home, 'run');
    const socket = readdirSync(run).find((name) => name.startsWith('tpm-')) ?? '';
    const event = 'ab'.repeat(32);
    execFileSync('tpm2_pcrextend', ['-T', `swtpm:path=${join(run, socket, 's')}`, `7:sha256=${event}`]);
    machine.ok('lock');
    const refused = machine.run('unlock');
    expect(refused.code).toBe(4);
    const reason =
      /^sherinctl: the TPM does not release the key: PCR 7 was 0{64}, is ([0-9a-f]{64}) — .*recovery/;
    const [, now] = reason.exec(refused.err) ?? [];
    expect(now).toBeDefined();
    expectRefused();
    const why = machine.ok('why');
    expect(why).toContain(`PCR 7 was ${'0'.repeat(64)}, is ${now}`);
    expect(why).toContain('no boot is measured into a software TPM');
    expect(why).toContain('next: sherinctl unlock --recovery\n');
    expect(machine.status().vault).toMatchObject({ state: 'locked', reason: { code: 'TPM_POLICY' } });
    expect(machine.shell('$CTL unlock --recovery-fd 3 3<recovery')).toMatchObject({ code: 0 });
    expectReadable();
    expect(machine.ok('audit', 'tail')).toMatch(/AUDIT_UNLOCK_REFUSED.*TPM_POLICY/);
  });

  it('is as it was after a restart of the TPM, and the key is released again', () => {
    machine.ok('down');
    machine.ok('up');
    expectReadable();
    expect(machine.swtpmPids()).toHaveLength(1);
  });
});

describe('the recovery key', () => {
  it('mistyped, of another vault, cut, empty or unreadable is refused in a sentence that says which', () => {
    machine.ok('lock');
    const right = readFileSync(machine.recoveryFile, 'utf8').trim();
    const swapped = right.replace(/^./, (first) => (first === 'a' ? 'b' : 'a'));
    const wrong: readonly (readonly [string, string])[] = [
      [swapped, 'its check characters do not fit: group 1 is mistyped'],
      [formatRecoveryKey(randomBytes(32)), 'it does not open the recovery slot'],
      [right.slice(0, -1), 'it has not the form of one'],
      ['', 'it has not the form of one'],
      ['x'.repeat(1024), 'it has not the form of one'],
    ];
    for (const [text, part] of wrong) {
      writeFileSync(join(machine.home, 'typed'), text);
      const { code, err } = machine.shell('$CTL unlock --recovery-fd 3 3<typed');
      expect(err).toContain(`that is not the recovery key of this vault: ${part}`);
      expect(err).toMatch(/^[^\n]+\n$/);
      expect(code).toBe(4);
      expectRefused();
    }
    const unread: readonly (readonly [string, string])[] = [
      ['3< <(yes)', 'it gives more than 1024 bytes'],
      ['3>typed', 'bad file descriptor'],
      ['3</', 'illegal operation on a directory'],
    ];
    for (const [redirection, part] of unread) {
      const { code, err } = machine.shell(`$CTL unlock --recovery-fd 3 ${redirection}`);
      expect(err).toBe(`sherinctl: --recovery-fd 3 can not be read: ${part} — see: sherinctl help unlock\n`);
      expect(code).toBe(2);
    }
    writeFileSync(join(machine.home, 'typed'), ` ${right.toUpperCase().replaceAll('-', ' ')}\r\n`);
    expect(machine.shell('$CTL unlock --recovery-fd 3 3<typed')).toMatchObject({ code: 0 });
    expectReadable();
  });
});

describe('a copy of the vault directory on another machine', () => {
  it('opens with nothing but the recovery key, and then gets a TPM of its own', () => {
    const other = Machine.empty();
    try {
      machine.ok('lock');
      cpSync(machine.vault, other.vault, { recursive: true, preserveTimestamps: true });
      cpSync(machine.recoveryFile, other.recoveryFile);
      other.ok('up');
      expectRefused(other);
      for (const line of ['$CTL unlock', '$CTL unlock --recovery-fd 3 3<recovery']) {
        const { code, err } = other.shell(line);
        expect(code).toBe(4);
        expect(err).toMatch(/^sherinctl: no TPM answers at swtpm \(its state .* is not there\) — [^\n]*\n$/);
      }
      expectRefused(other);
      expect(other.ok('why')).toContain('sherinctl unlock --recovery --accept-rollback');
      expect(other.shell('$CTL unlock --accept-rollback --recovery-fd 3 3<recovery')).toMatchObject({
        code: 0,
      });
      expectReadable(other);
      expect(other.ok('audit', 'tail')).toMatch(/AUDIT_UNLOCK .*"override":"TPM_MISSING"/);
      other.ok('down');
      other.ok('up');
      expectReadable(other);
      expect(other.run('verify')).toMatchObject({ code: 0 });
    } finally {
      other.end();
    }
    machine.ok('unlock');
    expectReadable();
  });
});

describe('the software TPM', () => {
  it('is called what it is, everywhere', () => {
    const text = 'software (not hardware-protected)';
    expect(machine.ok('status')).toMatch(/^tpm: +software \(not hardware-protected\)$/m);
    expect(machine.status().tpm).toEqual({ kind: 'software', text });
    expect(machine.ok('up')).toContain(text);
    expect(readFileSync(join(machine.mount, '.sherin/status.json'), 'utf8')).toContain(text);
    expect(machine.shell('$CTL doctor').out).toContain('software');
    expect(machine.ok('doctor', '--next-boot')).toMatch(
      /^ok +slot 0 +it will open after a restart: no boot is measured/,
    );
  });

  it('killed while mounted: reads go on, lock and unlock start it anew, and down ends it', async () => {
    const first = swtpm(machine);
    process.kill(first, 'SIGKILL');
    await gone(first);
    expectReadable();
    machine.ok('lock');
    machine.ok('unlock');
    expectReadable();
    expect(swtpm(machine)).not.toBe(first);
    machine.ok('down');
    expect(machine.swtpmPids()).toEqual([]);
    machine.ok('up');
  });

  it('does not outlive a sherin-fs that was killed', async () => {
    expectReadable();
    const pid = swtpm(machine);
    await machine.killFs();
    await gone(pid);
    machine.ok('up');
    expectReadable();
    expect(machine.swtpmPids()).toHaveLength(1);
  });

  it('whose state is gone, or is that of another one, is not said to open after a restart', () => {
    machine.ok('down');
    const state = join(machine.home, 'tpm');
    const aside = join(machine.home, 'tpm-aside');
    renameSync(state, aside);
    machine.ok('up', '--no-daemon');
    expect(machine.run('doctor', '--next-boot')).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/^sherinctl: no TPM answers at .* is not there\) — .*sherinctl key move/),
    });
    machine.ok('down');
    const other = Machine.startOther();
    try {
      other.ok('down');
      const [from = ''] = readdirSync(join(other.home, 'tpm'));
      const [to = ''] = readdirSync(aside);
      cpSync(join(other.home, 'tpm', from), join(state, to), { recursive: true });
    } finally {
      other.end();
    }
    machine.ok('up', '--no-daemon');
    expect(machine.run('doctor', '--next-boot')).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /^fail +slot 0 +it does not open on this machine: another TPM has sealed it$/m,
      ),
    });
    machine.ok('down');
    rmSync(state, { recursive: true });
    renameSync(aside, state);
    machine.ok('up');
    expectReadable();
  });

  it('missing from the machine is an error that names the package', () => {
    machine.ok('down');
    const hidden = ['/usr/bin/swtpm', '/usr/local/bin/swtpm'];
    const hide = hidden.map((path) => `{ [ ! -e ${path} ] || mount --bind /dev/null ${path}; }`).join(' && ');
    const line = `${hide} && $CTL up --no-daemon && { $CTL unlock; echo $?; cat "$M/files/data"; $CTL why; $CTL down; }`;
    const asRoot = process.getuid?.() === 0 ? '' : 'r';
    const { out, err } = machine.shell(`unshare -${asRoot}m bash -c '${line}'`);
    expect(err).toContain('sherinctl: swtpm is missing — install it with: apt-get install swtpm\n');
    expect(err).toContain('Permission denied');
    expect(out).toContain('\n1\n');
    expect(out).toContain('swtpm is missing\ninstall it with: apt-get install swtpm\n');
    machine.ok('up');
    expectReadable();
  });
});
