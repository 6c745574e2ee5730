/** Access rules on a real mount, for users whom modes let everything. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccessRule, accessOperations } from '../../common/access/rules.js';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { flip } from '../vault/damage.js';
import { alice, bob, botUid, SharedVault } from './tasks/shared-vault.js';

const team = 61_050;
const vault = new SharedVault(nativeLimits);

function rule(name: string, over: Partial<AccessRule> = {}): AccessRule {
  return {
    name,
    who: { uid: alice },
    where: { path: 'secret/**' },
    operations: ['read'],
    effect: 'deny',
    ...over,
  };
}

async function set(...rules: AccessRule[]): Promise<void> {
  await vault.call('rules.set', { rules, version: null });
}

async function denials(): Promise<unknown[]> {
  const { records } = await vault.call('audit.tail', { count: 200 });
  return records
    .map(
      (record) =>
        record as { event: string; actor: { uid: unknown; exe: unknown }; meta: object; id: unknown },
    )
    .filter(({ event }) => event === 'AUDIT_DENIED')
    .map(({ actor, meta }) => ({ uid: actor.uid, exe: actor.exe, ...meta }));
}

/** Everything in `files/` belongs to anybody, so that only rules refuse. */
const scene = `
import shutil
os.chdir('files')
os.umask(0)
for name in os.listdir('.'): shutil.rmtree(name)
for name in ['secret', 'secret/deep', 'open']: os.makedirs(name, 0o777, exist_ok=True)
for name in ['secret/a', 'secret/deep/b', 'open/c']:
    put(name, 'content of ' + name); os.chmod(name, 0o666)
os.chmod('.', 0o777)
tell(1)`;

describe.runIf(process.getuid?.() === 0)('access rules', () => {
  beforeAll(() => vault.start());
  afterAll(() => vault.end());
  beforeEach(async () => {
    await set();
    await vault.as(0, scene);
  });

  it('deny a user what modes allow, at each open, and nobody else; the denial is on record', async () => {
    const reads = `os.chdir('files'); tell(attempt(read, 'secret/a'), attempt(read, 'secret/deep/b'), attempt(read, 'open/c'))`;
    expect(await vault.as(alice, reads)).toEqual(['done', 'done', 'done']);
    await set(rule('no-secrets'));
    expect(await vault.as(alice, reads)).toEqual(['EACCES', 'EACCES', 'done']);
    // The kernel has the pages, names and attributes of another who has just read.
    expect(await vault.as(bob, reads)).toEqual(['done', 'done', 'done']);
    expect(await vault.as(alice, reads)).toEqual(['EACCES', 'EACCES', 'done']);
    expect((await denials()).at(-1)).toMatchObject({ uid: alice, operation: 'read', rule: 'no-secrets' });
    await set();
    expect(await vault.as(alice, reads)).toEqual(['done', 'done', 'done']);
  });

  it('hold where the driver opens files by itself, since they are listed and read one after another', async () => {
    // In cubes: the driver leaves what is still being written to others.
    const many = join(vault.machine.home, 'many');
    mkdirSync(many);
    for (let n = 0; n < 200; n++) writeFileSync(join(many, String(n)), String(n));
    vault.machine.ok('put', many, 'files/secret/many');
    const all = `tell(*[attempt(read, f'files/secret/many/{n}') for n in sorted(os.listdir('files/secret/many'), key=int)])`;
    await vault.as(bob, all);
    await set(rule('no-secrets'));
    await vault.as(bob, all);
    expect(new Set((await vault.as(alice, all)) as string[])).toEqual(new Set(['EACCES']));
    expect(new Set((await vault.as(bob, all)) as string[])).toEqual(new Set(['done']));
  });

  it.each([
    [
      'read',
      [
        `read, 'secret/a'`,
        `os.getxattr, 'secret/a', 'user.sherin.id'`,
        `os.listxattr, 'open/linked'`,
        `os.open, 'secret/a', os.O_RDWR`,
      ],
    ],
    [
      'write',
      [
        `os.open, 'secret/a', os.O_WRONLY`,
        `os.truncate, 'secret/a', 1`,
        `os.utime, 'secret/a'`,
        `os.setxattr, 'open/linked', 'user.x', b'1'`,
      ],
    ],
    ['list', [`os.listdir, 'secret'`]],
    [
      'create',
      [
        `put, 'secret/1', 'x'`,
        `os.mkdir, 'secret/2'`,
        `os.symlink, 'a', 'secret/3'`,
        `os.link, 'open/c', 'secret/4'`,
        `os.rename, 'open/c', 'secret/5'`,
      ],
    ],
    [
      'remove',
      [
        `os.unlink, 'secret/deep/b'`,
        `os.rmdir, 'secret/empty'`,
        `os.rename, 'open/c', 'secret/a'`,
        `os.rename, 'secret/a', 'secret/deep/a'`,
      ],
    ],
  ] as const)('of %s are about all that takes it', async (operation, calls) => {
    await vault.as(
      0,
      `os.chdir('files'); os.umask(0); os.link('secret/a', 'open/linked'); os.mkdir('secret/empty'); tell(1)`,
    );
    const script = `os.chdir('files'); tell(${calls.map((call) => `attempt(${call})`).join(', ')})`;
    await set(rule('this', { operations: [operation] }));
    expect(await vault.as(alice, script)).toEqual(calls.map(() => 'EACCES'));
    await set(rule('another', { operations: [operation === 'list' ? 'read' : 'list'] }));
    expect(await vault.as(alice, script)).toEqual(calls.map(() => 'done'));
  });

  it('are tried in their order; one that allows gives no more than modes', async () => {
    const read = `os.chdir('files'); tell(attempt(read, 'secret/a'), attempt(read, 'secret/deep/b'))`;
    await vault.as(0, `os.chmod('files/secret/deep/b', 0o600); tell(1)`);
    await set(rule('alice', { effect: 'allow' }), rule('nobody', { who: 'anyone' }));
    expect(await vault.as(alice, read)).toEqual(['done', 'EACCES']);
    expect(await vault.as(bob, read)).toEqual(['EACCES', 'EACCES']);
    expect(await vault.as(0, read)).toEqual(['EACCES', 'EACCES']);
  });

  it('know the groups of who asks, supplementary ones too', async () => {
    await set(rule('team', { who: { gid: team } }));
    const inTeam = `
os.chdir(sys.argv[1] + '/files')
os.setgroups([${team}]); os.setgid(${alice}); os.setuid(${alice})
tell(attempt(read, 'secret/a'))`;
    expect(await vault.as(0, inTeam)).toEqual(['EACCES']);
    expect(await vault.as(alice, `tell(attempt(read, 'files/secret/a'))`)).toEqual(['done']);
  });

  it('count on every name of a file, and by its ID', async () => {
    const [id] = (await vault.as(
      0,
      `os.chdir('files'); os.link('secret/a', 'open/a'); tell(id_of('open/a'))`,
    )) as [string];
    await set(rule('no-secrets'));
    const reads = `tell(attempt(read, 'files/open/a'), attempt(read, 'ids/${id}'))`;
    expect(await vault.as(alice, reads)).toEqual(['EACCES', 'EACCES']);
    expect(await vault.as(bob, reads)).toEqual(['done', 'done']);
    // Its other name does not outlive the one that is denied, for who is denied it.
    expect(await vault.as(alice, `tell(attempt(os.unlink, 'files/secret/a'))`)).toEqual(['EACCES']);
    expect(
      await vault.as(bob, `tell(attempt(os.unlink, 'files/secret/a'), attempt(read, 'files/open/a'))`),
    ).toEqual(['done', 'done']);
  });

  it('are not left behind by moving: neither a file nor a directory above it', async () => {
    await set(rule('deep', { where: { path: 'secret/deep/**' } }));
    const moves = `os.chdir('files'); tell(attempt(os.rename, 'secret/deep/b', 'open/b'), attempt(os.rename, 'secret/deep', 'open/deep'), attempt(os.rename, 'secret', 'elsewhere'), attempt(os.rename, 'open', 'wide'), attempt(os.rename, 'secret/a', 'wide/a'))`;
    expect(await vault.as(alice, moves)).toEqual(['EACCES', 'EACCES', 'EACCES', 'done', 'done']);
    await set(rule('anywhere', { where: { path: '**/deep/b' } }));
    const along = `os.chdir('files'); tell(attempt(os.rename, 'secret', 'elsewhere'), attempt(read, 'elsewhere/deep/b'), attempt(os.rename, 'elsewhere/deep', 'elsewhere/shallow'))`;
    expect(await vault.as(alice, along)).toEqual(['done', 'EACCES', 'EACCES']);
    await set();
    await vault.as(
      0,
      `import shutil; os.chdir('files'); shutil.rmtree('elsewhere'); shutil.rmtree('wide'); tell(1)`,
    );
  });

  it('leave what is open as it is, until it is opened again', async () => {
    const reader = vault.steps(
      alice,
      `
fd = os.open('files/secret/a', os.O_RDWR)
step(os.pread(fd, 7, 0).decode())
step([os.pread(fd, 7, 0).decode(), os.pwrite(fd, b'CON', 0), os.pread(fd, 7, 0).decode(), attempt(read, 'files/secret/a')])`,
    );
    expect(await reader.next()).toBe('content');
    await set(rule('no-secrets', { operations: ['read', 'write'] }));
    expect(await reader.go()).toEqual(['content', 3, 'CONtent', 'EACCES']);
    reader.end();
  });

  it('are about a bot, too, by its folder; and what a caller may not read is not granted', async () => {
    await vault.call('bot.open', { bot: 'calculations', uid: botUid });
    const [id] = (await vault.as(
      alice,
      `put('inbox/question', 'what is 1 + 1'); tell(id_of('inbox/question'))`,
    )) as [string];
    const submitter = { uid: alice, gid: alice, groups: [] };
    await vault.call('grant.add', { bot: 'calculations', task: 't1', ...submitter, ids: [id] });
    const read = `tell(attempt(read, 'bots/calculations/in/${id}'))`;
    const task = { where: { namespace: 'TASK' } } as const;
    expect(await vault.as(botUid, read)).toEqual(['done']);
    await set(rule('bot', { who: { bot: 'calculations' }, ...task }));
    expect(await vault.as(botUid, read)).toEqual(['EACCES']);
    await set(rule('alice', task));
    expect(await vault.as(botUid, read)).toEqual(['done']);
    const grant = vault.call('grant.add', { bot: 'calculations', task: 't2', ...submitter, ids: [id] });
    await expect(grant).rejects.toMatchObject({ code: 'DENIED' });
    const asked = { id, caller: { ...submitter, pid: 1 } };
    await expect(vault.call('object.stat', asked)).rejects.toMatchObject({ code: 'ID_UNKNOWN' });
    await vault.call('bot.close', { bot: 'calculations' });
  });

  it('hold for sherinctl, which says which rule refuses whom', async () => {
    await set(rule('root-not', { who: { uid: 0 }, operations: [...accessOperations] }));
    const { machine } = vault;
    for (const line of [
      ['cat', 'files/secret/a'],
      ['ls', 'files/secret'],
      ['restore', 'files/secret/a@1'],
    ])
      expect(machine.run(...line)).toMatchObject({
        code: 5,
        err: expect.stringContaining('root-not') as string,
      });
    const source = join(machine.home, 'fresh');
    writeFileSync(source, 'fresh');
    expect(machine.run('put', source, 'files/secret').err).toContain('root-not');
    expect(machine.run('put', source, 'files/open').code).toBe(0);
    const why = 'access rule root-not denies read, write, list, create, remove to uid 0 (EACCES)';
    expect(machine.ok('why', 'files/secret/a')).toContain(why);
    expect(machine.ok('why', 'files/open/c')).not.toContain('root-not');
    expect(machine.ok('policy', 'test', '--uid', '0', '--op', 'read', 'files/secret/a')).toBe(
      'deny  (rule root-not)\n',
    );
    expect(machine.ok('policy', 'test', '--uid', '1', '--op', 'read', 'files/secret/a')).toContain('modes');
  });

  it('outlive a lock, a restart and a kill of sherin-fs', async () => {
    const read = `tell(attempt(read, 'files/secret/a'), attempt(read, 'files/open/c'))`;
    await set(rule('no-secrets'));
    vault.machine.ok('lock');
    vault.machine.ok('unlock');
    expect(await vault.as(alice, read)).toEqual(['EACCES', 'done']);
    await vault.machine.killFs();
    vault.up();
    expect(await vault.as(alice, read)).toEqual(['EACCES', 'done']);
    vault.machine.ok('down');
    vault.up();
    expect(await vault.as(alice, read)).toEqual(['EACCES', 'done']);
  });

  it('that can not be read refuse everything to everybody, until they are set anew', async () => {
    const { machine } = vault;
    await set(rule('no-secrets'));
    machine.ok('lock');
    for (const cube of machine.cubes()) flip(cube, 4200);
    machine.ok('unlock');
    const calls = `os.chdir('files'); tell(attempt(os.listdir, '.'), attempt(os.mkdir, 'new'), attempt(os.rename, 'open', 'new'))`;
    expect(await vault.as(bob, calls)).toEqual(['EACCES', 'EACCES', 'EACCES']);
    expect(machine.ok('why', 'files/open')).toContain('the access rules can not be read');
    expect(machine.run('policy', 'rules', 'list').err).toContain('rules can not be read');
    const file = join(machine.home, 'rules.json');
    writeFileSync(file, JSON.stringify([rule('again', { who: { uid: bob } })]));
    expect(machine.ok('policy', 'rules', 'set', file)).toBe('1 access rule in force\n');
    expect(await vault.as(alice, calls)).toEqual(['done', 'done', 'done']);
  });
});
