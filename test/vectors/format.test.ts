/** test/vectors/format-v1.json: the reference still makes it, and the product agrees with it. */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifier } from '../../common/signature.js';
import { readArchived } from '../../fs/audit/archived.js';
import { entriesOf } from '../../fs/log-copy/entries.js';
import { openFrame } from '../../fs/log-copy/frame.js';
import { scanSegment } from '../../fs/log-copy/scan.js';
import { decodeHead, encodeHead as encodeProductHead, headIsSigned } from '../../fs/manifest/head.js';
import { ObjectTreeBuilder, usedSlots } from '../../fs/manifest/object-tree.js';
import { decodeRecord, encodeRecord } from '../../fs/manifest/record-codec.js';
import { VaultDirectory } from '../../fs/vault/directory.js';
import { headerHash, headerPublicKey, parseHeader, verifyHeader } from '../../fs/vault/header.js';
import { openRecoverySlot } from '../../fs/vault/recovery-slot.js';
import { readSealingLog } from '../../fs/vault/sealing-log.js';
import { CubeReader, Keyring, Secret } from '../../native/index.js';
import { readArchived as readArchivedByReference } from '../reference/archived.js';
import { bytesToHex, hexToBytes } from '../reference/bytes.js';
import { encodeCube } from '../reference/cube.js';
import type { Pad } from '../reference/cube-header.js';
import { readEventLog } from '../reference/event-log.js';
import { openHeader, parseHeader as parseByReference } from '../reference/header.js';
import { jcs, without } from '../reference/json.js';
import { manifestKeys } from '../reference/keys.js';
import { nativeKeyring } from '../reference/native-keyring.js';
import { decryptPage } from '../reference/page-cipher.js';
import { toProductSlot } from '../reference/product-slot.js';
import { formatVectors, master, pattern, recoveryKey, slotsOf } from './format.js';
import { type FormatVectors, formatFile } from './source.js';

const vectors: FormatVectors = formatFile;
const uuid = Buffer.from(master.uuid);
const unhex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('format vectors', () => {
  it('are what the reference makes', async () => {
    const text = `${JSON.stringify(formatVectors(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('./format-v1.json');
  });

  it('keys: the keyring has them', () => {
    const keyring = nativeKeyring(master);
    expect(keyring.publicKey().toString('hex')).toBe(vectors.keys.publicKey);
    expect(keyring.manifestKey().toString('hex')).toBe(vectors.keys.subkeys.manifest);
    const message = Buffer.concat([
      Buffer.from('sherin/v1/attest\0'),
      uuid,
      unhex(vectors.keys.signature.layout),
    ]);
    expect(keyring.sign(message).toString('hex')).toBe(vectors.keys.signature.signature);
    keyring.wipe();
  });

  it('slots: both open the vault', async () => {
    const { recovery, passphrase } = vectors.slots;
    const key = Secret.parseRecoveryKey(Secret.take(Buffer.from(recovery.text)));
    const { kdf, salt } = passphrase.slot;
    const phrase = Secret.take(Buffer.from(passphrase.passphrase));
    const stretched = await Secret.scrypt(phrase, Buffer.from(salt, 'base64'), kdf);
    for (const { from, slot } of [
      { from: key, slot: recovery.slot },
      { from: stretched, slot: passphrase.slot },
    ]) {
      const slotKey = Secret.hkdf(
        [from],
        Buffer.from(slot.salt, 'base64'),
        Buffer.from(`sherin/v1/slot-${slot.type}`),
      );
      const aad = Buffer.concat([uuid, Buffer.from(`${slot.type}\0${jcs(without(slot, 'wrapped'))}`)]);
      const wrapped = {
        nonce: Buffer.from(slot.wrapped.nonce, 'base64'),
        ciphertext: Buffer.from(slot.wrapped.ciphertext, 'base64'),
        tag: Buffer.from(slot.wrapped.tag, 'base64'),
      };
      const keyring = Keyring.unwrap(uuid, slotKey, aad, wrapped);
      expect(keyring.publicKey().toString('hex')).toBe(vectors.keys.publicKey);
      keyring.wipe();
    }
  });

  it('header: parses and verifies', () => {
    const header = parseHeader(Buffer.from(vectors.header.file));
    expect(headerHash(header).toString('hex')).toBe(vectors.header.hash);
    verifyHeader(header, headerPublicKey(header));
  });

  it('rekeyed: the header verifies, and its slot opens the keys of both epochs', () => {
    const header = parseHeader(Buffer.from(vectors.rekeyed.file));
    verifyHeader(header, unhex(vectors.keys.publicKey));
    const [slot] = header.slots;
    if (slot?.type !== 'recovery') throw new Error('no recovery slot');
    const key = Secret.parseRecoveryKey(Secret.take(Buffer.from(vectors.slots.recovery.text)));
    const keyring = openRecoverySlot(uuid, header, slot, key);
    expect(keyring.publicKey().toString('hex')).toBe(vectors.keys.publicKey);
    expect(keyring.manifestKey().toString('hex')).toBe(vectors.rekeyed.subkeys.manifest);
    expect(keyring.formerEpochs()).toEqual([0]);
    keyring.wipe();
    const read = openHeader(parseByReference(Buffer.from(vectors.rekeyed.file)), { recoveryKey });
    expect(manifestKeys(read).map(bytesToHex)).toEqual([
      vectors.rekeyed.subkeys.manifest,
      vectors.keys.subkeys.manifest,
    ]);
  });

  it('archived segments, and the event log of a slot: both verify, in the product and in the reference', async () => {
    const publicKey = unhex(vectors.keys.publicKey);
    const folder = mkdtempSync(join(tmpdir(), 'sherin-vectors-'));
    mkdirSync(join(folder, 'event-logs'));
    const { slot, file } = vectors.eventLog;
    writeFileSync(join(folder, 'archived.json'), vectors.archived.file);
    writeFileSync(join(folder, 'event-logs', String(slot.id)), unhex(file));
    const directory = await VaultDirectory.open(folder);
    const kept = await readSealingLog({ directory, uuid }, slot, publicKey);
    directory.close();
    expect(kept).toEqual({ state: 'signed', bytes: Buffer.from(pattern(100)) });
    const bytes = hexToBytes(file);
    expect(readEventLog({ uuid, publicKey }, slot, bytes)).toEqual(pattern(100));
    const archived = await readArchived(folder, { uuid, verify: verifier(publicKey) });
    expect(archived).toMatchObject({ segments: 3, size: 5 });
    rmSync(folder, { recursive: true });
    const keys = { uuid, publicKey, master: null };
    expect(readArchivedByReference(Buffer.from(vectors.archived.file), keys)).toMatchObject({
      segments: 3,
      size: 5,
      places: ['/media/one', '/media/two'],
    });
  });

  it('manifest: records and head', () => {
    for (const [i, text] of vectors.manifest.records.entries()) {
      const { mutation, time } = decodeRecord(unhex(text));
      if (!('node' in mutation)) expect(encodeRecord(mutation, time).toString('hex'), `${i}`).toBe(text);
    }
    const { layout, signature } = vectors.manifest.head;
    expect(headIsSigned(uuid, unhex(vectors.keys.publicKey), unhex(layout), unhex(signature))).toBe(true);
    expect(decodeHead(unhex(layout), unhex(signature))).toMatchObject({ size: 11, nv: 41n, auditSize: 5 });
  });

  it('copy of the log: the product opens it, and as a segment of the journal, or under another number, nobody does', async () => {
    const { number, node, heads, file } = vectors.logCopy;
    const folder = mkdtempSync(join(tmpdir(), 'sherin-vectors-'));
    const path = join(folder, 'segment');
    const keyring = nativeKeyring(master);
    const signer = { uuid, publicKey: unhex(vectors.keys.publicKey) };
    writeFileSync(path, unhex(file));
    const fd = openSync(path, 'r');
    const scanned = await scanSegment(fd, number, signer);
    expect(scanned).toMatchObject({ whole: file.length / 2, head: { number, first: 0 } });
    if (scanned === null) throw new Error('no segment');
    const found: string[] = [];
    for await (const entry of entriesOf(fd, scanned, keyring, signer))
      found.push(
        entry.type === 'head' ? encodeProductHead(entry.head).toString('hex') : entry.bytes.toString('hex'),
      );
    const { records } = vectors.manifest;
    const [first, last] = heads.map(({ layout }) => layout);
    expect(found).toEqual([...records.slice(0, 3), first, ...records.slice(3), node, last]);
    expect(await scanSegment(fd, number + 1, signer)).toBeNull();
    const asJournal = { ...scanned.head, bytes: Buffer.from(scanned.head.bytes) };
    asJournal.bytes.write('SHERIN:J');
    const length = unhex(file).readUInt32LE(64);
    const sealed = unhex(file).subarray(68, 68 + length + 16);
    expect(openFrame(keyring, scanned.head, 0, sealed)).toHaveLength(length);
    expect(openFrame(keyring, asJournal, 0, sealed)).toBeNull();
    closeSync(fd);
    keyring.wipe();
    rmSync(folder, { recursive: true });
  });

  it('manifest: pages', () => {
    for (const [i, page] of vectors.manifest.pages.entries()) {
      const plain = decryptPage(hexToBytes(vectors.keys.subkeys.manifest), i + 1, hexToBytes(page));
      expect(bytesToHex(plain.slice(24, 480))).toBe(bytesToHex(pattern(456)));
    }
  });

  it.each([0, 1, 2, 3])('object %d: root and nodes', (index) => {
    const { slots, length } = slotsOf(index);
    const builder = new ObjectTreeBuilder();
    for (const slot of slots) builder.push(toProductSlot(slot));
    expectTree(builder.done(length), index);
    const expected = vectors.objects[index];
    const load = (id: Buffer) => unhex(expected?.nodes[id.toString('hex')] ?? '');
    const used = slots.flatMap((slot, at) =>
      slot.kind === 'hole' ? [] : [{ index: at, slot: toProductSlot(slot) }],
    );
    expect([...usedSlots(unhex(expected?.node ?? ''), slots.length, load)]).toEqual(used);
  });

  it('object 4: 64 GiB of holes', () => {
    const builder = new ObjectTreeBuilder();
    builder.pushHoles(2 ** 16);
    expectTree(builder.done(2 ** 36), 4);
  });
});

function expectTree(tree: ReturnType<ObjectTreeBuilder['done']>, index: number): void {
  const expected = vectors.objects[index];
  expect(tree.root.toString('hex')).toBe(expected?.root);
  expect(tree.node.toString('hex')).toBe(expected?.node);
  expect(tree.nodes.map((node) => node.toString('hex')).sort()).toEqual(
    Object.values(expected?.nodes ?? {}).sort(),
  );
}

describe('cubes of the vectors', () => {
  let dir: string;
  let vaultFd: number;
  let reader: CubeReader;
  const keyring = nativeKeyring(master);
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'sherin-vectors-'));
    vaultFd = openSync(dir, 'r');
    reader = new CubeReader({ vaultFd, cacheBytes: 2 ** 20, threads: 1, uuid, wholeCubes: false });
    reader.resume(keyring);
  });
  afterAll(async () => {
    await reader.stop();
    keyring.wipe();
    closeSync(vaultFd);
    rmSync(dir, { recursive: true });
  });

  it.each(vectors.cubes)(
    'pad $pad: the addon reads it',
    async ({ pad, owner, epoch, length, salt, root, id, idText }) => {
      const options = { owner, epoch, pad: pad as Pad, salt: hexToBytes(salt) };
      mkdirSync(join(dir, 'cubes', idText.slice(0, 2)), { recursive: true });
      writeFileSync(
        join(dir, 'cubes', idText.slice(0, 2), `${idText}.cube`),
        encodeCube(master, pattern(length), options).file,
      );
      const cube = { id: unhex(id), root: unhex(root), length };
      reader.resume(nativeKeyring(master, epoch));
      expect(await reader.verify(cube, unhex(vectors.keys.publicKey))).toEqual({ ok: true });
      const target = Buffer.alloc(length);
      expect(await reader.read(cube, 0, length, target, 0)).toEqual({ ok: true });
      expect(target.equals(pattern(length))).toBe(true);
    },
  );
});
