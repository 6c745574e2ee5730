/** The signed JSON form of the manifest, written piece by piece in the order of RFC 8785 (FORMAT.md, "Manifest export"). */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { SherinError } from '../../../common/errors.js';
import { cubeIdFromBytes } from '../../../common/ids.js';
import { jcs } from '../../../common/jcs.js';
import { signedMessage, type Verify, verifier } from '../../../common/signature.js';
import { uuidText } from '../../../common/vault-key.js';
import { cubesOf, objectSlots } from '../../cube/catalog.js';
import { cubePath } from '../../cube/store.js';
import { openUntrusted } from '../../disk/untrusted.js';
import { encodeHead } from '../../manifest/head.js';
import { slotCount } from '../../manifest/object-tree.js';
import { isCollected, type ObjectInfo, type Tree } from '../../manifest/tree.js';
import { ciphertextRoot, headerBytes, headerIsSigned } from '../../proof/stored-cube.js';
import { pathText } from '../../tree-path.js';
import type { Session } from '../session/session.js';
import { ExportFile } from './export-file.js';

export interface ExportParts {
  readonly session: Session;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly vaultPath: string;
  readonly fd: number;
}

export interface ExportHow {
  readonly plaintextRoots: boolean;
  readonly progress: (done: number, total: number) => void;
  readonly cancelled: () => boolean;
}

/** Digits of base32 in the order of text. */
const digits = '234567abcdefghijklmnopqrstuvwxyz';
const values = 'abcdefghijklmnopqrstuvwxyz234567';

/** Of the tree as it stands when it begins. @throws SherinError LOCKED, MANIFEST_BROKEN, INTERRUPTED; an errno of the file */
export async function exportManifest(parts: ExportParts, how: ExportHow) {
  const { session, uuid, fd } = parts;
  const { head } = session.manifest;
  const end = head.time + 1n;
  const tree = await session.past.at(end);
  try {
    const out = new ExportFile(fd);
    await out.add('{"cubes":{');
    const cubes = await writeCubes(out, parts, how);
    const layout = encodeHead(head).toString('base64');
    await out.add(`},"head":${jcs({ layout, signature: head.signature.toString('base64') })},"objects":{`);
    const objects = await writeObjects(out, parts, tree, how);
    await out.add('}');
    const rest = `,"v":1,"vault":"${uuidText(uuid)}"}`;
    const signature = session.keyring.sign(signedMessage('export', uuid, out.digestWith(rest)));
    await out.end(`,"signature":"${signature.toString('base64')}"${rest}`);
    return { cubes, objects, bytes: out.bytes };
  } finally {
    session.past.drop(end);
  }
}

async function writeCubes(out: ExportFile, parts: ExportParts, how: ExportHow): Promise<number> {
  const { session, uuid, publicKey, vaultPath } = parts;
  const verify = verifier(publicKey);
  const total = session.manifest.cubeCount();
  let count = 0;
  for (const first of digits) {
    for (const second of digits) {
      const place = values.indexOf(first) * 32 + values.indexOf(second);
      const rows = session.manifest.tables.cubesBetween(prefix(place), prefix(place + 1));
      const ids = rows.flatMap(([id]) => (Buffer.isBuffer(id) && id.length === 32 ? [id] : []));
      const named = ids.map((id) => ({ id, name: cubeIdFromBytes(id) }));
      named.sort((one, two) => (one.name < two.name ? -1 : 1));
      for (const { id, name } of named) {
        if (how.cancelled()) throw new SherinError('INTERRUPTED', { what: 'the export is not whole' });
        const facts = await storedFacts(join(vaultPath, cubePath(name)), id, uuid, verify);
        await out.add(`${count === 0 ? '' : ','}"${name}":${jcs(facts)}`);
        count += 1;
        how.progress(count, total);
      }
    }
  }
  return count;
}

/** The first ten bits of an ID; what is behind the last ID is longer than any. */
function prefix(place: number): Buffer {
  if (place === 1024) return Buffer.alloc(33, 255);
  const bytes = Buffer.alloc(32);
  bytes.writeUInt16BE(place << 6);
  return bytes;
}

/** What the vault's key has signed of a stored cube; nulls where that is not there. */
async function storedFacts(path: string, id: Buffer, uuid: Buffer, verify: Verify) {
  const none = { hash: null, size: null };
  const file = await openUntrusted(path).catch(() => null);
  if (file === null) return none;
  try {
    const { size } = await file.stat();
    const header = Buffer.alloc(headerBytes);
    await file.read(header, 0, headerBytes, 0);
    const root = ciphertextRoot(header, size, id);
    if (root === null || !headerIsSigned(header, uuid, verify)) return none;
    return { hash: root.toString('base64'), size };
  } catch {
    return none;
  } finally {
    await file.close();
  }
}

async function writeObjects(out: ExportFile, { session }: ExportParts, tree: Tree, how: ExportHow) {
  const order: { readonly id: string; readonly no: number }[] = [];
  for (const { id, no } of tree.objects()) order.push({ id, no });
  order.sort((one, two) => (one.id < two.id ? -1 : 1));
  let count = 0;
  for (const { id, no } of order) {
    if (how.cancelled()) throw new SherinError('INTERRUPTED', { what: 'the export is not whole' });
    const object = tree.object(no);
    if (object === undefined || isCollected(object)) continue;
    await out.add(`${count === 0 ? '' : ','}"${id}":{"cubes":[`);
    await out.addAll(sequence(session, object, 'id'));
    await out.add(`],"length":${object.length},"paths":[`);
    await out.addAll(pathsOf(tree, no));
    if (how.plaintextRoots) {
      await out.add('],"roots":[');
      await out.addAll(sequence(session, object, 'root'));
    }
    await out.add(']}');
    count += 1;
    if (count % 64 === 0) await setImmediate();
  }
  return count;
}

/** Cubes of an object slot by slot; null for a slot that is a hole. */
function* sequence(session: Session, object: ObjectInfo, what: 'id' | 'root'): Iterable<string> {
  let next = 0;
  for (const { index, slot } of objectSlots(session.manifest, object)) {
    for (; next < index; next++) yield 'null';
    next = index + 1;
    for (const cube of cubesOf(slot))
      yield what === 'id' ? `"${cubeIdFromBytes(cube.id)}"` : `"${cube.root.toString('base64')}"`;
  }
  for (const slots = slotCount(object.length); next < slots; next++) yield 'null';
}

function* pathsOf(tree: Tree, no: number): Iterable<string> {
  for (const ino of tree.inodesOf(no)) {
    for (const { parent, name, policy } of tree.linksOf(ino)) {
      const folder = tree.path(parent);
      if (folder === undefined) continue;
      const path = folder.length === 0 ? name : Buffer.concat([folder, Buffer.from('/'), name]);
      yield JSON.stringify({ path: pathText(path), policy });
    }
  }
}
