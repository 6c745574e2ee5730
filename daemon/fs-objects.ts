import { setTimeout as sleep } from 'node:timers/promises';
import { errorOf, SherinError } from '../common/errors.js';
import type { SherinId } from '../common/ids.js';
import type { Logger } from '../common/log.js';
import { HeldAnswers } from './client/held-answers.js';
import { bytesOfAdmission } from './client/message-bytes.js';
import { OneMessage } from './client/one-message.js';
import type { StandingPage } from './client/standing-page.js';
import type { FsLink } from './fs-link.js';
import type { AdmissionAnswer, AdmissionEntry, Goodness } from './protocol/admission.js';
import type { Admission, Asker, Objects } from './router/objects.js';

/** For at most 64 MiB, on a disk that is busy. */
const verifySeconds = 120;
/** Messages with records of what was answered already that sherin-fs may be behind; beyond it the next answer waits for it. */
const mostUntaken = 24;
/** Milliseconds until records go to the next sherin-fs, where one ended before it had taken them. */
const againMs = 1_000;

/** Objects as sherin-fs tells of them: it decides for the asker, and it verifies. What it told stands until it says otherwise (docs/decisions/0037). */
export class FsObjects implements Objects {
  readonly #fs: FsLink;
  readonly #log: Logger;
  readonly #admissions: OneMessage<AdmissionEntry, AdmissionAnswer>;
  readonly #held: HeldAnswers<AdmissionAnswer>;
  #untaken = 0;

  constructor(fs: FsLink, log: Logger, held = new HeldAnswers<AdmissionAnswer>()) {
    this.#fs = fs;
    this.#log = log;
    this.#held = held;
    this.#admissions = new OneMessage({
      send: (entries) => this.#answers(entries),
      bytesOf: bytesOfAdmission,
    });
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

  /** Of one turn of the event loop: without a question where what was told stands for all of them. */
  async #answers(entries: AdmissionEntry[]): Promise<readonly AdmissionAnswer[]> {
    const page = this.#fs.connected();
    const standing = this.#standing(entries, page);
    if (standing === null) return this.#ask(entries, page);
    await this.#tell(entries, page);
    return standing;
  }

  /** All of them at one count of the page, or null. */
  #standing(entries: readonly AdmissionEntry[], { generation }: StandingPage): AdmissionAnswer[] | null {
    if (generation === 0 || this.#untaken >= mostUntaken) return null;
    const answers: AdmissionAnswer[] = [];
    for (const entry of entries) {
      const answer = this.#held.get(questionOf(entry), generation);
      if (answer === undefined) return null;
      answers.push(answer);
    }
    return answers;
  }

  async #ask(entries: AdmissionEntry[], page: StandingPage): Promise<readonly AdmissionAnswer[]> {
    const asked = performance.now();
    const wanted = page.generation === 0 ? { entries } : { entries, standing: true as const };
    const { answers, generation = 0 } = await this.#fs.call('request.admit', wanted);
    if (generation !== 0 && generation === page.generation)
      for (const [at, answer] of answers.entries()) {
        const entry = entries[at];
        if (entry !== undefined && stands(answer))
          this.#held.keep(questionOf(entry), answer, generation, asked);
      }
    return answers;
  }

  /** Resolves when sherin-fs has the records in its socket: they are read whatever becomes of sherind. @throws SherinError NOT_RUNNING: nothing stands */
  async #tell(entries: readonly AdmissionEntry[], { client }: StandingPage): Promise<void> {
    const records = entries.map(({ caller, events }) => ({ ...empty, caller, events }));
    const { sent, answer } = client.post('request.admit', { entries: records });
    this.#untaken += 1;
    const taken = sent.then(() => this.#taken(records, answer));
    void Promise.allSettled([taken, answer]).finally(() => {
      this.#untaken -= 1;
    });
    await sent;
  }

  /** Where the process ended before it had taken them, the next one gets them: none is lost, and one may be on record twice. */
  async #taken(records: AdmissionEntry[], first: Promise<{ answers: AdmissionAnswer[] }>): Promise<void> {
    for (let answer = first; ; answer = this.#fs.call('request.admit', { entries: records })) {
      try {
        const { answers } = await answer;
        const refused = answers.find((each) => 'error' in each);
        if (refused === undefined) return;
        this.#held.clear();
        return this.#log.error({ code: refused.error.code }, 'what was answered could not be recorded');
      } catch (error) {
        this.#held.clear();
        if (!(error instanceof SherinError && error.code === 'NOT_RUNNING'))
          return this.#log.error({ err: error }, 'what was answered could not be recorded');
        await sleep(againMs, undefined, { ref: false });
      }
    }
  }
}

const empty = { reads: [], results: [], admitted: true } as const satisfies Partial<AdmissionEntry>;

/** What the answer depends on besides the state of the vault: not on the process that asks. */
function questionOf({ caller: { uid, gid, groups }, reads, results }: AdmissionEntry): string {
  return `${uid} ${gid} ${groups.join()} ${reads.join()} ${results.join()}`;
}

/** Not a refusal, which is to be on record each time; nor what is to be verified first. */
function stands(answer: AdmissionAnswer): boolean {
  return 'results' in answer && !answer.results.includes('unverified');
}
