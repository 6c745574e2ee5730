import { errorOf } from '../common/errors.js';
import type { SherinId } from '../common/ids.js';
import { bytesOfAdmission } from './client/message-bytes.js';
import { OneMessage } from './client/one-message.js';
import type { FsLink } from './fs-link.js';
import type { AdmissionAnswer, AdmissionEntry, Goodness } from './protocol/admission.js';
import type { Admission, Asker, Objects } from './router/objects.js';

/** For at most 64 MiB, on a disk that is busy. */
const verifySeconds = 120;

/** Objects as sherin-fs tells of them: it decides for the asker, and it verifies. */
export class FsObjects implements Objects {
  readonly #fs: FsLink;
  readonly #admissions: OneMessage<AdmissionEntry, AdmissionAnswer>;

  constructor(fs: FsLink) {
    this.#fs = fs;
    const send = async (entries: AdmissionEntry[]) => (await fs.call('request.admit', { entries })).answers;
    this.#admissions = new OneMessage({ send, bytesOf: bytesOfAdmission });
  }

  async require(id: SherinId, asker: Asker): Promise<void> {
    await this.#fs.call('object.stat', { id, caller: asker });
  }

  async admit({ reads, results, events }: Admission, caller: Asker): Promise<readonly Goodness[]> {
    const entry = { caller, reads: [...reads], results: [...results], events: [...events] };
    const answer = await this.#admissions.ask(entry);
    if ('error' in answer) throw errorOf(answer.error);
    return answer.results;
  }

  async verifies(id: SherinId): Promise<boolean> {
    const { failed } = await this.#fs.callAlone('verify', { target: id }, verifySeconds);
    return failed === 0;
  }
}
