import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { alice, bob, botUid, type SharedVault } from './shared-vault.js';

const bot = 'calculations';
const folder = `bots/${bot}`;

export function botTests(vault: SharedVault, { callerIdentity }: DriverLimits): void {
  const writer = callerIdentity ? alice : 0;
  /** A request of the writer; its ID. */
  const request = async (name: string, text: string): Promise<string> => {
    const [id] = (await vault.as(
      writer,
      `put('inbox/${name}', '${text}'); tell(id_of('inbox/${name}'))`,
    )) as [string];
    return id;
  };
  const submitter = { uid: writer, gid: writer, groups: [] };
  /** Makes a file of out/ the result of a task; its ID. */
  const taken = async (task: string, name: string): Promise<string> => {
    const { id } = await vault.call('result.offer', { bot, task, name, to: null });
    const { uid, gid } = submitter;
    return (await vault.call('result.take', { bot, task, id, uid, gid })).id;
  };
  const lastEvents = async (count: number): Promise<unknown[]> => {
    const { records } = await vault.call('audit.tail', { count });
    return records.map(({ event, id, meta }) => [event, id, meta]);
  };

  describe('bots/', () => {
    beforeAll(() => vault.call('bot.open', { bot, uid: botUid }));
    afterAll(() => vault.call('bot.close', { bot }));

    it('shows a bot its own folder, and nobody else but root', async () => {
      const script = `
tell(attempt(names, 'bots'), attempt(names, '${folder}'), attempt(names, '${folder}/in'), attempt(os.stat, '${folder}/in'), attempt(put, '${folder}/out/x', 'x'))`;
      const none = callerIdentity ? 'ENOENT' : 'EACCES';
      expect(await vault.as(bob, script)).toEqual(['EACCES', none, none, none, none]);
      expect(
        await vault.as(botUid, `tell(attempt(names, 'bots'), names('${folder}'), names('${folder}/in'))`),
      ).toEqual(['EACCES', ['in', 'out'], []]);
      expect(await vault.as(0, `tell(names('bots'), names('${folder}'))`)).toEqual([[bot], ['in', 'out']]);
    });

    it('shows exactly what was granted, to read, while the grant lasts', async () => {
      const [first, second] = [await request('first', 'one'), await request('second', 'two')];
      const other = `tell(attempt(read, '${folder}/in/${first}'), attempt(read, '${folder}/in/${second}'))`;
      await vault.call('grant.add', { bot, task: 't1', ...submitter, ids: [first] });
      expect(await lastEvents(1)).toEqual([['AUDIT_GRANT', first, { bot, task: 't1', uid: writer }]]);
      const script = `
name = '${folder}/in/${first}'
tell(names('${folder}/in'), read(name), id_of(name), attempt(put, name, 'x'), attempt(put, '${folder}/in/new', 'x'), attempt(os.unlink, name),
  attempt(os.chmod, name, 0o644), attempt(os.stat, '${folder}/in/${second}'), attempt(os.stat, '${folder}/in/none'), attempt(read, 'ids/${first}'))`;
      const none = callerIdentity ? 'ENOENT' : 'EACCES';
      const [, , , ...answers] = (await vault.as(botUid, script)) as string[];
      expect(answers).toEqual(['EACCES', 'EINVAL', 'EACCES', 'EROFS', 'ENOENT', 'EINVAL', none]);
      expect(((await vault.as(botUid, script)) as string[]).slice(0, 3)).toEqual([[first], 'one', first]);
      expect(await vault.as(bob, other)).toEqual([none, none]);

      await vault.call('grant.add', { bot, task: 't2', ...submitter, ids: [first, second] });
      expect(await vault.call('grant.end', { bot, task: 't1' })).toEqual({ ended: 1 });
      expect(await lastEvents(1)).toEqual([['AUDIT_GRANT_END', first, { bot, task: 't1' }]]);
      expect(await vault.as(botUid, other)).toEqual(['done', 'done']);
      expect(await vault.call('grant.end', { bot, task: 't2' })).toEqual({ ended: 2 });
      expect(await vault.as(botUid, other)).toEqual(['ENOENT', 'ENOENT']);
    });

    it('ends the reads of files that are open with the grant', async () => {
      const id = await request('long', 'x'.repeat(300));
      await vault.call('grant.add', { bot, task: 't3', ...submitter, ids: [id] });
      const reader = vault.steps(
        botUid,
        `
fd = os.open('${folder}/in/${id}', os.O_RDONLY)
step(os.pread(fd, 5, 0).decode())
step(attempt(os.pread, fd, 5, 0))`,
      );
      expect(await reader.next()).toBe('xxxxx');
      await vault.call('grant.end', { bot, task: 't3' });
      expect(await reader.go()).toBe('EACCES');
      reader.end();
    });

    it('grants nothing that who gave the task may not read, and then nothing at all', async () => {
      const [mine, gone] = [await request('mine', 'of one'), `TASK_20260101_${'0'.repeat(32)}`];
      const [open] = (await vault.as(
        0,
        `
os.makedirs('files/group', exist_ok=True); os.chmod('files/group', 0o755)
put('files/group/file', 'of a group'); os.chown('files/group/file', 0, 4242); os.chmod('files/group/file', 0o640)
tell(id_of('files/group/file'))`,
      )) as [string];
      const add = (uid: number, groups: number[], ids: string[]) =>
        vault.call('grant.add', { bot, task: 't4', uid, gid: uid, groups, ids }).then(
          () => 'granted',
          (error: { code: string }) => error.code,
        );
      expect(await add(bob, [], [mine])).toBe('DENIED');
      expect(await add(bob, [], [open])).toBe('DENIED');
      expect(await add(writer, [4242], [mine, open, gone])).toBe('ID_UNKNOWN');
      expect(await vault.as(botUid, `tell(names('${folder}/in'))`)).toEqual([[]]);
      expect(await add(bob, [4242], [open])).toBe('granted');
      expect(await vault.as(botUid, `tell(read('${folder}/in/${open}'))`)).toEqual(['of a group']);
      await vault.call('grant.end', { bot, task: 't4' });
    });

    it('takes a whole result from a bot, and gives it to who asked alone', async () => {
      const id = await request('question', '6 * 7');
      await vault.call('grant.add', { bot, task: 't5', ...submitter, ids: [id] });
      const [made] = (await vault.as(
        botUid,
        `put('${folder}/out/answer', '42'); tell(id_of('${folder}/out/answer'))`,
      )) as [string];
      expect(made).toMatch(/^OUT_/);
      const hidden = `tell(attempt(read, 'ids/${made}'))`;
      const none = callerIdentity ? 'ENOENT' : 'EACCES';
      expect(await vault.as(bob, hidden)).toEqual([none]);
      const { uid, gid } = submitter;
      const { id: result } = await vault.call('result.take', {
        bot,
        task: 't5',
        id: made,
        uid,
        gid,
        botVersion: '1.0',
      });
      expect(result).toMatch(/^RESULT_/);
      expect(await lastEvents(1)).toEqual([['AUDIT_RESULT', result, { bot, task: 't5', uid }]]);
      expect(
        await vault.as(
          writer,
          `tell(read('ids/${result}'), stat.filemode(os.stat('ids/${result}').st_mode), os.stat('ids/${result}').st_uid)`,
        ),
      ).toEqual(['42', '-r--------', uid]);
      const script = `tell(attempt(read, 'ids/${result}'), attempt(os.stat, '${folder}/out/answer'))`;
      expect(await vault.as(botUid, script)).toEqual([none, 'ENOENT']);
      expect(await vault.as(bob, `tell(attempt(read, 'ids/${result}'))`)).toEqual([none]);
      const { versions } = await vault.call('lineage', { target: result });
      expect(versions.find((each) => each.id === result)?.made).toMatchObject([
        { from: [id], task: 't5', bot, botVersion: '1.0' },
      ]);
      await vault.call('grant.end', { bot, task: 't5' });
    });

    it('lets who asked remove an old result, and of others the vault’s owner alone', async () => {
      const caller = { ...submitter, pid: null };
      const stranger = { uid: bob, gid: bob, groups: [], pid: null };
      await vault.as(botUid, `put('${folder}/out/old', 'long ago'); tell()`);
      const result = await taken('t7', 'old');
      const all = { all: true, before: String(10n ** 19n) };
      const own = { ...all, all: false };
      const { results } = await vault.call('result.list', { ...own, caller });
      const [{ ino } = { ino: 0 }] = results.filter(({ id }) => id === result);
      expect(ino).toBeGreaterThan(0);
      expect((await vault.call('result.list', { ...own, before: '1', caller })).results).toEqual([]);
      expect((await vault.call('result.list', all)).results).toEqual(results);
      expect((await vault.call('result.list', { ...own, caller: stranger })).results).toEqual([]);
      const denied = expect.objectContaining({ code: 'DENIED' });
      await expect(vault.call('result.list', { ...all, caller: stranger })).rejects.toEqual(denied);
      await expect(vault.call('result.remove', { all: true, inos: [ino], caller: stranger })).rejects.toEqual(
        denied,
      );
      expect(await vault.call('result.remove', { inos: [ino], caller: stranger })).toEqual({ removed: 0 });
      expect(await vault.as(writer, `tell(read('ids/${result}'))`)).toEqual(['long ago']);
      expect(await vault.call('result.remove', { inos: [ino, 1, 2], caller })).toEqual({ removed: 1 });
      expect((await vault.call('result.list', { ...own, caller })).results).toEqual(
        results.filter((each) => each.ino !== ino),
      );
      if (writer !== 0)
        expect(await vault.as(writer, `tell(attempt(read, 'ids/${result}'))`)).toEqual(['ENOENT']);
    });

    it('refuses a result that is open, empty, missing or no file', async () => {
      const take = (name: string) =>
        taken('t6', name).then(
          (id) => id.slice(0, 7),
          (error: { code: string }) => error.code,
        );
      const program = vault.steps(
        botUid,
        `
os.close(os.open('${folder}/out/empty', os.O_CREAT | os.O_WRONLY))
refused = [attempt(os.symlink, '/etc/passwd', '${folder}/out/link'), attempt(os.mkfifo, '${folder}/out/fifo'), attempt(os.mkdir, '${folder}/out/folder'),
  attempt(os.chmod, '${folder}/out', 0o777)]
fd = write('${folder}/out/half', 'half')
step(refused)
os.write(fd, b' and whole'); os.close(fd); step('closed')
step(attempt(read, '${folder}/out/half'))`,
      );
      expect(await program.next()).toEqual(['EPERM', 'EPERM', 'EPERM', 'EPERM']);
      expect([await take('empty'), await take('none'), await take('../in'), await take('half')]).toEqual([
        'RESULT_REFUSED',
        'PATH_MISSING',
        'PATH_MISSING',
        'RESULT_OPEN',
      ]);
      expect(await program.go()).toBe('closed');
      expect(await take('half')).toBe('RESULT_');
      expect(await program.go()).toBe('ENOENT');
      program.end();
    });

    it('shows what it has written to who judges it, and gives that alone away', async () => {
      const [gate, gateUid] = ['gate', botUid + 1];
      await vault.call('bot.open', { bot: gate, uid: gateUid });
      const judged = `bots/${gate}/in`;
      await vault.as(botUid, `put('${folder}/out/good', 'good'); tell(1)`);
      const { id } = await vault.call('result.offer', { bot, task: 't9', name: 'good', to: gate });
      expect(await vault.as(gateUid, `tell(names('${judged}'), read('${judged}/${id}'))`)).toEqual([
        [id],
        'good',
      ]);
      // Neither another content, nor another file under the name of the one that was judged.
      await vault.as(botUid, `put('${folder}/out/${id}', 'bad'); put('${folder}/out/good', 'bad'); tell(1)`);
      expect(await vault.as(gateUid, `tell(read('${judged}/${id}'))`)).toEqual(['good']);
      const { uid, gid } = submitter;
      const take = { bot, task: 't9', id, uid, gid };
      await expect(vault.call('result.take', take)).rejects.toMatchObject({ code: 'RESULT_REFUSED' });
      await vault.call('grant.end', { bot: gate, task: 't9' });
      expect(await vault.as(gateUid, `tell(names('${judged}'))`)).toEqual([[]]);
      await vault.call('bot.close', { bot: gate });
    });

    it('ends with a result what a task gave its bot and its judge, on record before it', async () => {
      const [judge, judgeUid] = ['judge', botUid + 2];
      await vault.call('bot.open', { bot: judge, uid: judgeUid });
      const asked = await request('judged', 'to be judged');
      for (const task of ['t12', 'other'])
        await vault.call('grant.add', { bot, task, ...submitter, ids: [asked] });
      await vault.as(botUid, `put('${folder}/out/judged', 'judged'); tell(1)`);
      const { id } = await vault.call('result.offer', { bot, task: 't12', name: 'judged', to: judge });
      const reader = vault.steps(
        judgeUid,
        `
fd = os.open('bots/${judge}/in/${id}', os.O_RDONLY)
step(os.pread(fd, 6, 0).decode())
step([attempt(os.pread, fd, 6, 0), names('bots/${judge}/in')])`,
      );
      expect(await reader.next()).toBe('judged');
      const { uid, gid } = submitter;
      const take = { bot, task: 't12', id, uid, gid, ends: [bot, judge] };
      const { id: result } = await vault.call('result.take', take);
      expect(await lastEvents(3)).toEqual([
        ['AUDIT_GRANT_END', asked, { bot, task: 't12' }],
        ['AUDIT_GRANT_END', id, { bot: judge, task: 't12' }],
        ['AUDIT_RESULT', result, { bot, task: 't12', uid }],
      ]);
      expect(await reader.go()).toEqual(['EACCES', []]);
      reader.end();
      // What another task gives stays.
      expect(await vault.as(botUid, `tell(names('${folder}/in'))`)).toEqual([[asked]]);
      for (const task of ['t12', 'other'])
        expect(await vault.call('grant.end', { bot, task })).toEqual({ ended: task === 'other' ? 1 : 0 });
      await vault.call('bot.close', { bot: judge });
    });

    it('takes a request of a sub-task for who asked', async () => {
      await vault.as(botUid, `put('${folder}/out/part', 'a part'); tell(1)`);
      const { id } = await vault.call('result.offer', { bot, task: 't10', name: 'part', to: null });
      const { uid, gid } = submitter;
      const { id: part } = await vault.call('result.take', { bot, task: 't10', id, as: 'request', uid, gid });
      expect(part).toMatch(/^TASK_/);
      expect(await vault.as(writer, `tell(read('ids/${part}'))`)).toEqual(['a part']);
      await vault.call('grant.add', { bot, task: 't11', ...submitter, ids: [part] });
      expect(await vault.as(botUid, `tell(read('${folder}/in/${part}'))`)).toEqual(['a part']);
      await vault.call('grant.end', { bot, task: 't11' });
    });

    it('reads nothing while the vault is locked, and what it was granted after that', async () => {
      const id = await request('locked', 'behind a lock');
      await vault.call('grant.add', { bot, task: 't8', ...submitter, ids: [id] });
      const script = `tell(names('${folder}/in'), attempt(read, '${folder}/in/${id}'), attempt(put, '${folder}/out/x', 'x'))`;
      vault.machine.ok('lock');
      expect(await vault.as(botUid, script)).toEqual([[id], 'EACCES', 'EACCES']);
      vault.machine.ok('unlock');
      expect(await vault.as(botUid, script)).toEqual([[id], 'done', 'done']);
      vault.machine.ok('lock');
      expect(await vault.call('grant.end', { bot, task: 't8' })).toEqual({ ended: 1 });
      vault.machine.ok('unlock');
      const { records } = await vault.call('audit.tail', { count: 20 });
      expect(records).toContainEqual(expect.objectContaining({ event: 'AUDIT_GRANT_END', id }));
      expect(await vault.as(botUid, script)).toEqual([[], 'ENOENT', 'done']);
    });

    it('bounds what a bot may have in out/', async () => {
      await vault.call('bot.open', { bot, uid: botUid, mostBytes: 1000 });
      const script = `
def room(name, count, at=0):
    fd = os.open('${folder}/out/' + name, os.O_CREAT | os.O_WRONLY)
    try: return attempt(os.pwrite, fd, b'x' * count, at)
    finally: os.close(fd)
got = [room('a', 600), room('b', 400), room('b', 1, 400), room('a', 600), attempt(os.truncate, '${folder}/out/b', 401)]
os.truncate('${folder}/out/a', 100)
tell(got, room('b', 900), room('b', 901))
`;
      expect(await vault.as(botUid, script)).toEqual([
        ['done', 'done', 'EDQUOT', 'done', 'EDQUOT'],
        'done',
        'EDQUOT',
      ]);
      await vault.call('bot.open', { bot, uid: botUid });
    });

    it('empties the folder with the bot, and ends its grants with sherin-fs', async () => {
      const id = await request('again', 'once more');
      await vault.as(botUid, `put('${folder}/out/left', 'left')`.concat('; tell(1)'));
      await vault.call('grant.add', { bot, task: 't7', ...submitter, ids: [id] });
      await vault.as(botUid, `put('${folder}/out/done', 'done in time'); tell(1)`);
      const result = await taken('t7', 'done');
      await vault.machine.killFs();
      vault.up();
      expect(await vault.as(0, `tell(names('bots'), attempt(os.stat, '${folder}'))`)).toEqual([[], 'ENOENT']);
      expect(await vault.as(writer, `tell(read('ids/${result}'))`)).toEqual(['done in time']);
      await vault.call('bot.open', { bot, uid: botUid });
      expect(await vault.as(botUid, `tell(names('${folder}/in'), names('${folder}/out'))`)).toEqual([[], []]);
      await vault.call('bot.close', { bot });
      expect(await vault.as(botUid, `tell(attempt(os.stat, '${folder}'))`)).toEqual(['ENOENT']);
      await vault.call('bot.open', { bot, uid: botUid });
    });

    it('gives no name to another tree', async () => {
      const script = `
put('${folder}/out/mine', 'x'); put('files/other', 'y'); put('inbox/more', 'z')
tell(*[attempt(call, one, two) for call in (os.rename, os.link) for one, two in (
  ('${folder}/out/mine', 'files/mine'), ('files/other', '${folder}/out/other'), ('inbox/more', '${folder}/out/more'), ('${folder}/out/mine', 'inbox/yours'))],
  attempt(os.rename, 'inbox/more', '${folder}/in/more'))`;
      expect(await vault.as(0, script)).toEqual([...Array(8).fill('EXDEV'), 'EINVAL']);
    });
  });
}
