import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { ActionType } from '../../common/policy-scales.js';
import { DaemonDatabase } from '../database/database.js';
import { EmotionalState } from '../emotion/emotional-state.js';
import type { FsLink } from '../fs-link.js';
import type { QueuedAction } from '../policy/state.js';
import type { FsEvent } from '../protocol/events.js';
import { PolicyCache } from './policy-cache.js';
import { PolicyKeeper } from './policy-keeper.js';
import { vaultPolicy } from './vault-policy.js';

export interface EngineParts {
  readonly fs: FsLink;
  readonly log: Logger;
  /** Where what is kept for the vault lies: one directory per vault. */
  readonly state: string;
}

/** What sherind knows and decides by: its database, the policy and the emotional state. */
export class Engine {
  readonly keeper: PolicyKeeper;
  readonly emotion = new EmotionalState();
  readonly #database: DaemonDatabase;
  readonly #log: Logger;
  readonly #approved = new Map<ActionType, (action: QueuedAction) => Promise<void>>();

  private constructor(database: DaemonDatabase, { fs, log }: EngineParts) {
    this.#database = database;
    this.#log = log;
    this.keeper = new PolicyKeeper({
      ...{ vault: vaultPolicy(fs), cache: new PolicyCache(database), log },
      stopped: (stop) => log.warn({ stop }, 'the emergency stop was set'),
    });
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE */
  static open(uuid: string, parts: EngineParts): Engine {
    const directory = join(parts.state, uuid);
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch (error) {
      const part = error instanceof Error ? error.message : String(error);
      throw new SherinError('DAEMON_DATABASE', { path: directory, part }, { cause: error });
    }
    return new Engine(DaemonDatabase.open(directory), parts);
  }

  /** An event of sherin-fs. */
  heard(event: FsEvent): void {
    if (event.kind === 'quarantine') this.emotion.integrityFailed(performance.now());
    if (event.kind === 'lock' && event.state === 'unlocked') void this.opened();
  }

  /** The vault was opened: its policy holds from now on. */
  async opened(): Promise<void> {
    try {
      await this.keeper.opened();
    } catch (error) {
      // It is read again by whoever asks next.
      this.#log.error({ err: error }, 'the policy in the vault could not be read');
    }
  }

  /** What an approved action of a type does. */
  onApproved(type: ActionType, step: (action: QueuedAction) => Promise<void>): void {
    this.#approved.set(type, step);
  }

  /** Does what a person has approved. @throws what the action meets */
  async execute(action: QueuedAction): Promise<void> {
    const step = this.#approved.get(action.type);
    if (step === undefined) throw new SherinError('ACTION_UNKNOWN', { id: action.action_id });
    await step(action);
  }

  close(): void {
    this.#database.close();
  }
}
