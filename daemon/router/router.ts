import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { GroupCommit } from '../database/group-commit.js';
import type { DomainName } from '../domains/catalogue.js';
import { type Claim, loweredBy } from '../emotion/emotion.js';
import type { PatternMemory, Remembered } from '../patterns/pattern-memory.js';
import type { Verdict } from '../policy/evaluate.js';
import { mergeDomain, type TaskState, type Classification as Work } from '../tasks/task.js';
import { newTaskId, type TaskId } from '../tasks/task-id.js';
import type { TaskQueue } from '../tasks/task-queue.js';
import type { Bot, BotDirectory } from './bots.js';
import { type Classification, named, type Wish } from './classification.js';
import type { Measuring } from './measuring.js';
import type { Asker, Objects } from './objects.js';
import { isApproved, type Policy } from './policy.js';
import { type Asked, keyOf, type Sources } from './sources.js';

export interface RouterParts {
  readonly objects: Objects;
  readonly classification: Classification;
  readonly policy: Policy;
  readonly directory: BotDirectory;
  readonly memory: PatternMemory;
  readonly queue: TaskQueue;
  readonly sources: Sources;
  readonly group: GroupCommit;
  readonly measuring: Measuring;
}

interface Common extends Asked {
  /** 9 is first, among the submitter's own tasks. */
  readonly priority: number;
  /** What the submitter says of the emotional state, for this task. */
  readonly emotion: Claim;
}

export interface Submitted {
  readonly task: TaskId;
  readonly state: TaskState;
  readonly result: SherinId | null;
  readonly verdict: Verdict;
}

export interface SubmittedPart {
  readonly task: TaskId;
  readonly domain: string;
  readonly state: TaskState;
}

/** A known answer, and what it came from. */
interface Hit {
  readonly remembered: Remembered;
  readonly bot: Bot;
}

/** Layer 1: resolve → classification → policy → pattern look-up → a known result's ID, or the queue. */
export class Router {
  readonly #parts: RouterParts;
  readonly #hits = new Map<string, number>();

  constructor(parts: RouterParts) {
    this.#parts = parts;
  }

  /** Requests that were answered from memory since the start, by domain. */
  get hits(): ReadonlyMap<string, number> {
    return this.#hits;
  }

  /**
   * A new task is on disk when this resolves; one whose result is known within 50 ms, for nothing is lost with it.
   * @throws SherinError ID_UNKNOWN when the asker can't read the request; USAGE, NO_BOT, TASK_QUEUE_FULL, LOCKED…
   */
  async submit(
    asker: Asker,
    { request, inputs, priority, emotion, ...wish }: Common & Wish,
  ): Promise<Submitted> {
    const { objects, classification, queue, group, sources } = this.#parts;
    await Promise.all([request, ...inputs].map((id) => objects.require(id, asker)));
    const work = await classification.of(request, asker, wish);
    const id = newTaskId();
    const verdict = await this.#consider(id, asker, request, emotion);
    const submission = { id, owner: asker.uid, request, inputs: [...inputs], priority, ...work };
    if (!isApproved(verdict)) {
      const { state } = await group.run(() => queue.refused(submission, verdict.reason));
      return { task: id, state, result: null, verdict };
    }
    const hit = await this.#known({ request, inputs }, work, asker);
    if (hit !== null) {
      const { result } = hit.remembered;
      group.soon(() => {
        queue.answered(submission, result);
        sources.put(id, sourceOf(hit));
      });
      return { task: id, state: 'done', result, verdict };
    }
    const { state } = await group.run(() => queue.submit(submission));
    return { task: id, state, result: null, verdict };
  }

  /**
   * A parent with one part for each domain; those whose result is known are done from the start.
   * @throws SherinError as {@link submit}; NO_BOT for `merge`, too
   */
  async submitMulti(
    asker: Asker,
    { request, inputs, priority, emotion, domains }: Common & { readonly domains: readonly DomainName[] },
  ): Promise<Submitted & { readonly parts: readonly SubmittedPart[] }> {
    const { objects, queue, group, sources } = this.#parts;
    await Promise.all([request, ...inputs].map((object) => objects.require(object, asker)));
    const id = newTaskId();
    const verdict = await this.#consider(id, asker, request, emotion);
    const common = { id, owner: asker.uid, request, inputs: [...inputs], priority };
    if (!isApproved(verdict)) {
      const merging = { domain: mergeDomain, department: 'control', class: 'merge' };
      const { state } = await group.run(() => queue.refused({ ...common, ...merging }, verdict.reason));
      return { task: id, state, result: null, verdict, parts: [] };
    }
    this.#botFor(mergeDomain);
    for (const domain of domains) this.#botFor(domain);
    const parts = await Promise.all(
      domains.map((domain) => this.#part({ request, inputs }, named(domain), asker)),
    );
    const { parent, parts: children } = await group.run(() => {
      const made = queue.submitMulti({ ...common, parts: parts.map(({ part }) => part) });
      for (const { part, hit } of parts) if (hit !== null) sources.put(part.id, sourceOf(hit));
      return made;
    });
    const told = children.map(({ id: task, domain, state }) => ({ task, domain, state }));
    return { task: id, state: parent.state, result: null, verdict, parts: told };
  }

  async #part(asked: Asked, work: Work, asker: Asker) {
    const hit = await this.#known(asked, work, asker);
    const result = hit === null ? {} : { result: hit.remembered.result };
    return { part: { id: newTaskId(), ...work, ...result }, hit };
  }

  /** Somebody wants it done, and little depends on one task: LOW, and no risk of an autonomous decision. */
  #consider(id: TaskId, asker: Asker, request: SherinId, claim: Claim): Promise<Verdict> {
    const { policy } = this.#parts;
    const action = { type: 'task_submission', level: 'LOW', risk: null } as const;
    const about = { action_id: id, component: 'router', reasoning: request, rollback: 'task.cancel' };
    return policy.consider({ ...action, ...about }, loweredBy(policy.feelings(), claim), asker);
  }

  async #known(asked: Asked, work: Work, asker: Asker): Promise<Hit | null> {
    const { memory, objects, measuring } = this.#parts;
    const bot = this.#botFor(work.domain);
    const isGood = (result: SherinId) => objects.isGood(result, asker);
    const remembered = await memory.lookUp(keyOf(asked, work, bot), asker.uid, isGood);
    measuring.lookedUp(remembered !== null);
    if (remembered === null) return null;
    this.#hits.set(work.domain, (this.#hits.get(work.domain) ?? 0) + 1);
    return { remembered, bot };
  }

  /** @throws SherinError NO_BOT */
  #botFor(domain: string): Bot {
    const bot = this.#parts.directory.botFor(domain);
    if (bot === null) throw new SherinError('NO_BOT', { domain });
    return bot;
  }
}

function sourceOf({ remembered: { key, owner }, bot: { bot, version } }: Hit) {
  return { key, owner, bot, version };
}
