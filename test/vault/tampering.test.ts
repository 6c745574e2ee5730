import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { flip } from './damage.js';
import { Machine } from './machine.js';
import { Program } from './program.js';

const mib = 1024 * 1024;
let machine: Machine;
let source: string;
/** Cube of the second MiB of `files/data`: 16 vertices. */
let victim: string;
let pristine: Buffer;

beforeAll(async () => {
  machine = Machine.start();
  source = join(machine.home, 'data');
  writeFileSync(source, randomBytes(3 * mib));
  machine.ok('put', source, 'files/data');
  writeFileSync(join(machine.home, 'other'), randomBytes(mib));
  machine.ok('put', join(machine.home, 'other'), 'files/other');
  [, victim = ''] = await machine.cubesOf('files/data');
  pristine = readFileSync(victim);
});
afterAll(() => machine.end());

afterEach(async () => {
  // The original file heals whatever a test has broken.
  machine.ok('put', source, 'files/data');
  expect((await machine.call('quarantine.list', {})).cubes).toEqual([]);
  pristine = readFileSync(victim);
});

async function dropCaches(): Promise<void> {
  await machine.call('lock', {});
  await machine.call('unlock', { slot: 'tpm' });
}

function readAt(offset: number): { code: number; out: string; err: string } {
  return machine.shell(
    `dd if="$M/files/data" bs=4096 skip=${offset / 4096} count=1 iflag=direct status=none | sha256sum; exit \${PIPESTATUS[0]}`,
  );
}

/** After a refusal: the MiB stays refused, everything else reads on, the cube is in quarantine, `why` explains. */
async function expectRefused(): Promise<void> {
  const whole = machine.shell(
    'cat "$M/files/data" | cmp -n 1048576 - data; dd if="$M/files/data" bs=1M count=1 status=none | cmp - <(head -c 1M data) && dd if="$M/files/data" bs=1M skip=2 status=none | cmp - <(tail -c 1M data) && cmp "$M/files/other" other && echo rest',
  );
  expect(whole.out).toContain('rest');
  const refused = readAt(1.5 * mib);
  expect(refused.err).toContain('Permission denied');
  expect(readAt(mib).err).toContain('Permission denied');
  const id = basename(victim, '.cube');
  const [listed] = (await machine.call('quarantine.list', {})).cubes;
  expect(listed).toMatchObject({ id, paths: ['files/data'] });
  expect(existsSync(victim)).toBe(false);
  const why = await machine.call('why', { target: 'files/data' });
  expect(why.reasons.join()).toContain('bytes 1048576–2097151');
  expect((await machine.call('why', { target: id })).reasons.join()).toContain(id);
  const shown = machine.shell(`ls "$M/quarantine"; cat "$M/quarantine/${id}"`);
  expect(shown.out).toContain(id);
  expect(shown.err).toContain('Permission denied');
}

const regions: readonly (readonly [string, number])[] = [
  ['magic', 0],
  ['format version', 8],
  ['suite', 10],
  ['flags: pad mode', 12],
  ['flags: reserved', 13],
  ['flags: key epoch', 14],
  ['cube ID', 20],
  ['salt', 50],
  ['vertex count', 80],
  ['length of the last vertex', 85],
  ['ciphertext root', 90],
  ['GCM tag of vertex 0', 120],
  ['GCM tag of vertex 15', 120 + 15 * 16],
  ['sealed part', 400],
  ['sealed plaintext length', 376 + 512],
  ['tag of the sealed part', 940],
  ['reserved zeros', 1016],
  ['last reserved zero', 4095],
  ['first byte of vertex 0', 4096],
  ['vertex 7', 4096 + 7 * 65_536 + 11],
  ['last byte of vertex 15', 4096 + mib - 1],
];

describe('one flipped bit in a stored cube', () => {
  it.each(regions)('in %s is refused and quarantined, and nothing else is disturbed', async (_, offset) => {
    flip(victim, offset);
    await dropCaches();
    const bad = offset >= 4096 ? mib + Math.floor((offset - 4096) / 65_536) * 65_536 : 1.5 * mib;
    const vertexTag = offset >= 120 && offset < 376 ? mib + Math.floor((offset - 120) / 16) * 65_536 : bad;
    const read = readAt(vertexTag);
    expect(read.code).not.toBe(0);
    expect(read.err).toContain('Permission denied');
    // sha256sum of nothing: not one byte of the bad vertex came out
    expect(read.out).toContain('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    await expectRefused();
  });

  it('in the signature alone harms no reader and is found by verify and scrub', async () => {
    flip(victim, 960);
    await dropCaches();
    expect(readAt(1.5 * mib).code).toBe(0);
    expect(machine.run('scrub').code).toBe(3);
    expect(machine.run('verify', 'files/data')).toMatchObject({ code: 3 });
    expect(readAt(1.5 * mib).code).toBe(0);
    writeFileSync(victim, pristine);
    expect(machine.run('verify', 'files/data')).toMatchObject({ code: 0 });
  });
});

describe('a cube file replaced', () => {
  const replacements: readonly (readonly [string, () => void])[] = [
    ['truncated by one byte', () => truncateSync(victim, statSync(victim).size - 1)],
    ['truncated to its header', () => truncateSync(victim, 4096)],
    ['empty', () => truncateSync(victim, 0)],
    ['extended by one byte', () => truncateSync(victim, statSync(victim).size + 1)],
    ['extended by a block', () => truncateSync(victim, statSync(victim).size + 4096)],
    [
      'swapped with another cube',
      () => copyFileSync(machine.cubes().find((cube) => cube !== victim) ?? '', victim),
    ],
    ['all random', () => writeFileSync(victim, randomBytes(4096 + mib))],
  ];
  it.each(replacements)('%s is refused and quarantined', async (_, replace) => {
    replace();
    await dropCaches();
    expect(readAt(1.5 * mib).err).toContain('Permission denied');
    await expectRefused();
  });

  it('by a cube of another vault under its name is refused', async () => {
    const stranger = Machine.startOther();
    try {
      stranger.ok('put', source, 'files/data');
      const [foreign] = stranger.cubes();
      writeFileSync(victim, readFileSync(foreign ?? ''));
    } finally {
      stranger.end();
    }
    await dropCaches();
    expect(readAt(1.5 * mib).err).toContain('Permission denied');
    await expectRefused();
  });

  it('by nothing answers EIO, quarantines nothing, and a link in its place is not followed', async () => {
    rmSync(victim);
    await dropCaches();
    expect(readAt(1.5 * mib).err).toContain('Input/output error');
    expect((await machine.call('quarantine.list', {})).cubes).toEqual([]);
    writeFileSync(join(machine.home, 'aside'), pristine);
    machine.shell(`ln -s ../../../aside "${join(dirname(victim), basename(victim))}"`);
    await dropCaches();
    expect(readAt(1.5 * mib).code).not.toBe(0);
    rmSync(victim, { force: true });
  });

  it('by an older encryption of the same content still verifies: it is the same content', async () => {
    const old = pristine;
    flip(victim, 5000);
    await dropCaches();
    readAt(mib);
    machine.ok('put', source, 'files/data');
    expect(readFileSync(victim).equals(old)).toBe(false);
    writeFileSync(victim, old);
    await dropCaches();
    expect(readAt(1.5 * mib).code).toBe(0);
  });
});

describe('quarantine', () => {
  it('takes the kernel’s pages of the cube away, also from who has the file open', async () => {
    // Before the program opens the file, which it can not while the vault is locked.
    await dropCaches();
    // Reads the same page again and again over one descriptor: from the second time on the kernel answers.
    const reader = new Program(
      `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
for line in sys.stdin:
    try: print(len(os.pread(fd, 4096, int(line))))
    except OSError as error: print(error.strerror)`,
      [join(machine.mount, 'files/data')],
    );
    try {
      const warm = String(1.5 * mib);
      const served = async () => (await machine.call('status', {})).reads.served;
      let before = -1;
      for (let i = 0; i < 100 && before !== (await served()); i++) {
        before = await served();
        expect(await reader.ask(warm)).toBe('4096');
      }
      expect(await served()).toBe(before);
      expect(before).toBeGreaterThan(0);
      // Another vertex of that cube; nothing but the check of the whole cube comes across it.
      flip(victim, 4096 + 15 * 65_536);
      expect((await machine.call('verify', { target: 'files/data' })).failures).toMatchObject([
        { fault: 'tag', vertex: 15, quarantined: true },
      ]);
      let said = '';
      for (let i = 0; i < 1000 && said !== 'Permission denied'; i++) said = await reader.ask(warm);
      expect(said).toBe('Permission denied');
      expect(await reader.ask('0')).toBe('4096');
    } finally {
      await reader.end();
    }
  });

  it('gives a cube back only if it verifies now, and purge --shred removes its bytes', async () => {
    const id = basename(victim, '.cube');
    flip(victim, 4096);
    await dropCaches();
    readAt(mib);
    const kept = join(machine.vault, 'quarantine', `${id}.cube`);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(machine.run('quarantine', 'restore', id)).toMatchObject({
      code: 3,
      out: expect.stringContaining('0 cubes restored, 1 refused'),
    });
    expect(readAt(mib).err).toContain('Permission denied');
    flip(kept, 4096);
    machine.ok('quarantine', 'restore', id);
    expect(readAt(mib).code).toBe(0);
    flip(victim, 4096);
    await dropCaches();
    readAt(mib);
    machine.ok('quarantine', 'purge', '--yes', '--shred', id);
    expect(existsSync(kept)).toBe(false);
    expect(readAt(mib).err).toContain('Permission denied');
  });
});
