import { decodeQR } from 'qr/decode.js';
import { expect, test } from 'vitest';
import { Secret } from '../../native/index.js';
import { formatRecoveryKey } from '../../test/reference/recovery-key.js';
import { recoveryQr, shownQr } from './recovery-qr.js';

const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 7 * index + 1));
/** Pixels of a module. */
const scale = 4;
const [upper, lower] = ['█▀', '█▄'];

/** What a camera sees of the terminal. */
function photograph(lines: readonly string[]): { width: number; height: number; data: Uint8Array } {
  const modules = lines.flatMap((line) =>
    [upper, lower].map((lit) => [...line].map((half) => lit?.includes(half))),
  );
  const [width, height] = [(modules[0]?.length ?? 0) * scale, modules.length * scale];
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data.fill(
        modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ? 255 : 0,
        (y * width + x) * 4,
        (y * width + x + 1) * 4,
      );
  return { width, height, data };
}

test('a camera reads the recovery key', () => {
  const read = decodeQR(photograph(recoveryQr(Secret.take(Buffer.from(bytes)))));
  expect(read.toLowerCase()).toBe(formatRecoveryKey(bytes));
  const parsed = Secret.parseRecoveryKey(Secret.take(Buffer.from(read)));
  expect(Secret.equal(parsed, Secret.take(Buffer.from(bytes)))).toBe(true);
});

test('a terminal that is too narrow shows none', () => {
  const key = Secret.take(Buffer.from(bytes));
  expect(shownQr(key, 20)).toBe('');
  expect(shownQr(key, 80)).toContain('\x1b[97;40m');
});
