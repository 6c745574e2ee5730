/** Cube files from one directory shaped like a vault to another, each checked without keys before it gets its name. */
import { asCubeId, type CubeId, cubeIdToBytes } from '../../common/ids.js';
import { type CubeResult, scrubCube } from '../../native/index.js';
import { sideBySide } from '../cube/check.js';
import { epochOfFile, readCubeFile } from '../cube/cube-source.js';
import { ReceivedCubes } from '../cube/received-cubes.js';
import { CubeStore, cubePath } from '../cube/store.js';

/** Whom cubes are signed by. */
export interface Signer {
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
}

export interface CopyCubesOptions extends Signer {
  /** Descriptors of the two directories. */
  readonly from: number;
  readonly to: number;
  /** Check also what is there already, and replace what fails. */
  readonly recheck: boolean;
  /** Replace also those of another key epoch; none: whatever epoch they are of. */
  readonly epoch?: number;
  readonly progress: (done: number, total: number) => void;
}

export interface CopiedCubes {
  /** In the source. */
  readonly total: number;
  readonly copied: number;
  readonly bytes: number;
  /** Of those that were there already, found bad or of another key epoch and replaced. */
  readonly replaced: number;
  /** Could not be copied. */
  readonly failures: readonly { readonly cube: string; readonly fault: string }[];
}

type Fault = Extract<CubeResult, { ok: false }>['fault'];

/** Copies every cube that the target lacks. @throws SherinError DISK_READ, NO_SPACE, IO */
export async function copyCubes(options: CopyCubesOptions): Promise<CopiedCubes> {
  const copy = new Copy(options, await storedNames(options.to), ReceivedCubes.open(options.to));
  return copy.run(await storedNames(options.from));
}

export async function storedNames(directory: number): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const name of new CubeStore(directory).stored()) names.add(name);
  return names;
}

class Copy {
  readonly #options: CopyCubesOptions;
  readonly #there: ReadonlySet<string>;
  readonly #received: ReceivedCubes;
  readonly #failures: { cube: string; fault: string }[] = [];
  #copied = 0;
  #bytes = 0;
  #replaced = 0;
  #commits: Promise<unknown> = Promise.resolve();

  constructor(options: CopyCubesOptions, there: ReadonlySet<string>, received: ReceivedCubes) {
    this.#options = options;
    this.#there = there;
    this.#received = received;
  }

  async run(names: ReadonlySet<string>): Promise<CopiedCubes> {
    let done = 0;
    try {
      await sideBySide(names, async (name) => {
        await this.#cube(name);
        done += 1;
        this.#options.progress(done, names.size);
        return true;
      });
      await this.#commits;
      await this.#received.commit();
      await this.#missed(names);
    } finally {
      await this.#commits.catch(() => undefined);
      await this.#received.close();
    }
    const [copied, bytes, replaced] = [this.#copied, this.#bytes, this.#replaced];
    return { total: names.size, copied, bytes, replaced, failures: this.#failures };
  }

  async #cube(name: string): Promise<void> {
    const id = asCubeId(name);
    if (id === undefined) return this.#fail(name, 'malformed');
    const there = this.#there.has(name);
    if (there && (await this.#mayStay(id))) return;
    const bytes = await readCubeFile(this.#options.from, id);
    // It went to quarantine meanwhile, or something else stands in its place.
    if (bytes === null) return this.#fail(name, 'missing');
    await this.#received.stage(id, bytes);
    const { uuid, publicKey } = this.#options;
    const result = await this.#received.scrub(id, uuid, publicKey);
    if (!result.ok) {
      this.#received.refuse(id);
      return this.#fail(name, result.fault);
    }
    this.#copied += 1;
    this.#bytes += bytes.length;
    if (there) this.#replaced += 1;
    if (this.#received.accept(id, bytes.length)) await this.#commit();
  }

  /** What is in quarantine has no place that could be copied: where the target has no copy from before either, it is lost with the source. */
  async #missed(names: ReadonlySet<string>): Promise<void> {
    for (const id of await new CubeStore(this.#options.from).quarantined())
      if (!names.has(id) && !this.#there.has(id)) this.#fail(id, 'quarantined');
  }

  async #mayStay(id: CubeId): Promise<boolean> {
    const { to, epoch, recheck } = this.#options;
    if (epoch !== undefined && (await epochOfFile(to, cubePath(id), id)) !== epoch) return false;
    return !recheck || this.#isGood(id);
  }

  async #isGood(id: CubeId): Promise<boolean> {
    const { to, uuid, publicKey } = this.#options;
    return (await scrubCube(to, cubeIdToBytes(id), uuid, publicKey)).ok;
  }

  /** One after another. */
  #commit(): Promise<unknown> {
    this.#commits = this.#commits.then(() => this.#received.commit());
    return this.#commits;
  }

  #fail(cube: string, fault: Fault | 'quarantined'): void {
    this.#failures.push({ cube, fault });
  }
}
