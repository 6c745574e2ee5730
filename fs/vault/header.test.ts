import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { signedHeader } from './header.fixture.js';
import { headerHash, headerText, parseHeader, signHeader, verifyHeader } from './header.js';
import { readHeader, writeHeader } from './header-file.js';

const { header, publicKey, sign } = signedHeader();
const valid = headerText(header);

type Json = Record<string, unknown>;
const copy = (): Json => JSON.parse(valid.toString()) as Json;
const slot = (object: Json, index: number): Json => (object.slots as Json[])[index] ?? {};

/** Either a SherinError of this code, or a header that survives a round trip. */
function parsesOrRefuses(bytes: Uint8Array): void {
  try {
    expect(headerText(parseHeader(bytes)).equals(bytes)).toBe(true);
  } catch (error) {
    if (!(error instanceof SherinError)) throw error;
    expect(error.code).toBe('HEADER_MALFORMED');
  }
}

describe('parseHeader', () => {
  test('takes what signHeader makes, byte for byte', () => {
    expect(parseHeader(valid)).toEqual(header);
    expect(headerHash(header)).toHaveLength(32);
  });

  const faults: [string, (object: Json) => void, RegExp][] = [
    ['an unknown member', (o) => Object.assign(o, { extra: 1 }), /extra/],
    ['an unknown member of a slot', (o) => Object.assign(slot(o, 0), { extra: 1 }), /slots\.0.*extra/],
    ['a missing member', (o) => delete o.epoch, /epoch/],
    ['another format', (o) => Object.assign(o, { format: 2 }), /format/],
    ['generation 0', (o) => Object.assign(o, { generation: 0 }), /generation/],
    ['a generation beyond 2^53', (o) => Object.assign(o, { generation: 2 ** 53 }), /generation/],
    ['an upper-case UUID', (o) => Object.assign(o, { uuid: header.uuid.toUpperCase() }), /uuid/],
    ['a false time', (o) => Object.assign(o, { created: '2026-13-02T03:04:05Z' }), /created/],
    ['an epoch of 65536', (o) => Object.assign(o, { epoch: 65_536 }), /epoch/],
    ['a short public key', (o) => Object.assign(o, { publicKey: 'AAAA' }), /publicKey/],
    ['loose base64', (o) => Object.assign(o, { publicKey: `${'A'.repeat(42)}B=` }), /publicKey/],
    ['no slots', (o) => Object.assign(o, { slots: [] }), /slots/],
    [
      '17 slots',
      (o) => Object.assign(o, { slots: Array.from({ length: 17 }, (_, id) => ({ ...slot(o, 0), id })) }),
      /slots/,
    ],
    ['equal slot ids', (o) => Object.assign(slot(o, 1), { id: 0 }), /unique/],
    ['a slot id of 256', (o) => Object.assign(slot(o, 0), { id: 256 }), /slots\.0\.id/],
    ['an unknown slot type', (o) => Object.assign(slot(o, 0), { type: 'open' }), /slots\.0/],
    [
      'scrypt n no power of two',
      (o) => Object.assign(slot(o, 1), { kdf: { n: 1000, r: 8, p: 1 } }),
      /power of two/,
    ],
    ['scrypt n of 2^21', (o) => Object.assign(slot(o, 1), { kdf: { n: 2 ** 21, r: 1, p: 1 } }), /kdf\.n/],
    ['scrypt of 512 MiB', (o) => Object.assign(slot(o, 1), { kdf: { n: 2 ** 19, r: 8, p: 1 } }), /256 MiB/],
    [
      'passphrase slots that would keep an opening busy for minutes',
      (o) => {
        const kdf = { n: 2 ** 18, r: 8, p: 16 };
        o.slots = [0, 1].map((id) => ({ ...slot(o, 1), id, kdf }));
      },
      /slots.*4 GiB/,
    ],
    ['scrypt p of 17', (o) => Object.assign(slot(o, 2), { kdf: { n: 16, r: 1, p: 17 } }), /kdf\.p/],
    ['no PCRs', (o) => Object.assign(slot(o, 2), { pcrs: [], pcrValues: {} }), /binds nothing/],
    ['a resettable PCR', (o) => Object.assign(slot(o, 2), { pcrs: [7, 16] }), /PCR 16/],
    ['unsorted PCRs', (o) => Object.assign(slot(o, 2), { pcrs: [7, 0] }), /sorted/],
    ['a PCR twice', (o) => Object.assign(slot(o, 2), { pcrs: [7, 7] }), /sorted/],
    ['values of other PCRs', (o) => Object.assign(slot(o, 2), { pcrs: [1, 7] }), /pcrValues/],
    ['SHA-1', (o) => Object.assign(slot(o, 2), { bank: 'sha1' }), /bank/],
    ['a device slot on swtpm', (o) => Object.assign(slot(o, 2), { kind: 'device' }), /contradict/],
    [
      'a TCTI that runs a program',
      (o) => Object.assign(slot(o, 2), { kind: 'device', device: 'cmd:/tmp/x' }),
      /device/,
    ],
    [
      'a TCTI that loads a library',
      (o) => Object.assign(slot(o, 2), { kind: 'device', device: '/tmp/x.so' }),
      /device/,
    ],
    [
      'a device elsewhere',
      (o) => Object.assign(slot(o, 2), { kind: 'device', device: 'device:/dev/../tmp/x' }),
      /device/,
    ],
    ['a swtpm elsewhere', (o) => Object.assign(slot(o, 2), { device: 'swtpm:path=/tmp/x' }), /device/],
    [
      'an NV handle elsewhere',
      (o) => Object.assign(o, { counter: { handle: 0x8100_0001, name: header.counter?.name } }),
      /counter/,
    ],
    [
      'a name of unknown hash',
      (o) => Object.assign(slot(o, 2), { primaryName: `0004${'ab'.repeat(20)}` }),
      /primaryName/,
    ],
    [
      'a blob of 5000 bytes',
      (o) => Object.assign(slot(o, 2), { public: Buffer.alloc(5000).toString('base64') }),
      /public/,
    ],
  ];
  for (const [name, change, part] of faults) {
    test(`refuses ${name}`, () => {
      const object = copy();
      change(object);
      const parse = (): unknown => parseHeader(Buffer.from(jcs(object)));
      expect(parse).toThrow(
        expect.objectContaining({ code: 'HEADER_MALFORMED', message: expect.stringMatching(part) }),
      );
    });
  }

  test('refuses other texts of the same object', () => {
    const text = valid.toString();
    const others = [` ${text}`, `${text}\n`, `\ufeff${text}`, text.replace('"epoch":0', '"epoch":0.0')];
    others.push(text.replace('"epoch":0', '"epoch":0,"epoch":0'), text.replace('"format"', '"\\u0066ormat"'));
    others.push(text.replace('{"counter"', '{"__proto__":{},"counter"'));
    for (const other of others) expect(() => parseHeader(Buffer.from(other))).toThrow(SherinError);
    expect(() => parseHeader(Buffer.alloc(65_537, ' '))).toThrow(/longer than/);
  });

  test('meets any bytes with an answer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), parsesOrRefuses), { numRuns: 300 });
    fc.assert(
      fc.property(fc.json(), (text) => parsesOrRefuses(Buffer.from(text))),
      { numRuns: 300 },
    );
    for (const deep of ['[', '{"a":', '{"slots":['])
      parsesOrRefuses(Buffer.from(deep.repeat(65_536 / deep.length)));
  });

  test('meets any damage to a valid header with an answer', () => {
    const edits = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    const flip = fc.property(edits, (list) => {
      const bytes = Buffer.from(valid);
      for (const [at, value] of list) bytes[at] = value;
      parsesOrRefuses(bytes);
    });
    fc.assert(flip, { numRuns: 1000 });
    const paths = ['epoch', 'slots', 'counter', 'pad', 'publicKey', 'signature', 'created', 'generation'];
    const replace = fc.property(
      fc.constantFrom(...paths),
      fc.nat(2),
      fc.jsonValue(),
      (path, index, value) => {
        const object = copy();
        object[path] = value;
        parsesOrRefuses(Buffer.from(jcs(object)));
        const inner = copy();
        for (const member of Object.keys(slot(inner, index))) {
          const changed = copy();
          slot(changed, index)[member] = value;
          parsesOrRefuses(Buffer.from(jcs(changed)));
        }
      },
    );
    fc.assert(replace, { numRuns: 300 });
  });
});

describe('verifyHeader', () => {
  test('takes the signed header and nothing else', () => {
    verifyHeader(header, publicKey);
    const forged = expect.objectContaining({ code: 'HEADER_FORGED' });
    for (const change of [
      { generation: 8 },
      { pad: 'cube' as const },
      { counter: null },
      { slots: header.slots.slice(1) },
    ])
      expect(() => verifyHeader({ ...header, ...change }, publicKey)).toThrow(forged);
    const other = signedHeader();
    expect(() => verifyHeader(other.header, publicKey)).toThrow(forged);
    const { signature: _, ...unsigned } = header;
    // right key named, signed by another
    expect(() => verifyHeader(signHeader(unsigned, other.sign), publicKey)).toThrow(forged);
  });
});

describe('the header file', () => {
  test('is replaced whole, has a copy, and both are private', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sherin-header-'));
    expect(await readHeader(dir, '/vault')).toBeNull();
    await writeHeader(dir, header);
    const { signature: _, ...unsigned } = header;
    const next = signHeader({ ...unsigned, generation: 8 }, sign);
    await writeHeader(dir, next);
    expect(await readHeader(dir, '/vault')).toEqual(next);
    expect(await readHeader(dir, '/vault', 'vault.json.bak')).toEqual(next);
    expect((await stat(join(dir, 'vault.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'vault.json.bak'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dir, 'vault.json'))).toEqual(headerText(next));
    await rm(dir, { recursive: true });
  });

  test('is refused when it is no plain small file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'sherin-header-'));
    await writeFile(join(dir, 'other'), valid);
    await symlink('other', join(dir, 'vault.json'));
    await expect(readHeader(dir, '/vault')).rejects.toThrow('/vault/vault.json is malformed: it is a link');
    await rm(join(dir, 'vault.json'));
    await writeFile(join(dir, 'vault.json'), Buffer.alloc(70_000, ' '));
    await expect(readHeader(dir, '/vault')).rejects.toThrow(/longer than/);
    await rm(dir, { recursive: true });
  });
});
