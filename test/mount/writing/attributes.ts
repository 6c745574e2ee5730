import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import type { WritableVault } from './writable-vault.js';

export function attributeTests(vault: WritableVault, limits: DriverLimits): void {
  describe('attributes', () => {
    it('sets both times, one of them, and now', async () => {
      const script = `
libc = ctypes.CDLL(None, use_errno=True)
class Time(ctypes.Structure): _fields_ = [('seconds', ctypes.c_long), ('nanoseconds', ctypes.c_long)]
omit, now = (1 << 30) - 2, (1 << 30) - 1
def utimens(*pairs): libc.utimensat(-100, b'file', (Time * 2)(*[Time(*pair) for pair in pairs]), 0)
def times():
    found = os.stat('file')
    return [found.st_atime_ns, found.st_mtime_ns]
write('file', b'x')
got = []
for pairs in (((1, 500_000_000), (4_102_444_800, 123_456_789)), ((0, omit), (2, 7)), ((3, 1), (0, omit))):
    utimens(*pairs)
    got += [str(time) for time in times()]
utimens((-1000, 0), (-1, 999_999_999)); old = [str(time) for time in times()]
before = time.time_ns(); utimens((0, now), (5, 0)); after = times()
tell(got, old, abs(after[0] - before) < 5_000_000_000, after[1])`;
      const step = BigInt(limits.timeStep);
      const shown = (time: bigint) => String(time - (time % step));
      expect(await vault.run(script)).toEqual([
        [
          ...[500_000_000n + 10n ** 9n, 4_102_444_800_123_456_789n],
          ...[500_000_000n + 10n ** 9n, 2_000_000_007n],
          ...[3_000_000_001n, 2_000_000_007n],
        ].map(shown),
        limits.timesBefore1970 ? ['-1000000000000', '-1'] : ['0', '0'],
        true,
        5_000_000_000,
      ]);
    });

    it('changes times with what they tell of, and no others', async () => {
      const script = `
write('file', b'x'); os.utime('file', ns=(1, 2)); os.utime('.', ns=(1, 2))
def times(name): return [os.stat(name).st_atime_ns, os.stat(name).st_mtime_ns]
read('file'); os.listdir('.'); os.chmod('file', 0o600); os.setxattr('file', 'user.x', b'1')
kept = times('file') + times('.')
write('file', b'y', os.O_WRONLY | os.O_APPEND); os.mkdir('new')
tell(kept, times('file')[0], times('file')[1] > 10**18, times('.')[0], times('.')[1] > 10**18, os.stat('file').st_ctime_ns > 10**18)`;
      expect(await vault.run(script)).toEqual([[1, 2, 1, 2], 1, true, 1, true, true]);
    });

    it('sets modes and owners, and takes setuid from who writes', async () => {
      const script = `
write('file', b'x'); os.chmod('file', 0o4755)
mode = lambda: oct(os.stat('file').st_mode & 0o7777)
got = [mode()]
if os.geteuid() == 0:
    os.chown('file', 1234, -1); got.append([os.stat('file').st_uid, os.stat('file').st_gid == os.getegid(), mode()])
    os.chown('file', -1, 4321); got.append([os.stat('file').st_uid, os.stat('file').st_gid])
tell(*got)`;
      const owners =
        process.geteuid?.() === 0
          ? [
              [1234, true, '0o755'],
              [1234, 4321],
            ]
          : [];
      expect(await vault.run(script)).toEqual(['0o4755', ...owners]);
    });

    it('sets, replaces and removes extended attributes', async () => {
      const script = `
write('file', b'x'); os.symlink('file', 'link')
large = os.urandom(60_000)
os.setxattr('file', 'user.empty', b''); os.setxattr('file', 'user.ünï', large, os.XATTR_CREATE)
refused = [
    attempt(os.setxattr, 'file', 'user.empty', b'1', os.XATTR_CREATE), attempt(os.setxattr, 'file', 'user.none', b'1', os.XATTR_REPLACE),
    attempt(os.removexattr, 'file', 'user.none'), attempt(os.setxattr, 'file', 'user.sherin.id', b'1'),
    attempt(os.setxattr, 'file', 'trusted.x', b'1'), attempt(os.setxattr, 'file', '', b'1' * 32)]
os.setxattr('file', 'user.empty', b'full', os.XATTR_REPLACE)
there = sorted(os.listxattr('file'))
same = os.getxattr('file', 'user.ünï') == large
os.removexattr('file', 'user.ünï')
tell(refused, there, same, os.listxattr('file'), os.getxattr('file', 'user.empty').decode(), read('file').decode())`;
      expect(await vault.run(script)).toEqual([
        ['EEXIST', 'ENODATA', 'ENODATA', 'EPERM', 'ENOTSUP', 'ERANGE'],
        ['user.empty', 'user.ünï'],
        true,
        ['user.empty'],
        'full',
        'x',
      ]);
    });
  });
}
