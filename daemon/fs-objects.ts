import { SherinError } from '../common/errors.js';
import type { SherinId } from '../common/ids.js';
import type { FsLink } from './fs-link.js';
import type { Asker, Objects } from './router/objects.js';

/** Bytes of the largest result that is verified before it is given as an answer; a larger one has to have been read since sherin-fs started. */
const mostVerified = 64 * 1024 * 1024;

/** Objects as sherin-fs tells of them: it decides for the asker, and it verifies. */
export class FsObjects implements Objects {
  readonly #fs: FsLink;

  constructor(fs: FsLink) {
    this.#fs = fs;
  }

  async require(id: SherinId, asker: Asker): Promise<void> {
    await this.#fs.call('object.stat', { id, caller: asker });
  }

  async isGood(id: SherinId, asker: Asker): Promise<boolean> {
    try {
      const { verified, size } = await this.#fs.call('object.stat', { id, caller: asker });
      return verified || (size <= mostVerified && (await this.#verifies(id)));
    } catch (error) {
      if (error instanceof SherinError && gone.includes(error.code)) return false;
      throw error;
    }
  }

  async #verifies(id: SherinId): Promise<boolean> {
    const { failed } = await this.#fs.callAlone('verify', { target: id });
    return failed === 0;
  }
}

/** Not there, any more, or not for him. */
const gone: readonly string[] = ['ID_UNKNOWN', 'VERSION_COLLECTED'];
