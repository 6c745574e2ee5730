/** The emergency stop with --freeze: what was written is kept, nothing more is changed, and only `estop off` ends it. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DaemonClient } from '../../daemon/client/daemon-client.js';
import { python, Steps } from '../mount/programs.js';
import { flip } from '../vault/damage.js';
import { Machine } from '../vault/machine.js';
import { Sherind } from './sherind.js';

let machine: Machine;
let sherind: Sherind;

/** What every way to change something answers, and to read. */
const everything = `
import time
os.chdir(sys.argv[1])
def put(): os.close(os.open('new', os.O_CREAT | os.O_WRONLY, 0o666))
changes = [put, lambda: os.open('kept', os.O_WRONLY), lambda: os.open('kept', os.O_RDONLY | os.O_TRUNC), lambda: os.truncate('kept', 1),
  lambda: os.mkdir('d'), lambda: os.symlink('a', 's'), lambda: os.link('kept', 'l'), lambda: os.rename('kept', 'k'), lambda: os.unlink('kept'),
  lambda: os.chmod('kept', 0o600), lambda: os.utime('kept'), lambda: os.setxattr('kept', 'user.a', b'1'), lambda: os.mkfifo('f')]
reads = [lambda: open('kept').read(), lambda: os.listdir('.'), lambda: os.stat('kept'), lambda: os.listxattr('kept')]
print(json.dumps([[attempt(each) for each in changes], [attempt(each) for each in reads]]))`;

const files = (): string => join(machine.mount, 'files');

async function answers(): Promise<{ readonly changes: Set<unknown>; readonly reads: Set<unknown> }> {
  const [changes, reads] = (await python(everything, files())) as [unknown[], unknown[]];
  return { changes: new Set(changes), reads: new Set(reads) };
}

const frozen = { changes: new Set(['EROFS']), reads: new Set(['done']) };

async function freeze(): Promise<void> {
  expect(machine.ok('estop', 'on', '--freeze')).toBe('emergency stop: freeze\n');
}

async function events(name: string): Promise<unknown[]> {
  const { records } = await machine.call('audit.tail', { count: 200 });
  return records
    .map((record) => record as { event: string; actor: { uid: unknown }; meta: object })
    .filter(({ event }) => event === name)
    .map(({ actor, meta }) => ({ uid: actor.uid, ...meta }));
}

describe.runIf(process.getuid?.() === 0)('a frozen vault', () => {
  beforeAll(async () => {
    machine = Machine.start();
    sherind = await Sherind.start(machine);
  });
  afterAll(async () => {
    await sherind.end();
    machine.end();
  });
  beforeEach(() => {
    machine.ok('estop', 'off');
    for (const name of readdirSync(files())) rmSync(join(files(), name), { recursive: true });
    writeFileSync(join(files(), 'kept'), 'as it was');
  });

  it('refuses every change at the mount, and lets everything be read; who began and ended it is on record', async () => {
    await freeze();
    expect(await answers()).toEqual(frozen);
    expect(machine.ok('status')).toMatch(/^stop: +FROZEN/m);
    expect(machine.ok('why')).toContain('the emergency stop is on, with freeze');
    const refused = machine.run('task', 'submit', 'a text');
    expect([refused.code, refused.err]).toEqual([5, expect.stringContaining('sherinctl estop off')]);
    expect(machine.ok('estop', 'on')).toBe('emergency stop: freeze\n');
    expect(machine.ok('estop', 'off')).toBe('emergency stop: off\n');
    expect(machine.status().vault.frozen).toBe(false);
    writeFileSync(join(files(), 'kept'), 'goes on');
    expect((await events('AUDIT_FREEZE')).at(-1)).toEqual({ uid: 0, committed: true, code: null });
    expect((await events('AUDIT_POLICY_STOP')).slice(-2)).toEqual([
      { uid: 0, from: 'off', to: 'freeze' },
      { uid: 0, from: 'freeze', to: 'off' },
    ]);
  });

  it('keeps what was written and mapped before, and takes nothing by a file or a mapping that is open', async () => {
    const writer = new Steps(
      `
fd = os.open(sys.argv[1] + '/kept', os.O_RDWR)
os.ftruncate(fd, 8192)
os.pwrite(fd, b'written', 0)
view = mmap.mmap(fd, 8192)
view[4096:4102] = b'mapped'
step(1)
def change(): view[4096:4102] = b'DENIED'; view.flush()
step([attempt(os.pwrite, fd, b'x', 0), attempt(os.ftruncate, fd, 1), attempt(os.fsync, fd), os.pread(fd, 7, 0).decode(), attempt(change) != 'done'])
step(1)`,
      files(),
    );
    await writer.next();
    await freeze();
    expect(await writer.go()).toEqual(['EROFS', 'EROFS', 'done', 'written', true]);
    writer.end();
    // A kill loses nothing: it was committed.
    await machine.killFs();
    await sherind.until(({ state }) => state === 'running');
    await machine.call('unlock', { slot: 'tpm' });
    const content = readFileSync(join(files(), 'kept'));
    expect([content.toString('latin1', 0, 7), content.toString('latin1', 4096, 4102)]).toEqual([
      'written',
      'mapped',
    ]);
  });

  it('refuses what sherinctl would change; what makes it safe goes on', async () => {
    machine.ok('put', join(machine.home, 'recovery'), 'files');
    await freeze();
    const again = machine.run('put', join(machine.home, 'recovery'), 'files/again');
    expect(again.err).toContain('nothing is changed');
    const kept = { last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0, within: null };
    const gc = { paths: [], retention: kept };
    const paths = ['files/recovery'];
    for (const refused of [
      machine.call('restore', { path: 'files/kept', version: 1 }),
      machine.call('gc', { ...gc, dryRun: false }),
      machine.call('destroy', { paths }),
      machine.call('remove', { paths }),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'FROZEN' });
    await machine.call('gc', { ...gc, dryRun: true });
    await machine.call('verify', {});
    await machine.call('fsck', {});
    await machine.call('quarantine.list', {});
    await machine.call('sync', {});
    expect(machine.run('backup', join(machine.home, 'copy')).code).toBe(0);
    await machine.call('lock', {});
    await machine.call('unlock', { slot: 'tpm' });
    expect(await answers()).toEqual(frozen);
  });

  it('stays so through kills and restarts of both, whichever of them is there', async () => {
    await freeze();
    await sherind.kill('SIGKILL');
    expect(await answers()).toEqual(frozen);
    await machine.killFs();
    machine.ok('up');
    expect(await answers()).toEqual(frozen);
    machine.ok('down');
    machine.ok('up');
    expect(await answers()).toEqual(frozen);
    sherind = await Sherind.start(machine);
    expect(machine.ok('policy', 'get')).toMatch(/^stop: +freeze$/m);
    expect(await answers()).toEqual(frozen);
    machine.ok('estop', 'off');
    expect((await answers()).changes).toContain('done');
  });

  it('is what a vault is that was locked when the stop was set, once it is open', async () => {
    machine.ok('lock');
    await freeze();
    machine.ok('unlock');
    expect(await answers()).toEqual(frozen);
  });

  it('is what comes back of a sherin-fs that was killed before the stop was set, from its first moment', async () => {
    const client = await DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
    await machine.call('sync', {});
    await machine.killFs();
    expect(await client.call('policy.estop', { on: true, freeze: true })).toEqual({ stop: 'freeze' });
    client.close();
    // sherind itself says nothing more: the first that happens at the mount is a change.
    await sherind.kill('SIGKILL');
    machine.ok('up', '--no-daemon');
    expect(machine.status().vault).toMatchObject({ state: 'sealed', frozen: true });
    const put = machine.run('put', join(machine.home, 'recovery'), 'files/again');
    expect(put.err).toContain('nothing is changed');
    expect(await answers()).toEqual(frozen);
    machine.ok('lock');
    machine.ok('unlock');
    expect(await answers()).toEqual(frozen);
    sherind = await Sherind.start(machine);
    expect(machine.ok('policy', 'get')).toMatch(/^stop: +freeze$/m);
    // From now on the vault says so itself, and after `off` nothing does.
    machine.ok('estop', 'off');
    for (const step of ['lock', 'unlock']) machine.ok(step);
    expect((await answers()).changes).toContain('done');
    expect((await events('AUDIT_POLICY_STOP')).slice(-2)).toEqual([
      // Who set it, another sherind has from its copy only.
      { uid: 0, from: 'off', to: 'freeze', source: 'copy' },
      { uid: 0, from: 'freeze', to: 'off' },
    ]);
  });

  it('is what sherind brings back, too: of those who try all the time to change something nobody is heard', async () => {
    const client = await DaemonClient.connect(join(machine.home, 'run/sherind.sock'));
    const trying = new Steps(
      `
import time
step(1)
told = None
while told not in ('done', 'EROFS'):
  told = attempt(os.mkdir, sys.argv[1] + '/d')
  time.sleep(0.002)
step(told)`,
      files(),
    );
    await trying.next();
    await machine.call('sync', {});
    await machine.killFs();
    expect(await client.call('policy.estop', { on: true, freeze: true })).toEqual({ stop: 'freeze' });
    client.close();
    expect(await trying.go()).toBe('EROFS');
    trying.end();
    expect(await answers()).toEqual(frozen);
  });

  it('is what a vault is whose policy can not be read', async () => {
    machine.ok('policy', 'set', '--mode', 'supervised');
    machine.ok('lock');
    await sherind.end();
    for (const cube of machine.cubes()) flip(cube, 4200);
    machine.ok('unlock');
    expect((await answers()).changes).toEqual(new Set(['EROFS']));
    expect(machine.ok('why')).toContain('its policy can not be read');
  });
});
