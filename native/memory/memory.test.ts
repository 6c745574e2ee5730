/** No key and no plaintext stays in memory that a core dump would hold. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sourceOf } from '../child.fixture.js';
import { cubeKey, subkey } from '../codec/cube.fixture.js';
import { SampleVault } from '../codec/vault.fixture.js';
import type { CubeRef } from '../index.js';
import { findInMemory, mappingsOf } from './process-memory.fixture.js';

const vault = new SampleVault();
const content = randomBytes(300_000);
/** Of a file each, as an import begins them. */
const small = Array.from({ length: 20 }, (_, i) => randomBytes(100 + i * 500));
const slotKey = randomBytes(32);
const pin = randomBytes(24);
const marker = randomBytes(32);
const smallFolder = join(vault.path, 'small');
let cube: CubeRef;
let child: ChildProcess;

const json = (bytes: Buffer) => `Buffer.from(${JSON.stringify(bytes.toString('hex'))}, 'hex')`;

/** The child gets secrets by descriptor only, does everything that uses keys, and waits. */
function script(): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', slotKey, nonce);
  const ciphertext = Buffer.concat([cipher.update(vault.vmk), cipher.final()]);
  const wrapped = `{ nonce: ${json(nonce)}, ciphertext: ${json(ciphertext)}, tag: ${json(cipher.getAuthTag())} }`;
  return `
    const uuid = ${json(vault.uuid)}, none = Buffer.alloc(0), aad = none;
    const slotKey = native.Secret.readFd(3, 32), pin = native.Secret.readFd(4, 24);
    const keyring = native.Keyring.unwrap(uuid, slotKey, aad, ${wrapped});
    const stretched = await native.Secret.scrypt(pin, uuid, { n: 1024, r: 8, p: 1 });
    native.Secret.hkdf([slotKey, stretched], uuid, none);
    native.Secret.writeRecoveryKey(slotKey, fs.openSync('/dev/null', 'w'));
    keyring.publicKey(); keyring.sign(none); keyring.hmac('audit', none); keyring.hmacs('object-id', [none]); keyring.counterAuth(); keyring.wrap(slotKey, aad);
    const vaultFd = fs.openSync(${JSON.stringify(vault.path)}, 'r');
    const cube = { id: ${json(cube.id)}, root: ${json(cube.root)}, length: ${cube.length} };
    const reader = new native.CubeReader({ vaultFd, cacheBytes: 1 << 22, threads: 2, uuid, wholeCubes: false });
    reader.resume(keyring);
    const target = Buffer.alloc(cube.length);
    for (const options of [{}, { fresh: true }]) {
      const result = await reader.read(cube, 0, cube.length, target, 0, options);
      if (!result.ok) throw new Error(result.fault);
    }
    if (!(await reader.verify(cube, keyring.publicKey())).ok) throw new Error('verify');
    const again = await native.encodeBuffer(target, { keyring, vaultFd, uuid, owner: 0, pad: '4k' });
    const anew = await native.encodeBuffer(target, { keyring, vaultFd, uuid, owner: 1, pad: 'cube' });
    if (again.temporary !== null || anew.temporary === null) throw new Error('encode');
    const encoder = new native.Encoder();
    const fds = fs.readdirSync(${JSON.stringify(smallFolder)}).map((name) => fs.openSync(${JSON.stringify(smallFolder)} + '/' + name));
    const begun = await encoder.begin(fds, fds.map(() => 0), { keyring, vaultFd, uuid, owner: 0, pad: '4k' });
    if (begun.some(({ whole }) => whole.temporary === null)) throw new Error('begin');
    if (!(await reader.read(cube, 0, cube.length, target, 0, {})).ok) throw new Error('read');
    if (reader.stats().cachedBytes < cube.length) throw new Error('the cache is empty');
    native.system.wipe(target);
    const marker = ${json(marker)};
    process.stdout.write('ready');
    process.stdin.once('data', () => { void marker; void reader; void encoder; keyring.wipe(); });`;
}

beforeAll(async () => {
  cube = await vault.store(content);
  mkdirSync(smallFolder);
  for (const [i, bytes] of small.entries()) writeFileSync(join(smallFolder, String(i)), bytes);
  child = spawn(process.execPath, ['-e', sourceOf(script())], {
    stdio: ['pipe', 'pipe', 'inherit', 'pipe', 'pipe'],
  });
  for (const [fd, secret] of [
    [3, slotKey],
    [4, pin],
  ] as const) {
    const pipe = child.stdio[fd];
    if (pipe === null || pipe === undefined || !('end' in pipe)) throw new Error('no pipe');
    pipe.end(secret);
  }
  if (child.stdout === null) throw new Error('no output');
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  expect(text.toString()).toBe('ready');
});

afterAll(async () => {
  child.stdin?.end('done');
  const [status] = await once(child, 'exit');
  expect(status).toBe(0);
  vault.destroy();
});

describe('a core dump', () => {
  it('would hold what is looked for, were it anywhere', () => {
    expect(findInMemory(child.pid ?? 0, new Map([['marker', marker]]))).toEqual(new Set(['marker']));
  });

  it('holds no key', () => {
    const needles = new Map<string, Buffer>();
    // Either half would do for a search of the other.
    const add = (name: string, key: Buffer) => {
      needles.set(`${name}, first half`, key.subarray(0, key.length / 2));
      needles.set(`${name}, second half`, key.subarray(key.length / 2));
    };
    add('master key', vault.vmk);
    add('slot key', slotKey);
    add('PIN', pin);
    for (const purpose of ['cube', 'cube-id', 'object-id', 'manifest', 'audit', 'token', 'nv', 'sign']) {
      add(`subkey ${purpose}`, subkey(vault.vmk, vault.uuid, purpose));
    }
    add(
      'signing scalar',
      createHash('sha512')
        .update(subkey(vault.vmk, vault.uuid, 'sign'))
        .digest()
        .subarray(1, 31),
    );
    const salt = vault.read(cube.id).subarray(48, 80);
    add('cube key', cubeKey(vault.vmk, vault.uuid, salt, cube.id, 0));
    // The pads of HMAC hold the key in disguise.
    add('inner pad', Buffer.from(vault.vmk.map((byte) => byte ^ 0x36)));
    add('outer pad', Buffer.from(vault.vmk.map((byte) => byte ^ 0x5c)));
    expect(findInMemory(child.pid ?? 0, needles)).toEqual(new Set());
  });

  it('holds no plaintext of cubes', () => {
    const needles = new Map<string, Buffer>(
      [0, 1000, 65_536, 299_900].map((at) => [`content at ${at}`, content.subarray(at, at + 32)]),
    );
    for (const [i, bytes] of small.entries()) {
      needles.set(`start of file ${i}`, bytes.subarray(0, 32));
      needles.set(`end of file ${i}`, bytes.subarray(-32));
    }
    expect(findInMemory(child.pid ?? 0, needles)).toEqual(new Set());
  });

  it('leaves out the arena of keys, and children do not inherit it', () => {
    const secret = mappingsOf(child.pid ?? 0).filter(({ name }) => name.includes('secretmem'));
    for (const { flags } of secret) expect(flags).toEqual(expect.arrayContaining(['dd', 'dc', 'lo']));
  });
});
