import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { alice, bob, type SharedVault } from './shared-vault.js';

export function inboxTests(vault: SharedVault, { callerIdentity }: DriverLimits): void {
  /** Where the driver does not know who calls, the inbox is the owner's alone. */
  const writer = callerIdentity ? alice : 0;

  describe('inbox/', () => {
    it('makes an object of namespace TASK of what is written there, its writer’s alone', async () => {
      const script = `
put('inbox/request', 'what is 6 * 7?')
found, id = os.stat('inbox/request'), id_of('inbox/request')
tell(id[:5], stat.filemode(found.st_mode), found.st_uid == uid, read('inbox/request'), read('ids/' + id), names('inbox'),
  os.getxattr('inbox', 'user.sherin.namespace').decode())`;
      expect(await vault.as(writer, script)).toEqual([
        'TASK_',
        '-rw-------',
        true,
        'what is 6 * 7?',
        'what is 6 * 7?',
        ['request'],
        'TASK',
      ]);
    });

    it('is to every other user as if nothing were there', async () => {
      const [id] = (await vault.as(writer, `put('inbox/secret', 'of one'); tell(id_of('inbox/secret'))`)) as [
        string,
      ];
      const script = `
id = sys.argv[3]
tell(attempt(os.stat, 'ids/' + id), attempt(read, 'ids/' + id), attempt(os.stat, 'inbox/secret'), attempt(read, 'inbox/secret'),
  attempt(os.unlink, 'inbox/secret'), attempt(names, 'inbox'))`;
      const closed = ['done', 'EACCES', 'EACCES', 'EACCES', 'EACCES', 'EACCES'];
      const absent = ['ENOENT', 'ENOENT', 'ENOENT', 'ENOENT', 'ENOENT', 'done'];
      expect(await vault.as(bob, script, id)).toEqual(callerIdentity ? absent : closed);
    });

    it.runIf(callerIdentity)('lets two users have the same name, each for a file of theirs', async () => {
      const script = `
put('inbox/same', str(uid))
tell(read('inbox/same'), names('inbox').count('same'), id_of('inbox/same'))`;
      const [first, second] = [await vault.as(alice, script), await vault.as(bob, script)] as string[][];
      expect([first?.[0], second?.[0]]).toEqual([String(alice), String(bob)]);
      expect(first?.[2]).not.toBe(second?.[2]);
      const reader = vault.steps(
        alice,
        `
fd = os.open('inbox/same', os.O_RDWR)
step(read('inbox/same'))
os.pwrite(fd, b'!', 0); step([os.pread(fd, 9, 0).decode(), read('inbox/same')])`,
      );
      expect(await reader.next()).toBe(String(alice));
      expect(await vault.as(bob, `os.unlink('inbox/same'); tell(names('inbox'))`)).toEqual([[]]);
      const changed = `!${String(alice).slice(1)}`;
      expect(await reader.go()).toEqual([changed, changed]);
      reader.end();
      expect(await vault.as(bob, `tell(attempt(os.stat, 'inbox/same'))`)).toEqual(['ENOENT']);
    });

    it('holds regular files only, whose owner and permissions stay', async () => {
      const script = `
put('inbox/plain', 'x')
refused = [
  attempt(os.mkdir, 'inbox/folder'), attempt(os.symlink, 'plain', 'inbox/link'), attempt(os.mkfifo, 'inbox/fifo'),
  attempt(os.link, 'inbox/plain', 'inbox/hard'), attempt(os.open, 'inbox/plain', os.O_CREAT | os.O_EXCL | os.O_WRONLY),
  attempt(os.unlink, 'inbox/none'), attempt(os.rename, 'inbox/none', 'inbox/other')]
os.chmod('inbox/plain', 0o644)
os.rename('inbox/plain', 'inbox/renamed')
tell(refused, stat.filemode(os.stat('inbox/renamed').st_mode), read('inbox/renamed'), 'plain' in names('inbox'))
os.unlink('inbox/renamed')`;
      expect(await vault.as(writer, script)).toEqual([
        ['EPERM', 'EPERM', 'EPERM', 'EPERM', 'EEXIST', 'ENOENT', 'ENOENT'],
        '-rw-------',
        'x',
        false,
      ]);
    });

    it('gives no name to another tree and takes none', async () => {
      const script = `
put('inbox/here', 'x'); put('files/there', 'y')
tell(
  attempt(os.rename, 'inbox/here', 'files/here'), attempt(os.rename, 'files/there', 'inbox/there'), attempt(os.rename, 'files/there', 'inbox/here'),
  attempt(os.link, 'inbox/here', 'files/here'), attempt(os.link, 'files/there', 'inbox/there'), attempt(os.rename, 'inbox/here', '.sherin/here'))`;
      expect(await vault.as(0, script)).toEqual(Array(6).fill('EXDEV'));
    });

    it('loses a name as files/ do, and the object stays for whom versions are kept', async () => {
      const script = `
put('inbox/gone', 'once'); id = id_of('inbox/gone')
os.unlink('inbox/gone')
tell(names('inbox').count('gone'), attempt(os.stat, 'inbox/gone'), id)`;
      const [count, absent, id] = (await vault.as(writer, script)) as [number, string, string];
      expect([count, absent]).toEqual([0, 'ENOENT']);
      // Its time is that of any version.
      vault.machine.ok('gc');
      expect(await vault.as(0, `tell(read('ids/${id}'))`)).toEqual(['once']);
      vault.machine.ok('gc', '--keep-last', '1');
      expect(await vault.as(0, `tell(attempt(read, 'ids/${id}'))`)).toEqual(['ENODATA']);
    });

    it('shows the inbox of the past at a mount of the past, where nothing can be changed', async () => {
      await vault.as(0, `put('inbox/before', 'as it was'); os.sync(); tell(id_of('inbox/before'))`);
      const past = join(vault.machine.home, 'past');
      mkdirSync(past);
      const { time } = vault.machine.status().head ?? { time: '0' };
      await vault.as(0, `put('inbox/before', 'as it is'); tell(id_of('inbox/before'))`);
      await vault.call('mount.past', { path: past, end: String(BigInt(time) + 1n) });
      const script = `
os.chdir('${past}')
tell(read('inbox/before'), os.listdir('bots'), attempt(put, 'inbox/before', 'x'), attempt(put, 'inbox/new', 'x'), attempt(os.unlink, 'inbox/before'))`;
      expect(await vault.as(0, script)).toEqual(['as it was', [], 'EROFS', 'EROFS', 'EROFS']);
      await vault.call('umount', { path: past });
    });

    it('takes requests that do not come through the mount', async () => {
      const id = await vault.submit('by descriptor');
      const script = `
name = [name for name in names('inbox') if name.startswith('request-')][0]
tell(read('ids/${id}'), id_of('inbox/' + name), stat.filemode(os.stat('inbox/' + name).st_mode))`;
      expect(id).toMatch(/^TASK_/);
      expect(await vault.as(0, script)).toEqual(['by descriptor', id, '-rw-------']);
      await expect(vault.submit('')).rejects.toMatchObject({ code: 'USAGE' });
      await expect(vault.submit('x'.repeat(1024 * 1024 + 1))).rejects.toMatchObject({ code: 'USAGE' });
    });

    it('keeps what was fsynced through a crash, under its ID', async () => {
      const script = `
fd = write('inbox/kept', 'through a crash'); os.fsync(fd); os.close(fd)
os.close(os.open('inbox', os.O_RDONLY)); tell(True)`;
      await vault.as(writer, script);
      await vault.machine.killFs();
      vault.up();
      const [id, text, namespace] = (await vault.as(
        writer,
        `id = id_of('inbox/kept'); tell(id, read('ids/' + id), id.split('_')[0])`,
      )) as string[];
      expect([text, namespace]).toEqual(['through a crash', 'TASK']);
      vault.machine.ok('lock');
      expect(
        await vault.as(writer, `tell(attempt(put, 'inbox/locked', 'x'), attempt(read, 'inbox/kept'))`),
      ).toEqual(['EACCES', 'EACCES']);
      vault.machine.ok('unlock');
      expect(await vault.as(writer, `tell(id_of('inbox/kept'))`)).toEqual([id]);
      expect(vault.machine.ok('verify')).toContain(' 0 failures');
      expect(vault.machine.ok('fsck')).toContain('0');
    });
  });
}
