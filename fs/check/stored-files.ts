/** What lies in a vault's directory, by name: cubes, quarantine, and what does not belong there. */
import { closeSync, constants, type Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import { asCubeId, type CubeId } from '../../common/ids.js';
import { initMark } from '../../common/unfinished-vault.js';
import { system } from '../../native/index.js';

/** Names of FORMAT.md, "Directory", and what is made beside them for a while. */
const topNames = new Set([
  ...['vault.json', 'vault.json.bak', 'manifest.db', 'manifest.db-wal'],
  ...['attestation.json', 'cubes', 'audit', 'quarantine', 'journal', 'log', 'manifest.db.new'],
  ...['backup.tmp', initMark, 'lost+found'],
]);
/** Folders beside those of cubes, by name. */
const passingFolders: ReadonlyMap<string, 'temporaries' | 'trash'> = new Map([
  ['tmp', 'temporaries'],
  ['trash', 'trash'],
] as const);
/** Segments of the journal that were refused, databases that were replaced by a rebuilt one, and what looked newer in a cube's place (FORMAT.md, "Directory"). */
const keptFile =
  /^([0-9]{8}-[0-9a-f]{8}\.(journal|log)|[a-z2-7]{52}-[0-9a-f]{8}\.cube|manifest-[0-9a-f]{8}\.db(-wal|-journal|-shm)?)$/;
const nothingThere: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'];

export interface StoredCube {
  readonly bytes: number;
  /** False for what is no ordinary file. */
  readonly ordinary: boolean;
}

/** A cube file in a folder that is not its own. */
export interface MisplacedCube {
  readonly id: CubeId;
  /** Path below the vault. */
  readonly path: string;
  readonly bytes: number;
}

/** A name that Sherin gives to nothing, or a temporary. */
export interface StrangeName {
  readonly path: string;
  readonly bytes: number;
}

export class StoredFiles {
  readonly cubes = new Map<CubeId, StoredCube>();
  readonly quarantine = new Map<CubeId, StoredCube>();
  /** Segments of the journal that were refused, databases and cubes that were replaced. */
  readonly keptSegments: StrangeName[] = [];
  readonly misplaced: MisplacedCube[] = [];
  readonly strange: StrangeName[] = [];
  readonly temporaries: StrangeName[] = [];
  /** Cubes that gc or destroy has taken out of their places and not removed yet. */
  readonly trash: StrangeName[] = [];
}

/** Lists them all; sizes are asked for one by one. @throws SherinError DISK_READ */
export async function listStoredFiles(
  vault: number,
  progress: (files: number) => void,
): Promise<StoredFiles> {
  const listing = new Listing(vault, progress);
  await listing.run();
  return listing.found;
}

class Listing {
  readonly found = new StoredFiles();
  readonly #vault: number;
  readonly #progress: (files: number) => void;
  #count = 0;

  constructor(vault: number, progress: (files: number) => void) {
    this.#vault = vault;
    this.#progress = progress;
  }

  async run(): Promise<void> {
    const { found } = this;
    await this.#each('', async ({ name }, path, bytes) => {
      if (!topNames.has(name)) found.strange.push({ path, bytes: await bytes() });
    });
    await this.#each('cubes', async (entry, path, bytes) => {
      const passing = passingFolders.get(entry.name);
      if (passing !== undefined) {
        await this.#each(path, async (_, at, size) => {
          found[passing].push({ path: at, bytes: await size() });
        });
      } else if (entry.isDirectory() && /^[a-z2-7]{2}$/.test(entry.name)) await this.#folder(entry.name);
      else found.strange.push({ path, bytes: await bytes() });
    });
    await this.#each('quarantine', async (entry, path, bytes) => {
      const id = cubeOf(entry.name);
      if (keptFile.test(entry.name)) found.keptSegments.push({ path, bytes: await bytes() });
      else if (id === undefined) found.strange.push({ path, bytes: await bytes() });
      else found.quarantine.set(id, { bytes: await bytes(), ordinary: entry.isFile() });
    });
  }

  /** One of the folders that cubes are spread over. */
  #folder(folder: string): Promise<void> {
    const { found } = this;
    return this.#each(`cubes/${folder}`, async (entry, path, bytes) => {
      const id = cubeOf(entry.name);
      if (id === undefined) found.strange.push({ path, bytes: await bytes() });
      else if (id.startsWith(folder)) found.cubes.set(id, { bytes: await bytes(), ordinary: entry.isFile() });
      else found.misplaced.push({ id, path, bytes: await bytes() });
    });
  }

  async #each(
    folder: string,
    use: (entry: Dirent, path: string, bytes: () => Promise<number>) => Promise<void>,
  ): Promise<void> {
    const fd = this.#open(folder);
    if (fd === null) return;
    try {
      const inside = `/proc/self/fd/${fd}`;
      for (const entry of await readdir(inside, { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        await use(entry, path, () => sizeOf(`${inside}/${entry.name}`));
        this.#progress(++this.#count);
      }
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      throw new SherinError('DISK_READ', { what: folder, part: code }, { cause: error });
    } finally {
      closeSync(fd);
    }
  }

  /** A folder of the vault itself, never through a link; null where there is none. */
  #open(folder: string): number | null {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    try {
      return system.openBeneath(this.#vault, Buffer.from(folder === '' ? '.' : folder), flags, 0);
    } catch (error) {
      if (nothingThere.includes(systemCode(error))) return null;
      throw new SherinError(
        'DISK_READ',
        { what: folder, part: systemCode(error) ?? 'EIO' },
        { cause: error },
      );
    }
  }
}

function cubeOf(name: string): CubeId | undefined {
  return name.endsWith('.cube') ? asCubeId(name.slice(0, -'.cube'.length)) : undefined;
}

/** Bytes of a file; 0 for one that went meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
