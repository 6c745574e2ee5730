/** The files of a vault against what its versions need, both ways. */
import type { CubeId } from '../../common/ids.js';
import type { References } from './references.js';
import type { StoredCube, StoredFiles } from './stored-files.js';

/** Why a cube that versions need can not be read. */
export type Lack =
  /** No file of it is there. */
  | 'missing'
  /** Its file is in quarantine. */
  | 'quarantined'
  /** Something with another size than the cube's stands in its place, or no ordinary file. */
  | 'damaged'
  /** Its file is in a folder that is not its own. */
  | 'misplaced'
  /** What stands in its place says that it is of a later format version. */
  | 'newer';

/** A file that nothing needs. */
export interface Leftover {
  /** Path below the vault. */
  readonly path: string;
  readonly bytes: number;
  readonly kind: /** A cube that no version needs. */
    | 'orphan'
    /** A cube file in a wrong folder. */
    | 'misplaced'
    /** A name that Sherin gives to nothing: never removed. */
    | 'strange'
    /** An unfinished write. */
    | 'temporary'
    /** A cube that was given up, whose removal was cut off or is under way. */
    | 'trash'
    /** A quarantined file that no record speaks of: its cube was healed. */
    | 'quarantine';
}

export interface DiskCheck {
  readonly lacks: ReadonlyMap<CubeId, Lack>;
  readonly leftovers: readonly Leftover[];
  /** Records of quarantine whose file is gone. */
  readonly goneQuarantine: number;
}

export interface DiskFacts {
  /** Cubes that are in quarantine by a record or a failed read, and those that are by a record. */
  readonly refused: { has(id: CubeId): boolean };
  readonly recorded: Iterable<CubeId>;
  /** Cubes of what programs have written or read, beyond all versions. */
  readonly held: ReadonlySet<CubeId>;
}

export function checkDisk(
  references: References,
  files: StoredFiles,
  { refused, recorded, held }: DiskFacts,
): DiskCheck {
  const lacks = new Map<CubeId, Lack>();
  const elsewhere = new Set(files.misplaced.map(({ id }) => id));
  for (const id of references.ids()) {
    const lack = lackOf(id, references, files, refused, elsewhere);
    if (lack !== null) lacks.set(id, lack);
  }
  const leftovers: Leftover[] = [];
  // Where index nodes are lost nobody knows what is needed: then nothing counts as an orphan.
  if (references.complete) {
    for (const [id, { bytes }] of files.cubes) {
      if (!references.has(id) && !held.has(id))
        leftovers.push({ path: `cubes/${id.slice(0, 2)}/${id}.cube`, bytes, kind: 'orphan' });
    }
  }
  for (const [id, { bytes }] of files.quarantine) {
    if (!refused.has(id)) leftovers.push({ path: `quarantine/${id}.cube`, bytes, kind: 'quarantine' });
  }
  for (const { path, bytes } of files.misplaced) leftovers.push({ path, bytes, kind: 'misplaced' });
  for (const { path, bytes } of files.temporaries) leftovers.push({ path, bytes, kind: 'temporary' });
  for (const { path, bytes } of files.trash) leftovers.push({ path, bytes, kind: 'trash' });
  for (const { path, bytes } of files.strange) leftovers.push({ path, bytes, kind: 'strange' });
  let goneQuarantine = 0;
  for (const id of recorded) if (!files.quarantine.has(id) && !files.cubes.has(id)) goneQuarantine += 1;
  return { lacks, leftovers, goneQuarantine };
}

function lackOf(
  id: CubeId,
  references: References,
  { cubes, quarantine }: StoredFiles,
  refused: { has(id: CubeId): boolean },
  elsewhere: ReadonlySet<CubeId>,
): Lack | null {
  if (refused.has(id)) return 'quarantined';
  const stored = cubes.get(id);
  if (stored !== undefined) return hasSizeOf(references.find(id)?.length ?? 0, stored) ? null : 'damaged';
  if (elsewhere.has(id)) return 'misplaced';
  return quarantine.has(id) ? 'quarantined' : 'missing';
}

const headerBytes = 4096;
const blockBytes = 4096;
const vertexBytes = 65_536;
const cubeBytes = 1024 * 1024;

/** Whether a file can hold so much content, in any of the pad modes (FORMAT.md, "Cube file"). */
function hasSizeOf(length: number, { bytes, ordinary }: StoredCube): boolean {
  const padded = [blockBytes, vertexBytes, cubeBytes].map((unit) => Math.ceil(length / unit) * unit);
  return ordinary && padded.includes(bytes - headerBytes);
}
