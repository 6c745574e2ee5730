import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import { type Claim, LoweredEmotion } from '../emotion/emotion.js';
import type { PatternMemory, Remembered } from '../patterns/pattern-memory.js';
import type { Request } from '../policy/consider.js';
import type { Verdict } from '../policy/evaluate.js';
import type { Goodness } from '../protocol/admission.js';
import type { Classification as Work } from '../tasks/task.js';
import type { TaskId } from '../tasks/task-id.js';
import type { Bot, BotDirectory } from './bots.js';
import type { Measuring } from './measuring.js';
import type { Asker, Objects } from './objects.js';
import { isApproved, type Policy, type Weighed } from './policy.js';
import { type Asked, keyOf } from './sources.js';

export interface AdmissionParts {
  readonly objects: Objects;
  readonly policy: Policy;
  readonly directory: BotDirectory;
  readonly memory: PatternMemory;
  readonly measuring: Measuring;
}

/** A submission before it is a task. */
export interface Candidate extends Asked {
  readonly id: TaskId;
  /** What the submitter says of the emotional state, for this task. */
  readonly emotion: Claim;
  /** What kinds of work are wanted; a bot of each is asked. */
  readonly works: readonly Work[];
}

/** A known answer, and what it came from. */
export interface Hit {
  readonly remembered: Remembered;
  readonly bot: Bot;
}

export interface Admitted {
  readonly verdict: Verdict;
  /** For each kind of work the answer that is known; null where there is none. Empty where policy says no. */
  readonly hits: readonly (Hit | null)[];
}

/** What is remembered for one kind of work, and whose it would be. */
interface Look {
  readonly domain: string;
  readonly bot: Bot | null;
  readonly remembered: readonly Remembered[];
}

/** Rights, policy and the look at what is remembered: one question to sherin-fs for all of it. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** @throws SherinError ID_UNKNOWN when the asker can't read the request or an input: nothing is recorded then; NO_BOT, AUDIT_UNWRITABLE, LOCKED… */
  async admit(candidate: Candidate, asker: Asker): Promise<Admitted> {
    const { verdict, events } = this.#weigh(candidate) ?? (await this.#consider(candidate, asker));
    const looks = isApproved(verdict)
      ? candidate.works.map((work) => this.#look(candidate, work, asker))
      : [];
    const results: SherinId[] = [];
    for (const { remembered } of looks)
      for (const { result } of remembered) if (!results.includes(result)) results.push(result);
    const reads = [candidate.request, ...candidate.inputs];
    const goodness = await this.#parts.objects.admit({ reads, results, events }, asker);
    const known = new Map(results.map((result, at) => [result, goodness[at] ?? 'none']));
    if (goodness.includes('unverified')) await Promise.all(looks.map((look) => this.#verify(look, known)));
    return { verdict, hits: looks.map((look) => this.#hit(look, known)) };
  }

  #weigh({ id, request, emotion }: Candidate): Weighed | null {
    const { policy } = this.#parts;
    return policy.weigh(submissionOf(id, request), new LoweredEmotion(() => policy.feelings(), emotion));
  }

  async #consider({ id, request, inputs, emotion }: Candidate, asker: Asker): Promise<Weighed> {
    const { policy, objects } = this.#parts;
    await Promise.all([request, ...inputs].map((object) => objects.require(object, asker)));
    const feelings = new LoweredEmotion(() => policy.feelings(), emotion);
    return { verdict: await policy.consider(submissionOf(id, request), feelings, asker), events: [] };
  }

  #look(asked: Asked, work: Work, asker: Asker): Look {
    const { directory, memory } = this.#parts;
    const { domain } = work;
    const bot = directory.botFor(domain);
    return {
      domain,
      bot,
      remembered: bot === null ? [] : memory.candidates(keyOf(asked, work, bot), asker.uid),
    };
  }

  /** @throws SherinError NO_BOT */
  #hit({ domain, bot, remembered }: Look, known: ReadonlyMap<SherinId, Goodness>): Hit | null {
    if (bot === null) throw new SherinError('NO_BOT', { domain });
    const { memory, measuring } = this.#parts;
    const given = remembered.find((one) => known.get(one.result) === 'good' && memory.give(one));
    measuring.lookedUp(given !== undefined);
    return given === undefined ? null : { remembered: given, bot };
  }

  /** Results that are not verified yet are, in their order, until one is good. */
  async #verify({ remembered }: Look, known: Map<SherinId, Goodness>): Promise<void> {
    for (const { result } of remembered) {
      if (known.get(result) === 'unverified')
        known.set(result, (await this.#parts.objects.verifies(result)) ? 'good' : 'none');
      if (known.get(result) === 'good') return;
    }
  }
}

/** Somebody wants it done, and little depends on one task: LOW, and no risk of an autonomous decision. */
function submissionOf(id: TaskId, request: SherinId): Request {
  return {
    type: 'task_submission',
    level: 'LOW',
    risk: null,
    action_id: id,
    component: 'router',
    reasoning: request,
    rollback: 'task.cancel',
  };
}
