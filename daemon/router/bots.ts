/** What the router and the execution want of bots: who they are, that they run, and what they are let see. */
import type { SherinId } from '../../common/ids.js';
import type { Classified } from '../domains/catalogue.js';
import type { DeclaredInputs } from '../patterns/pattern-key.js';
import type { Classification, Task } from '../tasks/task.js';
import type { TaskId } from '../tasks/task-id.js';
import type { Asker } from './objects.js';

/** A bot that works now, or would if a task came. */
export interface Bot {
  readonly bot: string;
  readonly version: string;
  /** As they are now: the head of a namespace changes with it. */
  readonly inputs: DeclaredInputs;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
}

export interface BotDirectory {
  /** Who works in a domain (`merge` is one, too). */
  botFor(domain: string): Bot | null;
}

/** The planning bot: reads a request at the mount and answers with enums only. */
export interface Planner {
  /** Of the bot: what another version said is asked again. */
  readonly version: string;
  /** @param asker who may read it @throws SherinError BOT_LOST, BOT_STOPPED, TIMEOUT… */
  classify(request: SherinId, asker: Asker): Promise<Classified>;
}

/** What a bot is let see for one attempt of one task. */
export interface Grant {
  readonly task: TaskId;
  readonly attempt: number;
  readonly bot: string;
  /** Of the bot, as it was when the attempt began: what its results are said to come from. */
  readonly version: string;
  /** The request first, then results of sub-tasks or of the parts to be merged. */
  readonly objects: readonly SherinId[];
}

/** Grants and results, as sherin-fs makes them. */
export interface Grants {
  /** @param owner uid of who may read the objects @throws SherinError ID_UNKNOWN, LOCKED, NOT_RUNNING… */
  add(grant: Grant, owner: number): Promise<void>;
  /** Nothing of the grant can be read after it. */
  end(grant: Grant): Promise<void>;
  /** The ID of a file that the bot has written, as it is now. */
  seal(grant: Grant, written: SherinId): Promise<SherinId>;
  /** Makes what the bot has written the owner's alone: the request of a sub-task. @param id as {@link seal} gave it @returns its new ID */
  takeRequest(grant: Grant, id: SherinId, owner: number): Promise<SherinId>;
  /**
   * Makes what the bot has written the owner's alone: the result. With it the grant ends, and that of who has judged it; where it rejects, they may not have.
   * @param id as the gate gave it @returns its new ID
   */
  takeResult(grant: Grant, id: SherinId, owner: number, judge: string): Promise<SherinId>;
}

/** What a bot answers. */
export type Outcome =
  | { readonly kind: 'result'; readonly written: SherinId }
  /** It can't be done; a short name. */
  | { readonly kind: 'error'; readonly error: string }
  /** What it has written to `out/` as sub-tasks. */
  | { readonly kind: 'requires'; readonly requests: readonly SherinId[] };

export interface BotRunner {
  /** How many tasks the bots of a domain can have at the same time, as they are now; 0 while none runs or one has to rest. */
  capacity(domain: string): number;
  /**
   * Gives a task to a bot and waits for its answer. When `signal` is aborted the bot has to stop working on it.
   * @throws SherinError BOT_LOST…: there is no answer, and the task is tried again
   */
  run(task: Task, grant: Grant, signal: AbortSignal): Promise<Outcome>;
  /** Stops all bots; resolves when none runs. */
  stopAll(): Promise<void>;
}

/** `id`: of what was judged, and of nothing that it becomes later. */
export type Judgement =
  | { readonly pass: true; readonly id: SherinId }
  | { readonly pass: false; readonly reason: string };

export interface Judged {
  readonly judgement: Judgement;
  /** The bot that has read it, and may until {@link Grants.takeResult} or {@link shut}. */
  readonly judge: string;
  /** Resolves when it can read nothing of it any more. */
  readonly shut: () => Promise<void>;
}

/** Reads a result at the mount before anybody else sees it. */
export interface SafetyGate {
  /** @param written by the bot of the grant @throws SherinError when it could not judge: the task is tried again */
  judge(
    task: Pick<Task, 'id' | keyof Classification>,
    grant: Pick<Grant, 'bot'>,
    written: SherinId,
  ): Promise<Judged>;
}

export interface Bots {
  readonly directory: BotDirectory;
  readonly planner: Planner | null;
  readonly runner: BotRunner;
  readonly grants: Grants;
  readonly gate: SafetyGate;
  /** Whom the user database knows by a uid, where no process of theirs asks. */
  identityOf(uid: number): Asker;
}
