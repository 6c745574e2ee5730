import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';
import { Program } from './program.js';
import { gone } from './wait.js';

const content = 'content of the file\n'.repeat(1000);
let machine: Machine;

beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'data'), content);
  machine.ok('put', join(machine.home, 'data'), 'files/data');
});
afterAll(() => machine.end());

function expectServed(of = machine): void {
  expect(readFileSync(join(of.mount, 'files/data'), 'utf8')).toBe(content);
}

/** One line that says what happened and what to do, and with --json the same for machines. */
function expectError(args: readonly string[], code: string, exit: number, of = machine): string {
  const plain = of.run(...args);
  expect(plain.err).toMatch(/^sherinctl: [^\n]+ — [^\n]+\n$/);
  expect(plain.out).toBe('');
  expect(plain.code).toBe(exit);
  const json = of.run(...args, '--json');
  expect(json.code).toBe(exit);
  const { error } = JSON.parse(json.err);
  expect(error).toMatchObject({ code });
  expect(plain.err).toBe(`sherinctl: ${error.message} — ${error.hint}\n`);
  return error.message;
}

function mounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path} `);
}

describe('starting and stopping', () => {
  it('up twice is up; down twice is an error', () => {
    const pid = machine.fsPid;
    machine.ok('up');
    expect(machine.fsPid).toBe(pid);
    machine.ok('down');
    expectError(['down'], 'NOT_RUNNING', 6);
    expectError(['lock'], 'NOT_RUNNING', 6);
    expectError(['ls'], 'NOT_RUNNING', 6);
    expect(machine.run('status', '--json')).toMatchObject({ code: 6, out: '{"running":false}\n' });
    expect(machine.run('why').code).toBe(6);
    machine.ok('up');
    expectServed();
  });

  it('unmounts and mounts again and again in one process', async () => {
    const { pid, path } = { pid: machine.fsPid, path: machine.mount };
    for (let times = 0; times < 30; times++) {
      await machine.call('umount', {});
      await machine.call('mount', { path, allowOther: false, listIds: false });
    }
    expect(machine.fsPid).toBe(pid);
    expectServed();
  });

  it('several up at once are one', async () => {
    machine.ok('down');
    const starts = await Promise.all([1, 2, 3].map(() => machine.begin('up', '--no-daemon').outcome));
    for (const { code, err } of starts) expect({ code, err }).toEqual({ code: 0, err: '' });
    expectServed();
  });

  it('a second sherin-fs on one vault is refused, and the first goes on', () => {
    const elsewhere = [
      '--runtime-dir',
      join(machine.home, 'run2'),
      '--mount',
      join(machine.home, 'mnt2'),
      'up',
    ];
    expect(expectError(elsewhere, 'VAULT_BUSY', 1)).toBe(
      `another sherin-fs serves the vault at ${machine.vault}`,
    );
    expectServed();
  });

  it('a second vault stands beside it, and each is reached by its own directories', () => {
    const other = Machine.startOther();
    try {
      other.ok('put', join(machine.home, 'data'), 'files/data');
      expectServed(other);
      machine.ok('lock');
      expectServed(other);
      machine.ok('unlock');
      expect(expectError(['--vault', other.vault, 'up'], 'USAGE', 2)).toContain(
        `serves ${machine.vault}, not ${other.vault}`,
      );
      other.ok('down');
    } finally {
      other.end();
    }
    expectServed();
  });

  it('SIGTERM stops in order: unmounted, recorded, with nothing left running', async () => {
    expectServed();
    const pid = machine.fsPid;
    process.kill(pid, 'SIGTERM');
    await gone(pid);
    expect(mounted(machine.mount)).toBe(false);
    expect(machine.swtpmPids()).toEqual([]);
    const events = readFileSync(join(machine.vault, 'audit/00000001.jsonl'), 'utf8').match(/"event":"\w+"/g);
    expect(events?.at(-1)).toBe('"event":"AUDIT_STOP"');
    expect(machine.run('audit', 'verify')).toMatchObject({ code: 0 });
    expect(machine.run('status').code).toBe(6);
    machine.ok('up');
    expectServed();
  });
});

describe('the mount point', () => {
  it('that is missing, a file, in use or not empty is refused by its name', () => {
    machine.ok('umount');
    mkdirSync(join(machine.home, 'full/inside'), { recursive: true });
    const places: readonly (readonly [string, string])[] = [
      [join(machine.home, 'data'), 'it is not a directory'],
      [
        join(machine.home, 'full'),
        'it is not empty, and what it holds is in the clear and not in the vault: move it away',
      ],
      ['/proc', 'a file system of type proc is mounted there'],
    ];
    const nowhere = join(machine.home, 'nowhere');
    expect(expectError(['--mount', nowhere, 'mount'], 'MOUNT_MISSING', 1)).toBe(
      `can not mount at ${nowhere}: it does not exist`,
    );
    for (const [path, part] of places) {
      expect(expectError(['--mount', path, 'mount'], 'MOUNT_USED', 1)).toBe(
        `can not mount at ${path}: ${part}`,
      );
    }
    machine.ok('mount');
    machine.ok('mount');
    const second = ['--mount', join(machine.home, 'full/inside'), 'mount'];
    expect(expectError(second, 'MOUNT_USED', 1)).toContain(`the vault is mounted at ${machine.mount}`);
    const other = Machine.empty();
    try {
      other.ok('init', '--yes', '--no-pin', '--recovery-out', other.recoveryFile);
      const used = expectError(['--mount', machine.mount, 'up'], 'MOUNT_USED', 1, other);
      expect(used).toContain('a vault is mounted there already');
    } finally {
      other.end();
    }
    expectServed();
  });

  it('that somebody else unmounts is free again, and known to be', () => {
    expect(machine.shell('fusermount -u "$M"')).toMatchObject({ code: 0 });
    expect(machine.status().mount).toBe(null);
    machine.ok('mount');
    expectServed();
  });

  it('is let go under an open file, which is said, and the file reads on until the end', async () => {
    const script = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
print('open')
for _ in sys.stdin:
    try: print(len(os.pread(fd, 4096, 8192)))
    except OSError as error: print(error.strerror)
`;
    const program = new Program(script, [join(machine.mount, 'files/data')]);
    try {
      expect(await program.answer()).toBe('open');
      expect(machine.ok('umount')).toBe('unmounted; files were open, the mount was detached from them\n');
      expect(mounted(machine.mount)).toBe(false);
      expect(await program.ask()).toBe('4096');
      machine.ok('mount');
      expectServed();
      machine.ok('lock');
      expect(await program.ask()).toBe('Permission denied');
      machine.ok('unlock');
      machine.ok('down');
      expect(await program.ask()).not.toBe('4096');
      expect(await program.end()).toBe(0);
    } finally {
      program.kill();
    }
    machine.ok('up');
    expectServed();
  });
});

describe('errors', () => {
  it('are one line each, for people and for machines', () => {
    const id = `FILES_20260101_${'0'.repeat(32)}`;
    const cases: readonly (readonly [readonly string[], string, number])[] = [
      [['stat', 'files/nowhere'], 'PATH_MISSING', 1],
      [['stat', id], 'ID_UNKNOWN', 1],
      [['stat', `${id}0`], 'ID_MALFORMED', 2],
      [['cat', 'files'], 'IS_DIRECTORY', 1],
      [['ls', 'files/data/below'], 'PATH_MISSING', 1],
      [['put', join(machine.home, 'nowhere'), 'files/x'], 'LOCAL_FILE', 1],
      [['frobnicate'], 'USAGE', 2],
      [['ls', '--frobnicate'], 'USAGE', 2],
      [['audit', 'tail', '-n', '0'], 'USAGE', 2],
      [['unlock', '--recovery-fd', 'x'], 'USAGE', 2],
      [
        ['init', machine.vault, '--yes', '--no-pin', '--recovery-out', join(machine.home, 'r2')],
        'VAULT_EXISTS',
        1,
      ],
    ];
    for (const [args, code, exit] of cases) expectError(args, code, exit);
    expect(machine.log).not.toContain('"level":50');
  });
});
