/** fs/vault's header against the reference: the same headers are well-formed, and the same bytes are signed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jcs as productJcs } from '../../common/jcs.js';
import {
  headerHash,
  headerPublicKey,
  parseHeader as productParse,
  verifyHeader,
} from '../../fs/vault/header.js';
import { headerFile } from './assemble.js';
import { bytesToHex, join } from './bytes.js';
import { openHeader, parseHeader } from './header.js';
import { asObject, type Json, type JsonObject, jcs, parseJcs } from './json.js';
import { sampleMaster } from './samples.js';

const master = sampleMaster();
const recoveryKey = new Uint8Array(32).fill(9);
const base = headerFile({ master, recoveryKey, owned: true });
const text = (length: number) => Buffer.alloc(length, 7).toString('base64');
const name = `000b${'1f'.repeat(32)}`;

/** A header with a slot of every type, not signed anew. */
function fullHeader(): JsonObject {
  const header = parseJcs(base);
  const wrapped = { nonce: text(12), ciphertext: text(32), tag: text(16) };
  const kdf = { n: 1024, r: 8, p: 1 };
  const passphrase = {
    id: 1,
    type: 'passphrase',
    created: '2026-01-02T03:04:05.678Z',
    salt: text(32),
    kdf,
    wrapped,
  };
  const tpm = {
    ...{ id: 2, type: 'tpm2', kind: 'software', device: 'swtpm', bank: 'sha256', pcrs: [0, 7], pin: false },
    ...{ salt: text(32), kdf, primaryName: name, public: text(80), private: text(160), wrapped },
    ...{ slotCounter: { handle: 0x0180_0001, name }, slotGeneration: 1, pcrDigest: 'ab'.repeat(32) },
    pcrValues: { 0: '00'.repeat(32), 7: 'ff'.repeat(32) },
  };
  const slots = [...(header.slots as Json[]), passphrase, tpm];
  return { ...header, counter: { handle: 0x0180_0002, name }, slots };
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

function expectSame(bytes: Uint8Array): void {
  expect(
    accepts(() => productParse(bytes)),
    new TextDecoder().decode(bytes),
  ).toBe(accepts(() => parseHeader(bytes)));
}

type Path = readonly string[];

/** Every place in a JSON value. */
function* paths(value: Json, at: Path = []): Iterable<Path> {
  yield at;
  if (value === null || typeof value !== 'object') return;
  for (const [member, below] of Object.entries(value)) yield* paths(below, [...at, member]);
}

/** A copy with the value at a path replaced; undefined removes it. */
function replaced(
  value: Json,
  [first, ...rest]: Path,
  by: (old: Json) => Json | undefined,
): Json | undefined {
  if (first === undefined) return by(value);
  const entries = Object.entries(asObject({ ...(value as JsonObject) }, 'object')).flatMap(
    ([member, old]) => {
      const next = member === first ? replaced(old, rest, by) : old;
      return next === undefined ? [] : [[member, next] as const];
    },
  );
  return Array.isArray(value) ? entries.map(([, next]) => next) : Object.fromEntries(entries);
}

describe('header', () => {
  it('has one hash and one signature', () => {
    const theirs = productParse(base);
    const ours = parseHeader(base);
    expect(headerHash(theirs).toString('hex')).toBe(bytesToHex(ours.hash));
    verifyHeader(theirs, headerPublicKey(theirs));
    expect(openHeader(ours, { recoveryKey }).vmk).toEqual(master.vmk);
  });

  it('is well-formed to both with slots of every type', () => {
    const bytes = join(jcs(fullHeader()));
    expect(accepts(() => parseHeader(bytes))).toBe(true);
    expectSame(bytes);
  });

  it('is malformed to both where its slots together cost too much', () => {
    const full = fullHeader();
    const [recovery, passphrase] = full.slots as JsonObject[];
    for (const p of [8, 9]) {
      const costly = [2, 3].map((id) => ({ ...passphrase, id, kdf: { n: 2 ** 18, r: 8, p } }));
      const bytes = join(jcs({ ...full, slots: [recovery as Json, ...(costly as Json[])] }));
      expect(accepts(() => parseHeader(bytes))).toBe(p === 8);
      expectSame(bytes);
    }
  });

  it('is malformed to both or to neither after any one change', () => {
    const full = fullHeader();
    const places = [...paths(full)].slice(1);
    const others: Json[] = [
      null,
      true,
      0,
      1,
      -1,
      1.5,
      3,
      16,
      23,
      255,
      256,
      65535,
      65536,
      2 ** 53,
      '',
      'x',
      'sha384',
    ];
    others.push(
      '4k',
      'cube',
      'device',
      'recovery',
      'tpm2',
      'device:/dev/tpmrm0',
      text(32),
      text(31),
      [],
      [7],
      {},
    );
    others.push(
      '2026-02-30T00:00:00Z',
      '2026-01-01T00:00:00.5Z',
      '2026-01-01 00:00:00Z',
      name,
      'ÿ',
      '__proto__',
    );
    for (const place of places) {
      expectSame(join(jcs(replaced(full, place, () => undefined) ?? {})));
      for (const other of others) expectSame(join(jcs(replaced(full, place, () => other) ?? {})));
      const more = (old: Json): Json =>
        old !== null && typeof old === 'object' && !Array.isArray(old) ? { ...old, more: 1 } : old;
      expectSame(join(jcs(replaced(full, place, more) ?? {})));
    }
  });

  it('is malformed to both or to neither after a change of any byte', () => {
    const bytes = join(jcs(fullHeader()));
    const edit = fc.tuple(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 0, max: 255 }),
      fc.nat({ max: 2 }),
    );
    fc.assert(
      fc.property(edit, ([at, byte, kind]) => {
        const tail = bytes.slice(kind === 1 ? at + 1 : at);
        if (kind === 0) expectSame(bytes.map((old, i) => (i === at ? byte : old)));
        else expectSame(join(bytes.slice(0, at), kind === 1 ? '' : Uint8Array.of(byte), tail));
      }),
      { numRuns: 2000 },
    );
  });

  it('must be canonical', () => {
    const full = fullHeader();
    expectSame(join(JSON.stringify(full, null, 1)));
    expectSame(join(productJcs(full), '\n'));
    expectSame(join('\ufeff', productJcs(full)));
    expect(accepts(() => parseHeader(join(productJcs(full), ' ')))).toBe(false);
  });
});
