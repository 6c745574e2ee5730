/** A whole vault from its directory and recovery key (FORMAT.md). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { readArchived } from './archived.js';
import { type AuditState, verifyAudit } from './audit.js';
import { readAuditFiles } from './audit-files.js';
import { toBase32 } from './base32.js';
import { concatBytes, equalBytes } from './bytes.js';
import { type CubeRef, decodeCube } from './cube.js';
import { vertexSize } from './cube-header.js';
import { type Header, openHeader, parseHeader, type Unlock } from './header.js';
import type { Master } from './keys.js';
import { type Manifest, readCopiedManifest, readManifest } from './manifest.js';
import { rootOfBlocks } from './merkle.js';
import { type Put, rootInode } from './names.js';
import { readTree, type Slot, slotLength, slotRoot } from './object-tree.js';
import type { Attributes } from './records.js';
import { parseRecoveryKey } from './recovery-key.js';
import { Refused } from './refused.js';
import { sherinId } from './sherin-id.js';

export interface TreeNode {
  readonly name: Uint8Array;
  readonly inode: number;
  readonly attributes: Attributes;
  readonly policy: number;
  /** Sherin ID of a file's content; null for what was never put. */
  readonly id: string | null;
  /** Names below a directory, in byte order. */
  readonly children: readonly TreeNode[];
  /** Decrypts and verifies a file's content. @throws Refused */
  readonly content: () => Uint8Array;
}

export interface Vault {
  readonly header: Header;
  readonly manifest: Manifest;
  readonly audit: AuditState;
  readonly root: TreeNode;
  /** Requests and results; null in a vault that never had any. */
  readonly tasks: TreeNode | null;
}

function readFile(...parts: readonly string[]): Uint8Array {
  const name = path(...parts);
  if (!existsSync(name)) throw new Refused('missing', name);
  return Uint8Array.from(readFileSync(name));
}

function readCube(dir: string, master: Master, ref: CubeRef): Uint8Array {
  const id = toBase32(ref.id);
  return decodeCube(master, ref, readFile(dir, 'cubes', id.slice(0, 2), `${id}.cube`));
}

function slotContent(dir: string, master: Master, slot: Slot, length: number): Uint8Array {
  if (slot.kind === 'hole') return new Uint8Array(length);
  if (slot.kind === 'cube') return readCube(dir, master, slot.cube);
  const parts = slot.pieces.map(({ cube, first, vertices }) =>
    cube === null
      ? new Uint8Array(vertices * vertexSize)
      : readCube(dir, master, cube).subarray(first * vertexSize, (first + vertices) * vertexSize),
  );
  return concatBytes(...parts).slice(0, length);
}

/** The content of one version. @throws Refused */
export function readObject(
  dir: string,
  master: Master,
  manifest: Manifest,
  put: Pick<Put, 'node' | 'length' | 'root'>,
): Uint8Array {
  const slots = readTree(put.node, put.length, put.root, manifest.node);
  const parts = slots.map((slot, i) => {
    const length = slotLength(put.length, i);
    const content = slotContent(dir, master, slot, length);
    if (!equalBytes(rootOfBlocks(content), slotRoot(slot, length))) throw new Refused('root', `slot ${i}`);
    return content;
  });
  return concatBytes(...parts);
}

function treeNode(
  dir: string,
  master: Master,
  manifest: Manifest,
  entry: { readonly name: Uint8Array; readonly inode: number; readonly policy: number },
): TreeNode {
  const { attributes, put } = manifest.names.inode(entry.inode);
  const below = attributes.kind === 2 ? manifest.names.entries(entry.inode) : [];
  return {
    ...entry,
    attributes,
    id: put === undefined ? null : sherinId(put.object),
    children: below.map((child) => treeNode(dir, master, manifest, child)),
    content: () => {
      if (put === undefined) return new Uint8Array(0);
      const node = manifest.names.objectOf(put)?.node ?? put.node;
      return readObject(dir, master, manifest, { ...put, node });
    },
  };
}

/** The number that the attribute of requests and results says (FORMAT.md, "Tasks"). */
function tasksOf({ attributes }: TreeNode): number | null {
  const found = attributes.xattrs.find(([name]) => new TextDecoder().decode(name) === 'user.sherin.tasks');
  return found === undefined ? null : Number(new TextDecoder().decode(found[1]));
}

/** From the database, or where that is lost from the copy of its log. @throws Refused */
function manifestOf(dir: string, master: Master, header: Header): Manifest {
  if (!existsSync(path(dir, 'manifest.db'))) return readCopiedManifest(master, header, readSegments(dir));
  const wal = path(dir, 'manifest.db-wal');
  const log = existsSync(wal) ? readFile(wal) : new Uint8Array(0);
  return readManifest(master, header, readFile(dir, 'manifest.db'), log);
}

function readSegments(dir: string): Map<number, Uint8Array> {
  const folder = path(dir, 'log');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{8}\.log$/.test(name)) : [];
  return new Map(names.map((name) => [Number(name.slice(0, 8)), readFile(folder, name)]));
}

/** Opens and verifies everything but the cubes, which are read as they are asked for. @throws Refused */
export function decodeVault(dir: string, recoveryKey: string): Vault {
  return openVault(dir, { recoveryKey: parseRecoveryKey(recoveryKey) });
}

/**
 * The same with any unlocking secret.
 * @param archive where segments of the audit log are that the vault does not have any more; without it `audit.archived` says what was not looked at
 * @throws Refused
 */
export function openVault(dir: string, unlock: Unlock, archive: string | null = null): Vault {
  const header = parseHeader(readFile(dir, 'vault.json'));
  const master = openHeader(header, unlock);
  const manifest = manifestOf(dir, master, header);
  const keys = { uuid: header.uuid, publicKey: header.publicKey, master };
  const { first, segments, statement } = readAuditFiles(path(dir, 'audit'), archive);
  const archived = statement === null ? null : readArchived(statement, keys);
  const known = { size: manifest.head.auditSize, root: manifest.head.auditRoot };
  const audit = verifyAudit(segments, keys, known, { first, archived });
  const nowhere = { name: new Uint8Array(0), policy: 0 };
  const root = treeNode(dir, master, manifest, { ...nowhere, inode: rootInode });
  const named = tasksOf(root);
  const tasks = named === null ? null : treeNode(dir, master, manifest, { ...nowhere, inode: named });
  return { header, manifest, audit, root, tasks: tasks !== null && tasksOf(tasks) === 1 ? tasks : null };
}
