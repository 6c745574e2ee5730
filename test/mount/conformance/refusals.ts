import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { knownCube, quarantinedCube } from '../memory-source.js';
import { Mounted } from '../mounted.js';
import { python } from '../programs.js';

/** Every way to change a file, a directory or a name; each must be EROFS. */
const matrix = `
folder, name, other = sys.argv[1:4]
path, new = os.path.join(folder, name), os.path.join(folder, other)
def opened(flags): return lambda: os.close(os.open(path, flags, 0o600))
calls = {
    'O_WRONLY': opened(os.O_WRONLY),
    'O_RDWR': opened(os.O_RDWR),
    'O_APPEND': opened(os.O_WRONLY | os.O_APPEND),
    'O_TRUNC': opened(os.O_WRONLY | os.O_TRUNC),
    'O_RDONLY|O_TRUNC': opened(os.O_RDONLY | os.O_TRUNC),
    'O_CREAT': lambda: os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL)),
    'mkdir': lambda: os.mkdir(new),
    'mkfifo': lambda: os.mkfifo(new),
    'mknod': lambda: os.mknod(new, stat.S_IFREG | 0o600),
    'bind': lambda: socket.socket(socket.AF_UNIX).bind(new),
    'symlink': lambda: os.symlink('x', new),
    'link': lambda: os.link(path, new),
    'rename': lambda: os.rename(path, new),
    'unlink': lambda: os.unlink(path),
    'rmdir': lambda: os.rmdir(folder),
    'chmod': lambda: os.chmod(path, 0o640),
    'chown': lambda: os.chown(path, 1, 1),
    'truncate': lambda: os.truncate(path, 1),
    'utime': lambda: os.utime(path, (1, 1)),
    'utime now': lambda: os.utime(path),
    'setxattr': lambda: os.setxattr(path, 'user.note', b'new'),
    'setxattr sherin': lambda: os.setxattr(path, 'user.sherin.id', b'new'),
    'removexattr': lambda: os.removexattr(path, 'user.note'),
}
print(json.dumps({key: attempt(call) for key, call in calls.items()}))`;

const notOnDirectories = [
  'O_WRONLY',
  'O_RDWR',
  'O_APPEND',
  'O_TRUNC',
  'O_RDONLY|O_TRUNC',
  'link',
  'unlink',
  'truncate',
];

async function refused(folder: string, name: string, other: string): Promise<Record<string, string>> {
  return (await python(matrix, folder, name, other)) as Record<string, string>;
}

function expectReadOnly(answers: Record<string, string>): void {
  expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((key) => [key, 'EROFS'])));
}

export function refusalTests(limits: DriverLimits): void {
  describe('modifications', () => {
    let mounted: Mounted;
    beforeAll(async () => {
      mounted = await Mounted.mount(limits, { listIds: true });
    });
    afterAll(() => mounted.close());

    it('are EROFS on files', async () => {
      expectReadOnly(await refused(mounted.file('special'), 'attributed', 'new'));
      expect(readFileSync(mounted.file('special/attributed'), 'utf8')).toBe('attributed\n');
    });

    it('are EROFS on directories', async () => {
      const answers = await refused(mounted.file(''), 'special', 'new');
      for (const name of notOnDirectories) delete answers[name];
      expectReadOnly(answers);
    });

    it('are EROFS at the top and in every generated tree', async () => {
      const top = await refused(mounted.path, 'ids', 'new');
      // A mount point itself is busy for rmdir(2), before any file system is asked.
      for (const name of [...notOnDirectories, 'rmdir']) delete top[name];
      expectReadOnly(top);
      expectReadOnly(await refused(join(mounted.path, '.sherin'), 'status.json', 'new'));
      const cube = 'a'.repeat(52);
      expectReadOnly(await refused(join(mounted.path, 'cubes'), knownCube, cube));
      const quarantine = await refused(join(mounted.path, 'quarantine'), quarantinedCube, cube);
      // EACCES where the driver opens first and truncates then.
      expect(['EACCES', 'EROFS']).toContain(quarantine['O_RDONLY|O_TRUNC']);
      expectReadOnly({ ...quarantine, 'O_RDONLY|O_TRUNC': 'EROFS' });
    });

    it('are EXDEV between trees', async () => {
      const script = `print(json.dumps([attempt(os.rename, *sys.argv[1:3]), attempt(os.link, *sys.argv[1:3])]))`;
      const target = join(mounted.path, '.sherin', 'hello');
      expect(await python(script, mounted.file('hello.txt'), target)).toEqual(['EXDEV', 'EXDEV']);
    });
  });
}
