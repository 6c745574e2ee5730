import { emotionClock } from '../../common/emotion-clock.js';
import { FreezeMark } from '../../common/freeze-mark.js';
import type { Logger } from '../../common/log.js';
import { DaemonDatabase } from '../database/database.js';
import type { EmotionalState } from '../emotion/emotional-state.js';
import type { FsLink } from '../fs-link.js';
import type { FsEvent } from '../protocol/events.js';
import { ApprovedActions } from './approved-actions.js';
import { KeptEmotions } from './kept-emotions.js';
import { KeptPolicy } from './kept-policy.js';
import { PolicyCache } from './policy-cache.js';
import { PolicyKeeper } from './policy-keeper.js';
import { UnrecordedStops } from './unrecorded-stops.js';
import { vaultPolicy } from './vault-policy.js';

export interface EngineParts {
  readonly fs: FsLink;
  readonly log: Logger;
  readonly emotions: EmotionalState;
}

/** What sherind knows and decides by: its database, the policy and the emotional state. */
export class Engine {
  readonly database: DaemonDatabase;
  readonly keeper: PolicyKeeper;
  readonly policy: KeptPolicy;
  readonly emotions: EmotionalState;
  readonly approved: ApprovedActions;
  readonly #keptEmotions: KeptEmotions;
  readonly #log: Logger;

  /** @param directory of the database; only sherind's user may write there. @throws SherinError DAEMON_DATABASE, NO_SPACE */
  constructor(directory: string, { fs, log, emotions }: EngineParts) {
    this.database = DaemonDatabase.open(directory);
    this.keeper = new PolicyKeeper({
      ...{ vault: vaultPolicy(fs), cache: new PolicyCache(this.database), log },
      mark: new FreezeMark(directory),
      stops: new UnrecordedStops(this.database, log),
    });
    this.policy = new KeptPolicy(this.keeper, emotions);
    this.emotions = emotions;
    const feelings = () => this.policy.feelings();
    this.approved = new ApprovedActions({ database: this.database, keeper: this.keeper, feelings, log });
    this.#keptEmotions = new KeptEmotions({ database: this.database, emotions, log });
    this.#log = log;
  }

  /** An event of sherin-fs. */
  heard(event: FsEvent): void {
    if (event.kind === 'quarantine') {
      this.emotions.integrityFailed(emotionClock());
      // What takes trust away for a day is not lost by a kill a moment later.
      this.#keptEmotions.save();
    }
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

  close(): void {
    this.#keptEmotions.close();
    this.database.close();
  }
}
