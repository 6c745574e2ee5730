import { SherinError } from '../../common/errors.js';
import type { SherinId } from '../../common/ids.js';
import type { GroupCommit } from '../database/group-commit.js';
import type { DomainName } from '../domains/catalogue.js';
import type { Claim } from '../emotion/emotion.js';
import type { Verdict } from '../policy/evaluate.js';
import type { Answered } from '../tasks/answered-table.js';
import { mergeDomain, type TaskState, type Classification as Work } from '../tasks/task.js';
import { newTaskId, type TaskId } from '../tasks/task-id.js';
import type { TaskQueue } from '../tasks/task-queue.js';
import type { Admission, Hit } from './admission.js';
import type { BotDirectory } from './bots.js';
import { type Classification, named, type Wish } from './classification.js';
import type { Asker, Objects } from './objects.js';
import { isApproved } from './policy.js';
import type { Asked, Sources } from './sources.js';

export interface RouterParts {
  readonly objects: Objects;
  readonly classification: Classification;
  readonly admission: Admission;
  readonly directory: BotDirectory;
  readonly queue: TaskQueue;
  readonly sources: Sources;
  readonly group: GroupCommit;
  /** A task is being stored: who gives tasks to bots may begin it with that. */
  readonly storing: () => void;
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

/** Layer 1: resolve → classification → policy → pattern look-up → a known result's ID, or the queue. */
export class Router {
  readonly #parts: RouterParts;
  readonly #hits = new Map<string, number>();
  readonly #store: (answered: Answered) => void;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    const { group, queue } = parts;
    this.#store = group.gather((all) => queue.answered(all));
  }

  /** Requests that were answered from memory since the start, by domain. */
  get hits(): ReadonlyMap<string, number> {
    return this.#hits;
  }

  /**
   * A new task is on disk when this resolves; one whose result is known within 50 ms, for nothing is lost with it.
   * @throws SherinError ID_UNKNOWN when the asker can't read the request; USAGE, NO_BOT, TASK_QUEUE_FULL, LOCKED…
   */
  async submit(asker: Asker, submitted: Common & Wish): Promise<Submitted> {
    const { admission, queue, group, classification } = this.#parts;
    const { request, inputs, priority, emotion } = submitted;
    const work = classification.known(request, submitted) ?? (await this.#ask({ request, inputs }, asker));
    const id = newTaskId();
    const { verdict, hits } = await admission.admit({ request, inputs, id, emotion, works: [work] }, asker);
    const { domain, department } = work;
    const [owner, kind] = [asker.uid, work.class];
    const hit = hits[0] ?? null;
    if (isApproved(verdict) && hit !== null) {
      this.#count(domain);
      const { result } = hit.remembered;
      const source = sourceOf(hit);
      this.#store({ id, owner, request, priority, domain, department, class: kind, result, source });
      return { task: id, state: 'done', result, verdict };
    }
    const submission = { id, owner, request, inputs: [...inputs], priority, domain, department, class: kind };
    if (!isApproved(verdict)) {
      const { state } = await group.run(() => queue.refused(submission, verdict.reason));
      return { task: id, state, result: null, verdict };
    }
    const stored = group.run(() => queue.submit(submission));
    this.#parts.storing();
    const { state } = await stored;
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
    const { admission, directory, queue, group, sources } = this.#parts;
    const id = newTaskId();
    const works = domains.map((domain) => named(domain));
    const { verdict, hits } = await admission.admit({ request, inputs, id, emotion, works }, asker);
    const common = { id, owner: asker.uid, request, inputs: [...inputs], priority };
    if (!isApproved(verdict)) {
      const merging = { domain: mergeDomain, department: 'control', class: 'merge' };
      const { state } = await group.run(() => queue.refused({ ...common, ...merging }, verdict.reason));
      return { task: id, state, result: null, verdict, parts: [] };
    }
    if (directory.botFor(mergeDomain) === null) throw new SherinError('NO_BOT', { domain: mergeDomain });
    const parts = works.map((work, at) => this.#part(work, hits[at] ?? null));
    const { parent, parts: children } = await group.run(() => {
      const made = queue.submitMulti({ ...common, parts: parts.map(({ part }) => part) });
      for (const { part, hit } of parts) if (hit !== null) sources.put(part.id, sourceOf(hit));
      return made;
    });
    const told = children.map(({ id: task, domain, state }) => ({ task, domain, state }));
    return { task: id, state: parent.state, result: null, verdict, parts: told };
  }

  #part(work: Work, hit: Hit | null) {
    if (hit !== null) this.#count(work.domain);
    const result = hit === null ? {} : { result: hit.remembered.result };
    return { part: { id: newTaskId(), ...work, ...result }, hit };
  }

  /** The planning bot is asked only for who may read the request. */
  async #ask({ request, inputs }: Asked, asker: Asker): Promise<Work> {
    const { classification, objects } = this.#parts;
    await Promise.all([request, ...inputs].map((id) => objects.require(id, asker)));
    return classification.ask(request, asker);
  }

  #count(domain: string): void {
    this.#hits.set(domain, (this.#hits.get(domain) ?? 0) + 1);
  }
}

function sourceOf({ remembered: { key, owner }, bot: { bot, version } }: Hit) {
  return { key, owner, bot, version };
}
