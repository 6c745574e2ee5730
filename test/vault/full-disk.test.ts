import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from './machine.js';
import { endSmallDisk, startOnSmallDisk } from './small-disk.js';

const mib = 1024 * 1024;
const small = randomBytes(5 * mib);
const noSpace = /^sherinctl: no space left for [^\n]+ — free some space [^\n]+\n$/;
let machine: Machine;

beforeAll(() => {
  machine = startOnSmallDisk(48);
  mkdirSync(join(machine.home, 'many'));
  writeFileSync(join(machine.home, 'small'), small);
  for (let i = 0; i < 60; i++) writeFileSync(join(machine.home, 'many', `f${i}`), randomBytes(mib));
  machine.ok('put', join(machine.home, 'small'), 'files/small');
});
afterAll(() => {
  endSmallDisk(machine);
});

function expectServed(): void {
  expect(readFileSync(join(machine.mount, 'files/small')).equals(small)).toBe(true);
}

describe('a full disk', () => {
  it('fails a put in one sentence, which leaves nothing behind, and what was there reads on', async () => {
    const { code, err } = machine.run('put', join(machine.home, 'many'), 'files/many');
    expect(err).toMatch(noSpace);
    expect(code).toBe(1);
    expectServed();
    expect(machine.run('verify', 'files/small')).toMatchObject({ code: 0 });
    await machine.settled();
  });

  it('filled to the last byte by others: reads, lock, unlock and a restart go on', async () => {
    machine.shell('dd if=/dev/zero of="$V/filler" bs=4096 status=none');
    expect(machine.shell('df --output=avail "$V" | tail -1').out.trim()).toBe('0');
    expectServed();
    machine.ok('lock');
    machine.ok('unlock');
    expectServed();
    expect(machine.run('put', join(machine.home, 'many'), 'files/many').code).toBe(1);
    await machine.settled();
    machine.ok('down');
    machine.ok('up');
    expectServed();
    machine.shell('rm "$V/filler"');
  });

  it('with an audit log that can not be written: what needs a record is refused, status says so, audit archive is the way out', async () => {
    machine.shell('for i in $(seq 60); do echo $i >"$M/files/note$i"; done');
    // Nothing is left that would be given back later.
    await machine.call('lock', {});
    machine.ok('unlock');
    machine.shell('dd if=/dev/zero of="$V/filler" bs=4096 status=none');
    // Each first open of a file is a record.
    machine.shell('for i in $(seq 60); do cat "$M/files/note$i" >/dev/null 2>&1 || break; done');
    await expect.poll(async () => (await machine.call('status', {})).audit.writable).toBe(false);
    const read = machine.shell('head -c 1 "$M/files/small"');
    expect(read.err).toContain('Permission denied');
    const status = machine.run('status');
    expect(status.code).toBe(1);
    expect(status.out).toMatch(/^audit: .*NOT WRITABLE: .*: sherinctl audit archive DIR$/m);
    const archive = join(machine.home, 'archive');
    expect(machine.ok('audit', 'archive', archive)).toMatch(
      /^archived 1 segment up to record \d+ in .*freed$/m,
    );
    expect(machine.run('status').code).toBe(0);
    expectServed();
    expect(machine.ok('audit', 'verify', '--archive', archive)).toMatch(/^audit log verified: /);
    expect((await machine.call('audit.verify', {})).archived?.segments).toBe(1);
    expect(machine.run('audit', 'prove', '1').err).toContain(`is archived: it was put to ${archive}`);
    machine.shell('rm "$V/filler"');
    const late = machine.ok('audit', 'tail', '-n', '200', '--json');
    expect(late).toContain('AUDIT_ARCHIVED');
  });

  it('without an inode left: what needs one is refused in one sentence, the rest goes on, and all of it once there are some', async () => {
    machine.ok('put', join(machine.home, 'many/f0'), 'files/before');
    const used = machine.shell('df --output=iused "$V" | tail -1').out.trim();
    execFileSync('mount', ['-o', `remount,nr_inodes=${used}`, machine.vault]);
    expect(machine.shell('touch "$V/one more"').err).toContain('No space left on device');
    const put = machine.run('put', join(machine.home, 'many/f1'), 'files/after');
    expect(put).toMatchObject({ code: 1, err: expect.stringMatching(noSpace) });
    const written = machine.shell(
      'head -c 100000 /dev/urandom >kept; cp kept "$M/files/written" && sync "$M/files/written"',
    );
    expect(written).toMatchObject({ code: 1, err: expect.stringContaining('No space left on device') });
    const lost = openSync(join(machine.mount, 'files/written'), 'r+');
    const backup = machine.run('backup', join(machine.vault, 'backup'));
    expect(backup).toMatchObject({ code: 1, err: expect.stringMatching(/^sherinctl: [^\n]+\n$/) });
    expectServed();
    const lock = machine.run('lock');
    expect(lock).toMatchObject({
      code: 1,
      err: expect.stringContaining('could not be sealed (no space left'),
    });
    machine.ok('unlock');
    expectServed();
    expect(machine.run('verify')).toMatchObject({ code: 0 });
    execFileSync('mount', ['-o', 'remount,nr_inodes=0', machine.vault]);
    machine.ok('put', join(machine.home, 'many/f1'), 'files/after');
    // What was lost at the lock is nobody else now, neither by its name nor for who has it open.
    expect(() => readSync(lost, Buffer.alloc(1))).toThrow(/ESTALE|ENOENT|EIO/);
    closeSync(lost);
    expect(
      machine.shell(
        'cp kept "$M/files/written" && sync "$M/files/written" && cmp kept "$M/files/written" && cmp many/f1 "$M/files/after"',
      ),
    ).toEqual({ code: 0, out: '', err: '' });
    machine.ok('backup', join(machine.home, 'backup'));
  });

  it('made larger: the put completes, also after a kill in between', async () => {
    await machine.killFs();
    execFileSync('mount', ['-o', 'remount,size=256m', machine.vault]);
    machine.ok('up');
    expectServed();
    machine.ok('put', join(machine.home, 'many'), 'files/many');
    expect(machine.shell('diff -r many "$M/files/many"')).toMatchObject({ code: 0, out: '' });
    expect(machine.unfinished()).toEqual([]);
    expect(machine.run('verify')).toMatchObject({ code: 0 });
    expect(machine.run('audit', 'verify')).toMatchObject({ code: 0 });
  });
});
