import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from './machine.js';

/** As much as ext4 takes. */
const terabytes = 15 * 2 ** 40;

describe.each(['native', 'fuse-native'])('sparse files, driver %s', (driver) => {
  let machine: Machine;
  beforeAll(() => {
    machine = Machine.empty();
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
    machine.ok('up', '--driver', driver);
    machine.shell(
      'truncate -s 15T holes; truncate -s 4M some; printf data | dd of=some bs=1M seek=2 conv=notrunc',
    );
    machine.ok('put', join(machine.home, 'holes'), join(machine.home, 'some'), 'files/');
    machine.shell('head -c 100k /dev/urandom > full');
    machine.ok('put', join(machine.home, 'full'), 'files/');
  });
  afterAll(() => machine.end());

  it('are described without a step for each hole', () => {
    const told = machine.shell('getfattr --only-values -n user.sherin.cubes "$M/files/holes"');
    expect(told).toMatchObject({ code: 0, out: '0' });
    const [, holes] = /"holes": *(\d+)/.exec(machine.ok('stat', '--json', 'files/holes')) ?? [];
    expect(Number(holes)).toBe(terabytes / 2 ** 20);
  });

  it('give their bytes on both sides of every 64 MiB, in any order, past the page cache too', () => {
    // The index names 64 MiB at a time.
    const script = `
import mmap, os, random, sys
home, mounted = sys.argv[1:]
borders = [number * 64 << 20 for number in range(1, 7)]
data = {border: os.urandom(200_000) for border in borders}
if mounted == '-':
    with open(home, 'wb') as file:
        for border in borders:
            file.seek(border - 100_000)
            file.write(data[border])
        file.truncate(400 << 20)
    sys.exit()
source = os.open(home, os.O_RDONLY)
random.seed(1)
checked = 0
for flags in (0, os.O_DIRECT):
    shown = os.open(mounted, os.O_RDONLY | flags)
    room = mmap.mmap(-1, 1 << 20)
    for border in borders + borders[::-1] + random.sample(borders, 6):
        for start, size in ((border - 131072, 262144), (border - 4096, 8192), (border - 524288, 1 << 20)):
            view = memoryview(room)[:size]
            assert os.preadv(shown, [view], start) == size, (flags, start)
            assert view == os.pread(source, size, start), (flags, start, size)
            checked += size
print(checked)
`;
    const python = (mounted: string): string =>
      machine.shell(`python3 - "$PWD/large" ${mounted} <<'END'\n${script}END`).out.trim();
    python('-');
    machine.ok('put', join(machine.home, 'large'), 'files/');
    expect(Number(python('"$M/files/large"'))).toBe(2 * 18 * (262_144 + 8_192 + 1_048_576));
  });

  it('take up what is in them', () => {
    const shown = machine.shell('cd "$M/files" && stat -c "%n %s %b" holes some full');
    expect(shown.out.trim().split('\n')).toEqual([
      `holes ${terabytes} 0`,
      `some ${4 * 2 ** 20} 2048`,
      `full ${100 * 1024} 200`,
    ]);
  });
});

describe('sparse files of more than 2^53 bytes together', () => {
  let machine: Machine;
  beforeAll(() => {
    machine = Machine.start();
    const made = machine.shell(
      'truncate -s 50T "$M/files/one" && truncate -s 9007199254740991 "$M/files/two"',
    );
    expect(made).toMatchObject({ code: 0 });
  });
  afterAll(() => machine.end());

  it.each([
    [['du', '--json']],
    [['du', '--versions', 'files/two']],
    [['log', 'files/two']],
    [['status', '--json']],
    [['verify']],
    [['gc', '--dry-run']],
  ])('are counted by %j', (args) => {
    expect(machine.run(...args)).toMatchObject({ code: 0, err: '' });
  });

  it('have the largest sum that is exact', () => {
    const { files, logical } = JSON.parse(machine.ok('du', '--json'));
    expect({ files, logical }).toEqual({ files: 2, logical: Number.MAX_SAFE_INTEGER });
  });

  it('are put without an error', () => {
    // tmpfs takes files as large as numbers are.
    const line =
      'mkdir large && truncate -s 5P large/a && truncate -s 5P large/b && $CTL put --json large files/large';
    expect(
      machine.shell(
        `cd /dev/shm && rm -rf large-$$ && mkdir large-$$ && cd large-$$ && ${line}; code=$?; rm -rf /dev/shm/large-$$; exit $code`,
      ),
    ).toMatchObject({ code: 0 });
  });
});
