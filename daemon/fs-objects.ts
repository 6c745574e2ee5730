import { errorOf } from '../common/errors.js';
import type { SherinId } from '../common/ids.js';
import type { Logger } from '../common/log.js';
import { AnsweredRecords, type EventAbout } from './client/answered-records.js';
import { HeldAnswers } from './client/held-answers.js';
import { bytesOfAdmission } from './client/message-bytes.js';
import { OneMessage } from './client/one-message.js';
import type { StandingPage } from './client/standing-page.js';
import type { FsLink } from './fs-link.js';
import type { AdmissionAnswer, AdmissionEntry, Goodness } from './protocol/admission.js';
import type { Admission, Asker, Objects } from './router/objects.js';

/** For at most 64 MiB, on a disk that is busy. */
const verifySeconds = 120;

/** Objects as sherin-fs tells of them: it decides for the asker, and it verifies. What it told stands until it says otherwise (docs/decisions/0037). */
export class FsObjects implements Objects {
  readonly #fs: FsLink;
  readonly #admissions: OneMessage<AdmissionEntry, AdmissionAnswer>;
  readonly #answered: AnsweredRecords;
  readonly #held: HeldAnswers<readonly Goodness[]>;
  #page: StandingPage | null = null;

  constructor(fs: FsLink, log: Logger, held = new HeldAnswers<readonly Goodness[]>()) {
    this.#fs = fs;
    this.#held = held;
    this.#admissions = new OneMessage({ send: (entries) => this.#ask(entries), bytesOf: bytesOfAdmission });
    this.#answered = new AnsweredRecords({
      log,
      again: (entries) => fs.call('request.answered', { entries }),
      failed: () => held.clear(),
    });
  }

  async require(id: SherinId, asker: Asker): Promise<void> {
    await this.#fs.call('object.stat', { id, caller: asker });
  }

  async admit({ reads, results, events }: Admission, caller: Asker): Promise<readonly Goodness[]> {
    const page = this.#connected();
    if (this.#answered.room && areAbout(events)) {
      const { generation } = page;
      const held = this.#held.get(questionOf({ caller, reads, results }), generation);
      if (held !== undefined && (await this.#answered.add(events, caller, { page, generation }))) return held;
    }
    const entry = { caller, reads: [...reads], results: [...results], events: [...events] };
    const answer = await this.#admissions.ask(entry);
    if ('error' in answer) throw errorOf(answer.error);
    return answer.results;
  }

  async verifies(id: SherinId): Promise<boolean> {
    const { failed } = await this.#fs.callAlone('verify', { target: id }, verifySeconds);
    return failed === 0;
  }

  /** What another process has told is nothing. */
  #connected(): StandingPage {
    const page = this.#fs.connected();
    if (page !== this.#page) this.#held.clear();
    this.#page = page;
    return page;
  }

  /** What is told stands from the question on, where nothing has changed meanwhile. */
  async #ask(entries: AdmissionEntry[]): Promise<readonly AdmissionAnswer[]> {
    const page = this.#connected();
    const asked = performance.now();
    const wanted = page.generation === 0 ? { entries } : { entries, standing: true as const };
    const { answers, generation = 0 } = await this.#fs.call('request.admit', wanted);
    if (generation !== 0 && generation === page.generation)
      for (const [at, answer] of answers.entries()) {
        const entry = entries[at];
        if (entry !== undefined && stands(answer))
          this.#held.keep(questionOf(entry), answer.results, generation, asked);
      }
    return answers;
  }
}

function areAbout(events: Admission['events']): events is readonly EventAbout[] {
  return events.every(({ id }) => id !== null);
}

interface Question {
  readonly caller: Asker;
  readonly reads: readonly string[];
  readonly results: readonly string[];
}

/** What the answer depends on besides the state of the vault: not on the process that asks. */
function questionOf({ caller: { uid, gid, groups }, reads, results }: Question): string {
  return `${uid} ${gid} ${groups.join()} ${reads.join()} ${results.join()}`;
}

/** Not a refusal, which is to be on record each time; nor what is to be verified first. */
function stands(answer: AdmissionAnswer): answer is { results: Goodness[] } {
  return 'results' in answer && !answer.results.includes('unverified');
}
