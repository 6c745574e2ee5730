/** Deterministic examples of everything in FORMAT.md, made by the reference. Byte strings are hex. */
import { headerFile } from '../reference/assemble.js';
import { toBase32 } from '../reference/base32.js';
import { bytesToHex as hex, join, toBase64 } from '../reference/bytes.js';
import { encodeCube } from '../reference/cube.js';
import { padModes } from '../reference/cube-header.js';
import { encodeHead, signHead, type TreeHead } from '../reference/head.js';
import { parseHeader } from '../reference/header.js';
import type { Json, JsonObject } from '../reference/json.js';
import { cubeKey, type Purpose, publicKey, sign, subkey } from '../reference/keys.js';
import { mth, rootOfBlocks } from '../reference/merkle.js';
import { buildTree, nodeId, objectRoot, type Slot, slotCount, slotSize } from '../reference/object-tree.js';
import { encryptPage } from '../reference/page-cipher.js';
import { type Body, encodeRecord } from '../reference/records.js';
import { formatRecoveryKey } from '../reference/recovery-key.js';
import { sampleMaster } from '../reference/samples.js';
import { objectTag, sherinId } from '../reference/sherin-id.js';
import { passphraseSlotKey, recoverySlotKey, stretch, wrap } from '../reference/slots.js';
import { epochVectors } from './epochs.js';
import { logCopyVector } from './log-copy.js';
import { archivedVector, eventLogVector } from './signed-files.js';

export const master = sampleMaster();
export const recoveryKey = new Uint8Array(32).map((_, i) => 255 - i);
export const passphrase = 'correct horse battery staple';

/** Byte i is 7·i mod 251. */
export const pattern = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => (7 * i) % 251);

const purposes: readonly Purpose[] = [
  'cube',
  'cube-id',
  'object-id',
  'manifest',
  'audit',
  'token',
  'nv',
  'sign',
  'journal',
];
const salt = new Uint8Array(32).fill(0x5a);
const time = 1_767_322_800_123_456_789n;

function keys(): Json {
  return {
    vmk: hex(master.vmk),
    uuid: hex(master.uuid),
    subkeys: Object.fromEntries(purposes.map((purpose) => [purpose, hex(subkey(master, purpose))])),
    publicKey: hex(publicKey(master)),
    signature: {
      kind: 'attest',
      layout: '00ff',
      signature: hex(sign(master, 'attest', Uint8Array.of(0, 255))),
    },
  };
}

function slots(): Json {
  const nonce = new Uint8Array(12).fill(6);
  const recovery: JsonObject = { id: 0, type: 'recovery', salt: toBase64(salt) };
  const phrase: JsonObject = {
    id: 1,
    type: 'passphrase',
    salt: toBase64(salt),
    kdf: { n: 1024, r: 8, p: 1 },
  };
  const recoverySlot = recoverySlotKey(recovery, recoveryKey);
  const phraseSlot = passphraseSlotKey(phrase, join(passphrase));
  return {
    recovery: {
      key: hex(recoveryKey),
      text: formatRecoveryKey(recoveryKey),
      slotKey: hex(recoverySlot),
      slot: wrap(master.uuid, recovery, recoverySlot, master.vmk, nonce),
    },
    passphrase: {
      passphrase,
      stretched: hex(stretch(phrase, join(passphrase))),
      slotKey: hex(phraseSlot),
      slot: wrap(master.uuid, phrase, phraseSlot, master.vmk, nonce),
    },
  };
}

function header(): Json {
  const file = headerFile({ master, recoveryKey, owned: false });
  return { file: new TextDecoder().decode(file), hash: hex(parseHeader(file).hash) };
}

function cubes(): Json {
  return padModes.map((pad, i) => {
    const [owner, epoch, length] = [1000 * i, i, 70_000];
    const { ref, file } = encodeCube(master, pattern(length), { owner, epoch, pad, salt });
    return {
      pad,
      owner,
      epoch,
      length,
      salt: hex(salt),
      root: hex(ref.root),
      id: hex(ref.id),
      idText: toBase32(ref.id),
      cubeKey: hex(cubeKey(master, salt, ref.id, epoch)),
      header: hex(file.slice(0, 1016)),
      fileLength: file.length,
      fileRoot: hex(rootOfBlocks(file)),
    };
  });
}

/** Slot contents by number; all others are holes. */
const objects: readonly { readonly length: number; readonly content: Readonly<Record<number, Slot>> }[] = [
  { length: 0, content: {} },
  { length: 3, content: { 0: cubeSlot(3, 1) } },
  { length: 3 * slotSize + 5000, content: { 1: cubeSlot(slotSize, 2), 3: piecesSlot() } },
  { length: 65 * slotSize, content: { 64: cubeSlot(slotSize, 3) } },
  { length: 2 ** 36, content: {} },
];

function cubeSlot(length: number, seed: number): Slot {
  const [id, root] = [new Uint8Array(32).fill(seed), new Uint8Array(32).fill(seed + 0x80)];
  return { kind: 'cube', cube: { id, root, length } };
}

function piecesSlot(): Slot {
  const cube = { id: new Uint8Array(32).fill(4), root: new Uint8Array(32).fill(0x84), length: 65536 + 5000 };
  return { kind: 'pieces', root: new Uint8Array(32).fill(0x94), pieces: [{ vertices: 1, cube, first: 1 }] };
}

/** Slots of one of the objects of the vectors. */
export function slotsOf(index: number): { readonly slots: readonly Slot[]; readonly length: number } {
  const { length, content } = objects[index] ?? { length: 0, content: {} };
  const all = Array.from({ length: slotCount(length) }, (_, i): Slot => content[i] ?? { kind: 'hole' });
  return { slots: all, length };
}

function objectVectors(): Json {
  return objects.map((_, index) => {
    const { slots: all, length } = slotsOf(index);
    const root = objectRoot(all, length);
    const { node, nodes } = buildTree(all);
    const tag = objectTag(master, 'FILES', 1000, root, length);
    return {
      length,
      root: hex(root),
      node: hex(node),
      nodes: Object.fromEntries(nodes.map((bytes) => [hex(nodeId(bytes)), hex(bytes)])),
      owner: 1000,
      sherinId: sherinId({ namespace: 'FILES', date: 20260102, tag }),
    };
  });
}

const bodies: readonly Body[] = [
  {
    type: 'attributes',
    inode: 2,
    attributes: {
      ...{ kind: 3, mode: 0o777, uid: 1000, gid: 100, atime: -1n, mtime: time, ctime: time },
      target: join('../ä'),
      xattrs: [[join('user.note'), Uint8Array.of(0, 1)]],
    },
  },
  { type: 'link', parent: 1, inode: 2, name: Uint8Array.of(0x61, 0xff) },
  { type: 'unlink', parent: 1, name: join('b') },
  { type: 'rename', parent: 1, name: join('b'), newParent: 3, newName: join('c'), exchange: true },
  {
    type: 'put',
    inode: 4,
    object: { namespace: 'FILES', date: 20260102, tag: new Uint8Array(16).fill(7) },
    length: 3,
    root: new Uint8Array(32).fill(8),
    random: new Uint8Array(16).fill(9),
    derivedFrom: [`FILES_20260101_${'0a'.repeat(16)}`],
    taskId: 'task',
    botId: 'bot',
    botVersion: '1.0',
    node: buildTree([cubeSlot(3, 1)]).node,
  },
  { type: 'policy', parent: 1, name: join('b'), tag: 2 },
  { type: 'grant', grant: { b: [1, true, null], a: 'ä' } },
  { type: 'quarantine', cube: new Uint8Array(32).fill(1), reason: 4 },
  { type: 'heal', cube: new Uint8Array(32).fill(1) },
  { type: 'collect', by: 2, puts: [4, 300], objects: [1] },
  {
    type: 'layout',
    object: 1,
    random: new Uint8Array(16).fill(10),
    node: buildTree([cubeSlot(3, 5)]).node,
  },
];

function log(): { readonly records: readonly Uint8Array[]; readonly head: TreeHead } {
  const records = bodies.map((body) => encodeRecord({ time, body }));
  const head: TreeHead = {
    ...{ size: records.length, root: mth(records), time, nv: 41n },
    ...{ headerGeneration: 3, headerHash: new Uint8Array(32).fill(1) },
    ...{
      auditSize: 5,
      auditRoot: new Uint8Array(32).fill(2),
      snapshotSize: 0,
      stateRoot: new Uint8Array(32),
      journal: 0,
      journalEpoch: new Uint8Array(8),
    },
  };
  return { records, head };
}

function manifest(): Json {
  const { records, head } = log();
  const page = join(
    new Uint8Array(16).fill(0x33),
    '\x02\x00\x02\x02\x20\x40\x20\x20',
    pattern(456),
    new Uint8Array(32),
  );
  const nonce = new Uint8Array(16).fill(0xff);
  return {
    records: records.map(hex),
    head: { layout: hex(encodeHead(head)), signature: hex(signHead(master, head)) },
    // Two pages of 512 bytes; the counter of page 1 is 0xfffffffe and wraps.
    pages: [1, 2].map((number) => hex(encryptPage(subkey(master, 'manifest'), number, page, nonce))),
  };
}

export function formatVectors(): JsonObject {
  return {
    source: 'Made by the reference in test/reference; FORMAT.md says what each means.',
    keys: keys(),
    slots: slots(),
    header: header(),
    rekeyed: epochVectors(master, recoveryKey),
    archived: archivedVector(master, 'a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf'),
    eventLog: eventLogVector(master, pattern(100)),
    cubes: cubes(),
    objects: objectVectors(),
    manifest: manifest(),
    logCopy: logCopyVector(master, log().records, log().head, buildTree(slotsOf(3).slots).nodes[0] ?? salt),
  };
}
