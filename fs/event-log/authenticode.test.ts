import { expect, test } from 'vitest';
import { authenticodeRanges } from './authenticode.js';
import { program } from './program.fixture.js';

test('all but the checksum, the entry of the certificate table, and the table', () => {
  // sections are hashed by their place, what stands between them is not; what follows them is
  const file = program(
    [
      [1536, 512],
      [512, 768],
    ],
    2400,
    300,
  );
  expect(authenticodeRanges(file, file.length)).toEqual([
    { from: 0, to: 152 },
    { from: 156, to: 232 },
    { from: 240, to: 512 },
    { from: 512, to: 1280 },
    { from: 1536, to: 2048 },
    { from: 1792, to: 2100 },
  ]);
});

test('what is no program, or names what is not there, has none', () => {
  const good = program([[512, 512]], 1024, 0);
  const changed = (at: number, value: number): Buffer => {
    const file = Buffer.from(good);
    file.writeUInt32LE(value, at);
    return file;
  };
  expect(authenticodeRanges(good, good.length)).not.toBeNull();
  for (const bad of [
    ...[Buffer.alloc(0), Buffer.from('MZ'), Buffer.alloc(4096), good.subarray(0, 300)],
    ...[
      changed(0x3c, 0xffff_fff0),
      changed(88, 0),
      changed(148, 0xffff),
      changed(344, 4096),
      changed(348, 4096),
    ],
    ...[changed(70, 0xffff), changed(88 + 112 + 36, 0xffff_ffff)],
  ])
    expect(authenticodeRanges(bad, good.length)).toBeNull();
});
