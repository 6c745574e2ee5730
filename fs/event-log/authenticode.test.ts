import { expect, test } from 'vitest';
import { authenticodeRanges } from './authenticode.js';

/** The least of a PE32+ program: headers to 512, `sections` as [place, bytes], a certificate table at the end. */
function program(
  sections: readonly (readonly [number, number])[],
  size: number,
  certificates: number,
): Buffer {
  const file = Buffer.alloc(size);
  file.write('MZ');
  file.writeUInt32LE(64, 0x3c);
  file.write('PE\0\0', 64);
  file.writeUInt16LE(sections.length, 70);
  file.writeUInt16LE(240, 84);
  file.writeUInt16LE(0x20b, 88);
  file.writeUInt32LE(512, 88 + 60);
  file.writeUInt32LE(16, 88 + 108);
  file.writeUInt32LE(size - certificates, 88 + 112 + 32);
  file.writeUInt32LE(certificates, 88 + 112 + 36);
  sections.forEach(([place, bytes], index) => {
    file.writeUInt32LE(bytes, 88 + 240 + index * 40 + 16);
    file.writeUInt32LE(place, 88 + 240 + index * 40 + 20);
  });
  return file;
}

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
