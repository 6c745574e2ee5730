import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Line, LineSplitter } from './line-splitter.js';

const limit = 16;

function drain(splitter: LineSplitter): Line[] {
  const lines: Line[] = [];
  for (let line = splitter.next(); line !== null; line = splitter.next()) lines.push(line);
  return lines;
}

/** What is meant: split at line ends, whole lines beyond the limit named so; the unfinished rest only if it is too long. */
function expected(bytes: Buffer): string[] {
  const parts = bytes.toString('latin1').split('\n');
  const rest = parts.pop() ?? '';
  const lines = parts.map((part) => (part.length + 1 > limit ? 'too-long' : `=${part}`));
  return rest.length >= limit ? [...lines, 'too-long'] : lines;
}

const shown = (line: Line): string => (line === 'too-long' ? line : `=${line.toString('latin1')}`);
/** Many line ends, and lines around the limit. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.constantFrom(0x0a, 0x61), { maxLength: 40 }).map((bytes) => Uint8Array.from(bytes)),
);

it('cuts the same lines however the bytes come', () => {
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const splitter = new LineSplitter(limit);
      const lines = pieces.flatMap((bytes) => {
        splitter.push(Buffer.from(bytes));
        return drain(splitter);
      });
      const whole = Buffer.concat(pieces);
      expect(lines.map(shown)).toEqual(expected(whole));
      expect(splitter.unfinished).toBe(whole.length > 0 && whole.at(-1) !== 0x0a);
    }),
  );
});

it('takes a line of exactly the limit, its end included', () => {
  const splitter = new LineSplitter(limit);
  splitter.push(Buffer.from(`${'x'.repeat(limit - 1)}\n${'x'.repeat(limit)}\n`));
  expect(drain(splitter).map(shown)).toEqual([`=${'x'.repeat(limit - 1)}`, 'too-long']);
});

it('says that a line is too long before its end comes, once', () => {
  const splitter = new LineSplitter(limit);
  splitter.push(Buffer.alloc(limit, 'x'));
  expect(drain(splitter)).toEqual(['too-long']);
  for (let times = 0; times < 100; times++) {
    splitter.push(Buffer.alloc(1000, 'x'));
    expect(drain(splitter)).toEqual([]);
  }
  splitter.push(Buffer.from('\nnext\n'));
  expect(drain(splitter).map(shown)).toEqual(['=next']);
});
