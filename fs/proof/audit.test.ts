/** The audit log and its proofs where nothing of Sherin is but sherin-verify, and by whoever attacks them. */
import { rmSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { jcs } from '../../common/jcs.js';
import {
  type AuditHeadForm,
  type ProofDocument,
  parseProof,
  proofText,
} from '../../common/proof-document.js';
import { uuidText, vaultKeyText } from '../../common/vault-key.js';
import { editLines, event, type LogFixture, logFixture, segmentFiles } from '../audit/log.fixture.js';
import { AuditLog } from '../audit/log.js';
import { checkProof } from './check-proof.js';
import { type Alone, alone } from './proof.fixture.js';

let fixture: LogFixture;
let log: AuditLog;
let bare: Alone;
const heads: AuditHeadForm[] = [];

beforeAll(async () => {
  fixture = await logFixture(2_500);
  log = await AuditLog.open(fixture);
  bare = alone();
  bare.write('vault.pub', vaultKeyText(fixture));
  for (let n = 0; n < 150; n += 3) {
    await Promise.all([event(n), event(n + 1), event(n + 2)].map((one) => log.append(one)));
    heads.push(await log.signedHead());
  }
});
afterAll(async () => {
  await log.close();
  bare.remove();
  await fixture.remove();
});

const facts = () => ({ v: 1, vault: uuidText(fixture.uuid) }) as const;
const anchor = (head: AuditHeadForm) => proofText({ ...facts(), kind: 'audit-head', head });
const anchorFile = (name: string, kept: readonly AuditHeadForm[]) =>
  bare.write(name, kept.map((head) => `${anchor(head)}\n`).join(''));
const audit = (...more: string[]) => bare.run('audit', fixture.dir, '--key', 'vault.pub', ...more);

async function inclusion(seq: number): Promise<ProofDocument> {
  const { leaf, path, head } = await log.prove(seq);
  const [record] = await log.before(seq + 1, 1);
  return {
    ...facts(),
    ...{ kind: 'audit-inclusion', seq, leaf: leaf.toString('base64'), record: jcs(record), head },
    path: path.map((hash) => hash.toString('base64')),
  };
}

/** Runs `change` on the log's files, looks at what becomes of it, and puts them back. */
async function tampered(
  change: () => Promise<void>,
  ...more: string[]
): Promise<{ code: number; err: string }> {
  const names = await segmentFiles(fixture.dir);
  const files = await Promise.all(names.map((name) => readFile(join(fixture.dir, name))));
  try {
    await change();
    return audit(...more);
  } finally {
    for (const [at, name] of names.entries()) await writeFile(join(fixture.dir, name), files[at] ?? '');
  }
}

test('a log is checked with the public key alone, in an empty folder', () => {
  anchorFile('anchors', heads);
  const { code, out, err } = audit('--anchors', 'anchors', '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({ records: 150, size: 150, torn: 0, anchors: 50 });
});

it.each([
  ['deletion', (lines: string[]) => lines.toSpliced(2, 1), '00000003.jsonl line 3'],
  ['an edit', (lines: string[]) => lines.with(2, (lines[2] ?? '').replace('1000', '1001')), 'line'],
  ['another order', (lines: string[]) => lines.with(1, lines[2] ?? '').with(2, lines[1] ?? ''), 'line'],
] as const)('%s of records is shown', async (_, edit, place) => {
  const { code, err } = await tampered(() => editLines(join(fixture.dir, '00000003.jsonl'), edit));
  expect(code).toBe(3);
  expect(err).toContain('the audit log does not verify');
  expect(err).toContain(place);
});

/** Cuts the last segments and all groups but the first from the one before: what is left is a whole log. */
async function cutToGroup(): Promise<void> {
  const names = await segmentFiles(fixture.dir);
  for (const name of names.slice(4)) rmSync(join(fixture.dir, name));
  const last = join(fixture.dir, names[3] ?? '');
  const text = await readFile(last, 'utf8');
  await truncate(last, text.indexOf('\n', text.indexOf('{"head"')) + 1);
}

test('truncation at the end of a group is shown by anchors alone', async () => {
  expect((await tampered(cutToGroup)).code).toBe(0);
  anchorFile('anchors', heads);
  const { code, err } = await tampered(cutToGroup, '--anchors', 'anchors');
  expect(code).toBe(3);
  expect(err).toMatch(/the audit log has \d+ records, the anchor in line \d+ is of \d+/);
});

test('anchors are heads of this vault, oldest first; a line that a crash cut is told', () => {
  const [first, second] = [heads[0], heads[1]] as [AuditHeadForm, AuditHeadForm];
  const other = { ...first, signature: second.signature };
  const cases: [string, string, RegExp][] = [
    ['forged', anchor(other), /line 1 is none: its signature does not verify/],
    [
      'backwards',
      `${anchor(second)}\n${anchor(first)}`,
      /had 6 records at one anchor and 3 at the next, in line 2/,
    ],
    ['no head', '{"v":1}', /line 1 is none: it is of no kind/],
    ['spaces', anchor(first).replace(',', ', '), /canonical/],
  ];
  for (const [name, text, expected] of cases) {
    bare.write('anchors', `${text}\n`);
    expect(audit('--anchors', 'anchors').err, name).toMatch(expected);
  }
  bare.write('anchors', `${anchor(first)}\n${anchor(second).slice(0, 90)}\n${anchor(second)}\n`);
  const { code, out } = audit('--anchors', 'anchors', '--json');
  expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, anchors: 2, tornAnchors: 1 });
});

test('a file without one whole head is no file of anchors', () => {
  const [first] = heads as [AuditHeadForm];
  for (const text of ['', '\n', `${anchor(first)}\r\n`, anchor(first).slice(0, 90)]) {
    bare.write('anchors', text);
    const { code, err } = audit('--anchors', 'anchors');
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('there is no head in it') });
  }
});

test('proofs of a record and of two heads are checked with the public key alone', async () => {
  bare.write('proof', `${proofText(await inclusion(40))}\n`);
  const { code, out } = bare.run('verify-proof', 'proof', '--key', 'vault.pub');
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/^verified: record 40 .* 150 records/),
  });
  for (const [first, last] of [
    [0, 49],
    [3, 4],
    [20, 20],
    [31, 32],
  ] as const) {
    const [from, to] = [heads[first], heads[last]] as [AuditHeadForm, AuditHeadForm];
    const proof = await log.proveConsistency(from.size, to.size);
    // A segment's checkpoint signs the same once more.
    expect(proof.from).toMatchObject({ size: from.size, root: from.root });
    expect(proof.to).toMatchObject({ size: to.size, root: to.root });
    const path = proof.path.map((hash) => hash.toString('base64'));
    const document = { ...facts(), kind: 'audit-consistency', from, to, path } as const;
    expect(checkProof(document, fixture)).toMatchObject({ kind: 'audit-consistency' });
    const swapped = { ...document, from: { ...from, root: to.root, signature: to.signature } };
    if (first !== last) expect(() => checkProof(swapped, fixture)).toThrow();
  }
  expect(await log.proveConsistency(4, 150)).toMatchObject({ from: null });
});

test('a proof reads few segments: others may be elsewhere', async () => {
  const names = await segmentFiles(fixture.dir);
  // A range for each level, and the record's own.
  const needed = 1 + Math.ceil(Math.log2(150));
  expect(names.length).toBeGreaterThan(2 * needed);
  for (const seq of [0, 75, 149]) {
    let without = 0;
    for (const name of names.slice(1, -1)) {
      const path = join(fixture.dir, name);
      const file = await readFile(path);
      // All but its checkpoint is gone.
      await truncate(path, file.indexOf(10) + 1);
      const proven = await log.prove(seq).catch(() => null);
      if (proven !== null) without += 1;
      await writeFile(path, file);
    }
    expect(names.length - 2 - without).toBeLessThanOrEqual(needed);
  }
});

test('a forged proof is refused with a sentence', async () => {
  const document = (await inclusion(40)) as Extract<ProofDocument, { kind: 'audit-inclusion' }>;
  const text = proofText(document);
  const hash = Buffer.alloc(32, 7).toString('base64');
  const head = document.head;
  const forged: [string, string | Buffer, RegExp][] = [
    ['another record', proofText({ ...document, seq: 41 }), /its record is not record 41/],
    ['another leaf', proofText({ ...document, leaf: hash }), /its record is not the one of its leaf/],
    ['edited record', text.replace('\\"uid\\":1000', '\\"uid\\":1001'), /not the one of its leaf/],
    ['a hash more', proofText({ ...document, path: [...document.path, hash] }), /does not lead to the root/],
    ['a hash less', proofText({ ...document, path: document.path.slice(1) }), /does not lead to the root/],
    ['many hashes', proofText({ ...document, path: Array(55).fill(hash) }), /more than 54 hashes/],
    [
      'beyond the end',
      proofText({ ...document, head: heads[2] as AuditHeadForm }),
      /record 40 is none of them/,
    ],
    ['a larger head', proofText({ ...document, head: { ...head, size: 151 } }), /signature of its head/],
    [
      'another vault',
      proofText({ ...document, vault: uuidText(Buffer.alloc(16, 1)) }),
      /it is of the vault 01010101-/,
    ],
    ['negative', text.replace('"seq":40', '"seq":-1'), /a number is out of bounds/],
    ['huge', text.replace('"seq":40', '"seq":9007199254740992'), /a number is out of bounds/],
    ['a fraction', text.replace('"seq":40', '"seq":40.5'), /a number is out of bounds/],
    ['exponent', text.replace('"seq":40', '"seq":4e1'), /canonical form/],
    ['a member twice', text.replace('"seq":40', '"seq":40,"seq":40'), /canonical form/],
    ['a member more', text.replace('"seq":40', '"seq":40,"the":1'), /other members/],
    ['a member less', text.replace('"seq":40,', ''), /its member seq is missing/],
    ['spaces', `${text} `, /canonical form/],
    ['two ends', `${text}\n\n`, /canonical form/],
    ['prototype', text.replace('"kind":"audit-inclusion"', '"kind":"__proto__"'), /of no kind/],
    [
      'no text for a kind',
      text.replace('"kind":"audit-inclusion"', '"kind":{"toString":0,"valueOf":0}'),
      /of no kind/,
    ],
    ['base64', text.replace(document.leaf, document.leaf.replace('=', '')), /base64/],
    ['deep', '['.repeat(100_000), /nests deeper than 16/],
    ['long', '"'.repeat(200_000), /longer than 131072 bytes/],
    ['no text', Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
    ['nothing', '', /not JSON/],
  ];
  for (const [name, content, expected] of forged) {
    const bytes = Buffer.from(content);
    expect(() => checkProof(parseProof(bytes), fixture), name).toThrow(expected);
  }
  bare.write('proof', proofText({ ...document, seq: 41 }));
  const { code, err } = bare.run('verify-proof', 'proof', '--key', 'vault.pub');
  expect(code).toBe(3);
  expect(err).toMatch(/^sherin-verify: proof proves nothing: .* — ask for it once more/);
});

test('what is no key of a vault is refused', () => {
  const lines: [string, RegExp][] = [
    [vaultKeyText({ ...fixture, publicKey: Buffer.alloc(32) }), /a point of small order/],
    [vaultKeyText({ ...fixture, publicKey: Buffer.alloc(32, 255) }), /not the canonical encoding/],
    [`${vaultKeyText(fixture)}\n`, /not one line/],
    [vaultKeyText(fixture).replace(' 1 ', ' 2 '), /not one line/],
    ['', /not one line/],
  ];
  bare.write('proof', anchor(heads[0] as AuditHeadForm));
  for (const [line, expected] of lines) {
    bare.write('bad.pub', line);
    const { code, err } = bare.run('verify-proof', 'proof', '--key', 'bad.pub');
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(expected) });
  }
});
