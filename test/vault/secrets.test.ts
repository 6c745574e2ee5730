import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHeader, parseHeader } from '../reference/header.js';
import { type Purpose, subkey } from '../reference/keys.js';
import { parseRecoveryKey } from '../reference/recovery-key.js';
import { Machine } from './machine.js';
import { findInMemory } from './memory.js';

const pin = `pin ${randomBytes(12).toString('hex')}`;
/** In every 4 KiB of the stored file. */
const marker = randomBytes(32).toString('hex');
const purposes: readonly Purpose[] = [
  'cube',
  'cube-id',
  'object-id',
  'manifest',
  'audit',
  'token',
  'nv',
  'sign',
];
let machine: Machine;
let recovery: string;
/** The vault's keys, got at by the independent reference. */
let keys: ReadonlyMap<string, Buffer>;

beforeAll(() => {
  machine = Machine.empty();
  writeFileSync(join(machine.home, 'pin'), pin);
  machine.shell('$CTL init --yes --recovery-out recovery --pin-fd 3 3<pin && $CTL up --no-daemon');
  recovery = readFileSync(machine.recoveryFile, 'utf8').trim();
  const header = parseHeader(readFileSync(join(machine.vault, 'vault.json')));
  const master = openHeader(header, { recoveryKey: parseRecoveryKey(recovery) });
  keys = new Map([
    ['master key', Buffer.from(master.vmk)],
    ...purposes.map((purpose) => [purpose, Buffer.from(subkey(master, purpose))] as const),
  ]);
  const blocks = Array.from(
    { length: 600 },
    () => randomBytes(4096 - marker.length).toString('latin1') + marker,
  );
  writeFileSync(join(machine.home, 'plain'), blocks.join(''), 'latin1');
  use();
});
afterAll(() => machine.end());

/** Opens the vault in both ways and reads in all of them. */
function use(): void {
  const line = `$CTL unlock --recovery-fd 3 3<recovery && $CTL lock && $CTL unlock --pin-fd 3 3<pin &&
    $CTL put plain files/plain && cmp plain "$M/files/plain" && $CTL cat files/plain | cmp - plain &&
    dd if="$M/files/plain" of=direct iflag=direct bs=4096 status=none && dd if="$M/files/plain" of=direct iflag=direct bs=512 status=none &&
    $CTL get files/plain direct2 && $CTL verify && $CTL ls && rm direct direct2`;
  expect(machine.shell(line)).toMatchObject({ code: 0 });
}

/** Each secret as its bytes and in the forms that text has. */
function inEveryForm(secrets: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const forms = new Map<string, Buffer>();
  for (const [name, bytes] of secrets) {
    forms.set(name, bytes);
    forms.set(`${name} in hex`, Buffer.from(bytes.toString('hex')));
    forms.set(`${name} in base64`, Buffer.from(bytes.toString('base64').replace(/=+$/, '')));
  }
  return forms;
}

function typed(): Map<string, Buffer> {
  return new Map([
    ['PIN', Buffer.from(pin)],
    ['recovery key', Buffer.from(parseRecoveryKey(recovery))],
    ['recovery key as typed', Buffer.from(recovery)],
    ['recovery key without hyphens', Buffer.from(recovery.replaceAll('-', ''))],
  ]);
}

const control = (): [string, Buffer] => ['UUID', Buffer.from(machine.status().vault.uuid)];

/** Everything that must be in no file, log or argument. */
function secrets(): Map<string, Buffer> {
  return new Map([...inEveryForm(keys), ...typed(), ['plaintext', Buffer.from(marker)]]);
}

/** All files below a directory; sockets and links too. */
function filesBelow(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return [path, ...entries.map((entry) => join(entry.parentPath, entry.name))];
}

function places(): string[] {
  return ['vault', 'run', 'tpm', 'known'].flatMap((name) => filesBelow(join(machine.home, name)));
}

describe('the memory of sherin-fs', () => {
  it('while unlocked holds no key but that of the manifest, no PIN and no recovery key', () => {
    const wanted = new Map([...inEveryForm(keys), ...typed(), control()]);
    for (const name of [...wanted.keys()]) if (name === 'manifest') wanted.delete(name);
    expect(findInMemory(machine.fsPid, wanted)).toEqual(['UUID']);
  });

  it('after lock holds no key at all and no plaintext', () => {
    use();
    const wanted = new Map([...secrets(), control()]);
    expect(findInMemory(machine.fsPid, new Map([['plaintext', Buffer.from(marker)]]))).toEqual(['plaintext']);
    machine.ok('lock');
    expect(findInMemory(machine.fsPid, wanted)).toEqual(['UUID']);
    machine.shell('$CTL unlock --pin-fd 3 3<pin');
  });

  it('after lock holds next to nothing of extended attributes', async () => {
    const values = new Map(
      Array.from({ length: 60 }, (_, number) => [`${number}`, randomBytes(24).toString('hex')] as const),
    );
    const wanted = new Map([...values].map(([name, value]) => [name, Buffer.from(value)] as const));
    writeFileSync(join(machine.home, 'values'), JSON.stringify(Object.fromEntries(values)));
    const script = `import json, os, sys
for name, value in json.load(open('values')).items():
    path = f'{sys.argv[1]}/files/attributes of {name}'
    open(path, 'w').close(); os.setxattr(path, 'user.a', value.encode() * 200)`;
    writeFileSync(join(machine.home, 'script'), script);
    expect(
      machine.shell('python3 script "$M" && $CTL snapshot && getfattr -d "$M"/files/attr*'),
    ).toMatchObject({
      code: 0,
    });
    expect(findInMemory(machine.fsPid, wanted)).toHaveLength(60);
    const pid = machine.fsPid;
    machine.ok('lock');
    await sleep(2000);
    expect(findInMemory(pid, wanted).length).toBeLessThan(6);
    machine.shell('$CTL unlock --pin-fd 3 3<pin');
  });

  it('is not dumped when the process crashes', () => {
    expect(readFileSync(`/proc/${machine.fsPid}/limits`, 'utf8')).toMatch(/Max core file size +0 +0/);
    expect(lstatSync(`/proc/${machine.fsPid}/mem`).uid).toBe(0);
  });
});

describe('secrets and plaintext', () => {
  it('are in no file of the vault, the runtime directory, the TPM or the known vaults, nor in one that is open', () => {
    const wanted = secrets();
    const files = places().filter((path) => lstatSync(path).isFile());
    expect(files.length).toBeGreaterThan(8);
    for (const path of files) {
      const bytes = readFileSync(path);
      // The authorization value of the rollback counter is the TPM's to keep; it opens nothing else.
      const tpmState = path.endsWith('.permall');
      for (const [name, secret] of wanted)
        if (!tpmState || name !== 'nv') expect(bytes.includes(secret), `${name} in ${path}`).toBe(false);
    }
    const folder = `/proc/${machine.fsPid}/fd`;
    const open = readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)));
    const elsewhere = open.filter((path) => path.startsWith('/') && !path.startsWith(machine.home));
    expect(elsewhere.filter((path) => !/^\/(dev|proc)\/|^\/memfd:/.test(path))).toEqual([]);
  });

  it('are in no argument and no variable of sherin-fs, swtpm or a sherinctl that is given one', async () => {
    machine.ok('lock');
    machine.shell('mkfifo slow');
    const asked = machine.shell(
      `($CTL unlock --pin-fd 3 3<slow & echo $! >asking; wait $! ) & exec 4>slow; printf %s "$(cat pin)" >&4
       until [ -s asking ] && tr '\\0' ' ' </proc/$(cat asking)/cmdline | grep -q 'main.js unlock'; do sleep 0.02; done
       cat /proc/$(cat asking)/cmdline /proc/$(cat asking)/environ >seen; exec 4>&-; wait; cat seen`,
    );
    expect(asked.out).toContain('--pin-fd');
    const said = [machine.fsPid, ...machine.swtpmPids()].flatMap((pid) =>
      ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`)),
    );
    expect(said.length).toBe(4);
    for (const bytes of [...said, Buffer.from(asked.out), Buffer.from(machine.log)]) {
      for (const [name, secret] of secrets()) expect(bytes.includes(secret), name).toBe(false);
    }
    expect(machine.status().vault.state).toBe('unlocked');
  });

  it('are out of the reach of others: every file, directory and socket is its owner’s alone', () => {
    const open = places().filter((path) => {
      const stat = lstatSync(path);
      return !stat.isSymbolicLink() && (stat.mode & 0o077) !== 0;
    });
    // Root's sockets are in a directory that others pass and do not see into: that of sherind is its group's, too.
    const passed = join(machine.home, 'run');
    expect(open).toEqual(process.getuid?.() === 0 ? [passed] : []);
    expect(lstatSync(passed).mode & 0o066).toBe(0);
    expect(places().some((path) => lstatSync(path).isSocket())).toBe(true);
  });
});
