/** Index nodes of another copy of the manifest: each is believed for the hash that it is asked by, and nothing else of the copy counts. */
import { SherinError } from '../../common/errors.js';
import { CubeIndex } from './cube-index.js';
import { type DatabaseOptions, ManifestDatabase } from './database.js';

export class ForeignNodes {
  readonly #database: ManifestDatabase;
  readonly #index: CubeIndex;

  private constructor(database: ManifestDatabase) {
    this.#database = database;
    this.#index = new CubeIndex(database);
  }

  /** Opens a file of one's own that nobody else uses. @throws SherinError MANIFEST_BROKEN, IO */
  static open(options: DatabaseOptions): ForeignNodes {
    return new ForeignNodes(ManifestDatabase.open(options));
  }

  /** Undefined where the copy does not have it. */
  node(id: Buffer): Buffer | undefined {
    try {
      return this.#index.node(id);
    } catch (error) {
      if (error instanceof SherinError && error.code === 'MANIFEST_BROKEN') return undefined;
      throw error;
    }
  }

  /** Closes it and deletes the file. */
  remove(): void {
    this.#database.remove();
  }
}
