import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import type { WritableVault } from './writable-vault.js';

export function contentTests(vault: WritableVault, limits: DriverLimits): void {
  describe('content', () => {
    it('reads what was written, of any size and at any offset', async () => {
      const script = `
import random
chance = random.Random(7)
wanted = bytearray()
fd = os.open('file', os.O_CREAT | os.O_RDWR)
same = True
for step in range(200):
    at, count = chance.randrange(0, 3_000_000), chance.randrange(1, 200_000)
    data = chance.randbytes(count)
    if at > len(wanted): wanted.extend(bytes(at - len(wanted)))
    wanted[at:at + count] = data
    os.pwrite(fd, data, at)
    look = chance.randrange(0, len(wanted))
    same = same and os.pread(fd, 70_000, look) == wanted[look:look + 70_000]
os.close(fd)
tell(same, read('file') == wanted, os.stat('file').st_size == len(wanted))`;
      expect(await vault.run(script)).toEqual([true, true, true]);
    });

    it('appends', async () => {
      const script = `
write('file', b'one ')
for word in (b'two ', b'three'): write('file', word, os.O_WRONLY | os.O_APPEND)
one, two = [os.open('file', os.O_WRONLY | os.O_APPEND) for n in (1, 2)]
for n in range(100): os.write(one, b'1'); os.write(two, b'2')
tell(read('file').decode() == 'one two three' + '12' * 100)`;
      expect(await vault.run(script)).toEqual([true]);
    });

    it('truncates down and up, by name, by handle and at open', async () => {
      const script = `
write('file', b'x' * 200_000)
os.truncate('file', 100_001)
fd = os.open('file', os.O_RDWR)
os.ftruncate(fd, 150_000)
sizes = [os.fstat(fd).st_size, read('file') == b'x' * 100_001 + bytes(49_999)]
os.close(os.open('file', os.O_RDONLY | os.O_TRUNC))
sizes += [os.fstat(fd).st_size, os.pread(fd, 10, 0).decode()]
os.pwrite(fd, b'end', 5)
tell(*sizes, list(read('file')), attempt(os.ftruncate, os.open('file', os.O_RDONLY), 1))`;
      const end = [0, 0, 0, 0, 0, ...Buffer.from('end')];
      expect(await vault.run(script)).toEqual([150_000, true, 0, '', end, 'EINVAL']);
    });

    it('shows a reader what a writer writes, and a mapping what is mapped', async () => {
      const script = `
write('file', b'0' * 10_000)
reader, writer = os.open('file', os.O_RDONLY), os.open('file', os.O_RDWR)
first = os.pread(reader, 1, 5000).decode()
os.pwrite(writer, b'1', 5000)
memory = mmap.mmap(writer, 10_000)
memory[6000:6001] = b'2'
memory.flush(); memory.close()
tell(first, os.pread(reader, 1, 5000).decode(), os.pread(reader, 1, 6000).decode(), read('file').count(b'0'))`;
      expect(await vault.run(script)).toEqual(['0', '1', '2', 9998]);
    });

    it('answers fsync, fdatasync and fsync of a directory', async () => {
      const script = `
fd = os.open('file', os.O_CREAT | os.O_WRONLY)
os.write(fd, b'x' * 100_000)
tell(attempt(os.fsync, fd), attempt(os.fdatasync, fd), attempt(os.fsync, os.open('.', os.O_RDONLY)))`;
      expect(await vault.run(script)).toEqual(['done', 'done', 'done']);
    });

    it('keeps holes, and allocates where the driver can', async () => {
      const script = `
fd = os.open('file', os.O_CREAT | os.O_RDWR)
os.pwrite(fd, b'end', 8 << 20)
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
got = libc.fallocate(fd, 0, 0, 9 << 20)
tell(os.lseek(fd, 0, os.SEEK_DATA) > 0, got, os.fstat(fd).st_size, os.pread(fd, 4, 8 << 20).decode().rstrip('\\0'))`;
      const [size, done] = limits.ranges ? [9 << 20, 0] : [(8 << 20) + 3, -1];
      expect(await vault.run(script)).toEqual([limits.ranges, done, size, 'end']);
    });

    it('copies between its files', async () => {
      const script = `
data = os.urandom(3_000_000)
write('a', data)
one, two = os.open('a', os.O_RDONLY), os.open('b', os.O_CREAT | os.O_WRONLY)
copied = 0
while copied < len(data): copied += os.copy_file_range(one, two, len(data) - copied)
os.close(two)
tell(read('b') == data)`;
      expect(await vault.run(script)).toEqual([true]);
    });

    it('lets many programs write at once', async () => {
      const script = `
def work(n):
    for turn in range(10):
        write(f'{n}-{turn}', bytes([n]) * (n * 10_007 + turn))
        os.rename(f'{n}-{turn}', f'{n}')
for n in range(8):
    if os.fork() == 0:
        work(n)
        os._exit(0)
codes = [os.wait()[1] for n in range(8)]
tell(codes, [read(str(n)) == bytes([n]) * (n * 10_007 + 9) for n in range(8)], names() == [str(n) for n in range(8)])`;
      expect(await vault.run(script)).toEqual([Array(8).fill(0), Array(8).fill(true), true]);
    });
  });
}
