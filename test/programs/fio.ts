/** fio writes in a random order and reads back, checking each block's own checksum. */
import { it } from 'vitest';

import { need, type Place } from './workplace.js';

/** What it does, by what the test is called. */
const jobs: readonly (readonly [name: string, options: string])[] = [
  ['random writes with fsync', '--ioengine=psync --rw=randwrite --bs=4k --fsync=64'],
  ['writes of odd lengths', '--ioengine=psync --rw=randwrite --bsrange=600-70000 --bs_unaligned=1'],
  ['vectors with fdatasync', '--ioengine=pvsync --rw=write --bs=64k --fdatasync=16'],
  ['mapped pages', '--ioengine=mmap --rw=randwrite --bs=4k --fsync=64'],
  ['direct writes', '--ioengine=psync --direct=1 --rw=randwrite --bs=16k'],
  [
    'many writes at a time',
    '--ioengine=libaio --iodepth=16 --rw=randwrite --bs=4k --verify_backlog=256 --verify_backlog_batch=64',
  ],
];

export function fioTests(place: Place): void {
  it.each(jobs)('fio verifies %s', async (_, options) => {
    need('fio');
    const size = place().scaled(8);
    // By itself fio gives the file its length with fallocate(2), which not every directory has.
    await place().run(`
truncate -s ${size}M data
fio --name=job --filename=data --size=${size}M ${options} --verify=crc32c --do_verify=1 --verify_fatal=1 \\
  --verify_state_save=0 --randseed=7 --minimal > /dev/null
test "$(stat -c %s data)" = $((${size} << 20))`);
  });
}
