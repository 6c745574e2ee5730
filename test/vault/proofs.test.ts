/** What a vault proves to who has its public key and nothing else: sherin-verify alone in an empty folder, against a real vault. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  cpSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jcs } from '../../common/jcs.js';
import { projectRoot } from '../../common/project.js';
import { type ObjectInclusionDocument, parseProof, proofText } from '../../common/proof-document.js';
import { type SignatureKind, signedMessage, verifier } from '../../common/signature.js';
import { parseVaultKey } from '../../common/vault-key.js';
import { BotWorkplace } from '../../daemon/bots/testing/workplace.js';
import { checkExport } from '../../fs/proof/check-export.js';
import { checkProof } from '../../fs/proof/check-proof.js';
import { type Alone, alone } from '../../fs/proof/proof.fixture.js';
import { Machine } from './machine.js';

let machine: Machine;
let bare: Alone;
const content = Buffer.alloc(2_500_000, 'proven ');

beforeAll(() => {
  machine = Machine.empty();
  machine.env.SHERIN_ANCHOR_FILE = join(machine.home, 'anchors');
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up');
  bare = alone();
  bare.write('vault.pub', machine.ok('manifest', 'public-key'));
  writeFileSync(join(machine.mount, 'files/a'), content);
  writeFileSync(join(machine.mount, 'files/b'), 'other');
});
afterAll(() => {
  machine.end();
  bare.remove();
});

function proofOf(name: string): Buffer {
  const path = join(machine.mount, 'files', name);
  return execFileSync('getfattr', ['--only-values', '--absolute-names', '-n', 'user.sherin.proof', path]);
}

test('each file carries a proof of its content that the public key alone checks', () => {
  bare.write('proof', proofOf('a'));
  bare.write('content', content);
  const { code, out } = bare.run(
    'verify-proof',
    'proof',
    '--key',
    'vault.pub',
    '--file',
    'content',
    '--json',
  );
  expect(code).toBe(0);
  const id = JSON.parse(machine.ok('stat', '--json', 'a')).entry.id;
  expect(JSON.parse(out)).toMatchObject({ kind: 'object-inclusion', id, length: content.length });

  const piped = `cat content | ${process.execPath} sherin-verify.mjs verify-proof proof --key vault.pub --file -`;
  expect(execFileSync('sh', ['-c', piped], { cwd: bare.folder, encoding: 'utf8' })).toContain('verified: ');

  bare.write('content', content.subarray(1));
  const other = bare.run('verify-proof', 'proof', '--key', 'vault.pub', '--file', 'content');
  expect(other).toMatchObject({
    code: 3,
    err: expect.stringContaining('content is not the content that it is about'),
  });
});

test('a file that is not there is named, with what to do', () => {
  const { code, err } = bare.run('verify-proof', 'nowhere', '--key', 'vault.pub');
  expect({ code, err }).toEqual({
    code: 1,
    err: 'sherin-verify: nowhere: no such file or directory — check the path and its permissions\n',
  });
});

test('a bot checks one in its sandbox with the command of docs/writing-a-bot.md', async () => {
  const guide = readFileSync(join(projectRoot, 'docs/writing-a-bot.md'), 'utf8');
  const [command = ''] = /^node .*sherin-verify.*$/m.exec(guide) ?? [];
  const place = new BotWorkplace();
  try {
    const bot = place.bot('runner.py');
    for (const name of ['vault.pub', 'sherin-verify.mjs'])
      copyFileSync(join(bare.folder, name), join(place.program, name));
    await bot.start();
    const file = place.request(content.toString());
    const checked = async (proof: Buffer): Promise<string> => {
      const line = command
        .replace('ID_OF_PROOF', place.request(proof.toString()))
        .replace('ID_OF_FILE', file);
      return place.run(
        bot,
        `import os\nraise SystemExit(os.waitstatus_to_exitcode(os.system(${JSON.stringify(line)})))`,
      );
    };
    expect(await checked(proofOf('a'))).toMatch(/^verified: FILES_.*\nexit 0\n$/s);
    expect(await checked(proofOf('b'))).toMatch(/is not the content that it is about.*\nexit 3\n$/s);
  } finally {
    await place.remove();
  }
});

test('a forged proof of a file is refused with a sentence', () => {
  const key = parseVaultKey(readFileSync(join(bare.folder, 'vault.pub'), 'utf8'), 'it');
  const [one, two] = ['a', 'b'].map((name) => parseProof(proofOf(name))) as [
    ObjectInclusionDocument,
    ObjectInclusionDocument,
  ];
  expect(checkProof(one, key).kind).toBe('object-inclusion');
  const layout = Buffer.from(one.head.layout, 'base64');
  layout.writeUInt8(layout.readUInt8(0) ^ 1);
  const forged: [object, RegExp][] = [
    [{ id: two.id }, /its record is of another object/],
    [{ record: two.record }, /does not lead to the root/],
    [{ index: two.index }, /does not lead to the root/],
    [{ index: 9_000_000 }, /record 9000000 is none of them/],
    [{ head: { ...one.head, layout: layout.toString('base64') } }, /signature of its head/],
    [{ head: { ...one.head, signature: Buffer.alloc(64).toString('base64') } }, /signature of its head/],
    [{ record: '' }, /does not lead to the root/],
  ];
  for (const [change, expected] of forged) {
    const text = Buffer.from(proofText({ ...one, ...change }));
    expect(() => checkProof(parseProof(text), key), JSON.stringify(change).slice(0, 60)).toThrow(expected);
  }
});

test('a signature of another vault, and one of another kind, proves nothing', () => {
  const key = parseVaultKey(readFileSync(join(bare.folder, 'vault.pub'), 'utf8'), 'it');
  const document = parseProof(proofOf('a')) as ObjectInclusionDocument;
  const other = { ...key, uuid: Buffer.alloc(16, 3) };
  const moved = { ...document, vault: '03030303-0303-0303-0303-030303030303' };
  expect(() => checkProof(moved, other)).toThrow(/signature of its head does not verify/);

  const kinds: SignatureKind[] = ['header', 'cube', 'manifest-head', 'audit-head', 'export', 'attest'];
  const [layout, signature] = [document.head.layout, document.head.signature].map((text) =>
    Buffer.from(text, 'base64'),
  ) as [Buffer, Buffer];
  const isSigned = verifier(key.publicKey);
  expect(kinds.filter((kind) => isSigned(signedMessage(kind, key.uuid, layout), signature))).toEqual([
    'manifest-head',
  ]);
});

test('stored cubes are checked in a copy, without a key that reads', () => {
  // What a proof is asked of is stored.
  for (const name of ['a', 'b']) proofOf(name);
  const copy = join(bare.folder, 'cubes');
  cpSync(join(machine.vault, 'cubes'), copy, { recursive: true });
  const cubes = (...more: string[]) => bare.run('cubes', 'cubes', '--key', 'vault.pub', ...more);
  expect(cubes()).toMatchObject({ code: 0, out: expect.stringMatching(/^cubes verified: \d+\n$/) });

  // Another folder shows nothing.
  expect(bare.run('cubes', '.', '--key', 'vault.pub')).toMatchObject({
    code: 3,
    err: expect.stringContaining('there is no cube in it'),
  });

  const [first = '', second = ''] = machine.cubes().map((path) => path.slice(machine.vault.length + 7));
  const good = readFileSync(join(copy, first));
  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['root', (bytes) => flipped(bytes, 5000)],
    ['signature', (bytes) => flipped(bytes, 960)],
    ['signature', (bytes) => flipped(bytes, 400)],
    ['malformed', (bytes) => flipped(bytes, 20)],
    ['malformed', (bytes) => flipped(bytes, 2000)],
    ['malformed', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['malformed', (bytes) => Buffer.concat([bytes, Buffer.alloc(2_000_000)])],
    ['malformed', () => Buffer.alloc(0)],
  ];
  for (const [fault, damage] of damages) {
    writeFileSync(join(copy, first), damage(Buffer.from(good)));
    const { code, err } = cubes();
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining(`"${first}" (${fault})`) });
  }
  copyFileSync(join(machine.vault, 'cubes', second), join(copy, first));
  expect(cubes().err).toContain(`1 of `);
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

test('the manifest is exported and checked with the public key alone; what is changed in it is refused', () => {
  const path = join(bare.folder, 'export.json');
  machine.ok('sync');
  machine.ok('manifest', 'export', path);
  const text = readFileSync(path, 'utf8');
  const found = JSON.parse(text);
  expect(jcs(found)).toBe(text);
  const id = JSON.parse(machine.ok('stat', '--json', 'a')).entry.id;
  expect(found.objects[id]).toMatchObject({
    length: content.length,
    paths: [{ path: 'files/a', policy: 'user' }],
  });
  for (const cube of found.objects[id].cubes) expect(found.cubes[cube].hash).toHaveLength(44);
  const manifest = (name: string) => bare.run('manifest', name, '--key', 'vault.pub');
  expect(manifest('export.json')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^manifest export verified: /),
  });
  expect(machine.ok('manifest', 'verify', path)).toContain('manifest export verified');
  expect(machine.run('manifest', 'export', path)).toMatchObject({ code: 1 });
  const key = parseVaultKey(readFileSync(join(bare.folder, 'vault.pub'), 'utf8'), 'it');
  const [cube = ''] = found.objects[id].cubes;
  const forged: [string, string, RegExp][] = [
    ['another path', text.replace('"path":"files/a"', '"path":"files/z"'), /its signature does not verify/],
    ['another length', text.replace('"length":2500000', '"length":1'), /its signature does not verify/],
    ['a negative number', text.replace('"length":2500000', '"length":-1'), /a number is out of bounds/],
    [
      'a huge number',
      text.replace('"length":2500000', '"length":99999999999999999999'),
      /a number is out of bounds/,
    ],
    ['spaces', text.replace(',', ', '), /is missing/],
    [
      'a member twice',
      text.replace(`"${id}":`, `"${id}":{"cubes":[],"length":0,"paths":[]},"${id}":`),
      /not in their order/,
    ],
    ['a member more', text.replace('"v":1', '"u":0,"v":1'), /is missing/],
    ['no ID', text.replace(`"${cube}":{`, '"x":{'), /a name is no ID|not in their order/],
    ['another form', text.replace('"path":"files/a"', '"path":"files/\\u0061"'), /not in canonical form/],
    ['deep', '['.repeat(100_000), /is missing/],
    ['an endless text', `{"cubes":{"${'a'.repeat(200_000)}`, /a text does not end/],
    ['cut', text.slice(0, -20), /is missing|does not end/],
    ['more behind it', `${text}{}`, /goes on behind its end/],
    [
      'another vault',
      text.replace(/"vault":"(.)/, (_, first) => `"vault":"${first === 'a' ? 'b' : 'a'}`),
      /it is of the vault [ab][0-9a-f]{7}-/,
    ],
    ['a vault that is none', text.replace(/"vault":"../, '"vault":"zz'), /its vault is no UUID/],
    ['nothing', '', /is missing/],
  ];
  for (const [name, forgery, expected] of forged) {
    const fd = openSync(bare.write('forged', forgery), 'r');
    expect(() => checkExport(fd, key), name).toThrow(expected);
    closeSync(fd);
  }
  bare.write('forged', text.replace('"path":"files/a"', '"path":"files/z"'));
  expect(manifest('forged')).toMatchObject({
    code: 3,
    err: expect.stringContaining('forged proves nothing'),
  });

  machine.ok('manifest', 'export', '--plaintext-roots', join(bare.folder, 'roots.json'));
  expect(manifest('roots.json').code).toBe(0);
  const { roots } = JSON.parse(readFileSync(join(bare.folder, 'roots.json'), 'utf8')).objects[id];
  expect(text).not.toContain(roots[0]);
  expect(roots).toHaveLength(found.objects[id].cubes.length);
});

test('the audit log is proven by sherinctl and checked elsewhere', () => {
  const anchors = bare.write('anchors', machine.ok('audit', 'head', '--json'));
  const proof = machine.ok('audit', 'prove', '1', '--json');
  bare.write('proof', proof);
  expect(bare.run('verify-proof', 'proof', '--key', 'vault.pub').out).toMatch(
    /^verified: record 1 [\s\S]*\nrecord: \{"actor"/,
  );
  expect(machine.ok('audit', 'verify-proof', join(bare.folder, 'proof'))).toMatch(/^verified: record 1 /);

  machine.ok('stat', 'b');
  execFileSync('cat', [join(machine.mount, 'files/b')]);
  machine.ok('sync');
  const consistency = machine.ok('audit', 'consistency', anchors, '--json');
  bare.write('proof', consistency);
  expect(bare.run('verify-proof', 'proof', '--key', 'vault.pub')).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^verified: the audit log of \d+ records, .* begins with the audit log of \d+ records/,
    ),
  });

  appendFileSync(anchors, machine.ok('audit', 'head', '--json'));
  expect(machine.ok('audit', 'verify', '--anchors', anchors)).toContain('anchors: it contains all 2');
  const copy = join(bare.folder, 'audit');
  cpSync(join(machine.vault, 'audit'), copy, { recursive: true });
  expect(bare.run('audit', 'audit', '--key', 'vault.pub', '--anchors', 'anchors').code).toBe(0);
  // Those that sherin-fs gives away as they are made.
  expect(machine.status().audit.anchors).toEqual({ size: expect.any(Number), failing: null });
  const kept = join(machine.home, 'anchors');
  expect(machine.ok('audit', 'verify', '--anchors', kept)).toMatch(/anchors: it contains all [1-9]/);
  expect(machine.run('audit', 'consistency', '999999')).toMatchObject({ code: 2 });
  expect(machine.run('audit', 'consistency', 'nothing')).toMatchObject({ code: 2 });
  expect(machine.run('audit', 'verify-proof', anchors)).toMatchObject({ code: 3 });
});
