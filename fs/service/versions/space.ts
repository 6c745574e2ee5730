import { addBytes } from '../../../common/add-bytes.js';
import { SherinError } from '../../../common/errors.js';
import { type CubeId, formatSherinId, type SherinId } from '../../../common/ids.js';
import type { PadMode } from '../../../native/index.js';
import { contentOf } from '../../cube/needed.js';
import { storedSize } from '../../cube/stored-size.js';
import type { GivenUp } from '../../history/path-history.js';
import type { PathLine } from '../../history/path-line.js';
import { putOf } from '../../history/restore.js';
import { lineAt, type VaultHistory, vaultHistory } from '../../history/vault-history.js';
import type { Manifest } from '../../manifest/manifest.js';
import { isCollected } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import { namesText, treePath } from '../../tree-path.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';
import { LastReading } from './last-reading.js';

type Progress = (done: number, total: number) => void;

/** Sizes are bytes; stored ones count headers and padding, and each cube once. */
export interface SpaceReport {
  readonly files: number;
  /** At most 2^53 − 1. */
  readonly logical: number;
  /** What the files of now take. */
  readonly stored: number;
  /** Old versions that are kept, and what they take beyond that. */
  readonly versions: number;
  readonly history: number;
  /** Of all this, what other files or their versions need, too, and what they do not. */
  readonly shared: number;
  readonly alone: number;
}

export interface VersionSpace {
  readonly number: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly size: number;
  readonly id: SherinId | null;
  readonly givenUp: GivenUp | undefined;
  /** Stored bytes that nothing but this version needs. */
  readonly alone: number;
}

/** Uses of a cube, as bits. */
const present = 1;
const old = 2;
const elsewhere = 4;

/** What files and their versions take up. */
export class Space {
  readonly #vault: VaultView;
  readonly #pad: () => PadMode;
  readonly #lastVersions = new LastReading<readonly VersionSpace[]>();

  constructor(vault: VaultView, pad: () => PadMode) {
    this.#vault = vault;
    this.#pad = pad;
  }

  /** Of a path with all below it. @throws SherinError PATH_MISSING, DENIED, LOCKED, MANIFEST_BROKEN */
  async of(path: string, caller: Caller, progress: Progress): Promise<SpaceReport> {
    const session = await this.#vault.settled();
    await requireRead(session, treePath(path), caller);
    const { history, line } = await readHistory(session, path, progress);
    const { manifest } = session;
    const lines = new Set(line?.all() ?? []);
    const uses = usesByObject(history, lines);
    const cubes = new Map<CubeId, { readonly size: number; uses: number }>();
    for (const object of manifest.tree.everyObject()) {
      const here = uses.get(object.no) ?? elsewhere;
      for (const [id, { length }] of contentOf(manifest, object)) {
        const known = cubes.get(id);
        if (known === undefined) cubes.set(id, { size: storedSize(length, this.#pad()), uses: here });
        else known.uses |= here;
      }
    }
    const sum = (wanted: (uses: number) => boolean): number =>
      [...cubes.values()].reduce((all, cube) => all + (wanted(cube.uses) ? cube.size : 0), 0);
    return {
      ...filesOf(manifest, lines),
      versions: oldVersions(history, lines),
      stored: sum((use) => (use & present) !== 0),
      history: sum((use) => (use & (present | old)) === old),
      shared: sum((use) => (use & (present | old)) !== 0 && (use & elsewhere) !== 0),
      alone: sum((use) => (use & (present | old)) !== 0 && (use & elsewhere) === 0),
    };
  }

  /** Of each version of a file, oldest first. @throws as {@link of}, SherinError IS_DIRECTORY */
  async versions(path: string, caller: Caller, progress: Progress): Promise<readonly VersionSpace[]> {
    const session = await this.#vault.settled();
    const names = treePath(path);
    await requireRead(session, names, caller);
    return this.#lastVersions.get(session, namesText(names), () => this.#versions(session, path, progress));
  }

  async #versions(session: Session, path: string, progress: Progress): Promise<readonly VersionSpace[]> {
    const { history, line } = await readHistory(session, path, progress);
    const shown = (line?.states ?? []).filter(({ inode }) => inode !== 0);
    if (shown.length === 0) throw new SherinError('IS_DIRECTORY', { path });
    const { manifest } = session;
    const alone = this.#aloneByObject(manifest, new Set(shown.map(({ put }) => objectOf(history, put))));
    const keepers = new Map<number, number>();
    for (const [put, { object }] of history.puts)
      if (!history.givenUp.has(put)) keepers.set(object, (keepers.get(object) ?? 0) + 1);
    return shown.map(({ time, put }, at) => {
      const [givenUp, object] = [history.givenUp.get(put), objectOf(history, put)];
      const record = put < 0 ? null : putOf(manifest, { put });
      return {
        ...{ number: at + 1, time, givenUp, size: record?.length ?? 0 },
        id: record === null ? null : formatSherinId(record.id),
        alone: givenUp === undefined && keepers.get(object) === 1 ? (alone.get(object) ?? 0) : 0,
      };
    });
  }

  /** Bytes of cubes that one object has and no other. */
  #aloneByObject(manifest: Manifest, wanted: ReadonlySet<number>): Map<number, number> {
    const owners = new Map<CubeId, { readonly size: number; object: number }>();
    for (const no of wanted) {
      const object = manifest.tree.object(no);
      if (object === undefined || isCollected(object)) continue;
      for (const [id, { length }] of contentOf(manifest, object))
        owners.set(id, { size: storedSize(length, this.#pad()), object: owners.has(id) ? 0 : no });
    }
    for (const object of manifest.tree.everyObject()) {
      if (wanted.has(object.no)) continue;
      for (const id of contentOf(manifest, object).keys()) {
        const owner = owners.get(id);
        if (owner !== undefined) owner.object = 0;
      }
    }
    const alone = new Map<number, number>();
    for (const { size, object } of owners.values()) alone.set(object, (alone.get(object) ?? 0) + size);
    return alone;
  }
}

async function requireRead(session: Session, names: readonly Buffer[], caller: Caller): Promise<void> {
  const found = session.manifest.tree.find(names);
  await session.rights.requireRead(found === undefined ? [] : [found.ino], null, caller);
}

/** @throws SherinError PATH_MISSING, MANIFEST_BROKEN */
async function readHistory(
  session: Session,
  path: string,
  progress: Progress,
): Promise<{ readonly history: VaultHistory; readonly line: PathLine | undefined }> {
  const names = treePath(path);
  const history = await vaultHistory(session.manifest, progress);
  const line = lineAt(history.root, names);
  if (line === undefined && session.manifest.tree.find(names) === undefined)
    throw new SherinError('PATH_MISSING', { path });
  return { history, line };
}

function objectOf({ puts }: VaultHistory, put: number): number {
  return puts.get(put)?.object ?? 0;
}

function usesByObject(history: VaultHistory, lines: ReadonlySet<PathLine>): Map<number, number> {
  const uses = new Map<number, number>();
  for (const line of history.root.all()) {
    for (const [at, { put }] of line.states.entries()) {
      if (history.givenUp.has(put)) continue;
      const object = objectOf(history, put);
      const here = at === line.states.length - 1 ? present : old;
      uses.set(object, (uses.get(object) ?? 0) | (lines.has(line) ? here : elsewhere));
    }
  }
  return uses;
}

/** Files of now, a hard link's once. */
function filesOf({ tree }: Manifest, lines: Iterable<PathLine>): { files: number; logical: number } {
  const inodes = new Set<number>();
  let logical = 0;
  for (const { states } of lines) {
    const inode = states.at(-1)?.inode ?? 0;
    if (inode === 0 || inodes.has(inode)) continue;
    inodes.add(inode);
    logical = addBytes(logical, tree.inode(inode)?.size ?? 0);
  }
  return { files: inodes.size, logical };
}

function oldVersions({ givenUp }: VaultHistory, lines: Iterable<PathLine>): number {
  let count = 0;
  for (const { states } of lines)
    count += states.slice(0, -1).filter(({ inode, put }) => inode !== 0 && !givenUp.has(put)).length;
  return count;
}
