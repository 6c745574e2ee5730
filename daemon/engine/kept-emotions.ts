/** What the emotional state must not forget with a restart, in sherind's database: cubes that failed verification. */

import { emotionClock } from '../../common/emotion-clock.js';
import type { Logger } from '../../common/log.js';
import type { DaemonDatabase } from '../database/database.js';
import type { EmotionalState, MeasuredStep } from '../emotion/emotional-state.js';

/** How often it is looked whether something has happened. */
const lookMs = 1_000;

const sql = {
  all: 'SELECT input, seconds, step, sum, count FROM emotionSteps ORDER BY step',
  put: 'INSERT OR REPLACE INTO emotionSteps (input, seconds, step, sum, count) VALUES (@input, @seconds, @step, @sum, @count)',
  drop: 'DELETE FROM emotionSteps WHERE seconds = ? AND step < ?',
  clear: 'DELETE FROM emotionSteps',
} as const;

type Row = Omit<MeasuredStep, 'input'> & { readonly input: string };

export interface KeptEmotionsParts {
  readonly database: DaemonDatabase;
  readonly emotions: EmotionalState;
  readonly log: Logger;
  /** As {@link emotionClock}. */
  readonly clock?: () => number;
}

export class KeptEmotions {
  readonly #database: DaemonDatabase;
  readonly #emotions: EmotionalState;
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #timer: NodeJS.Timeout;
  /** Steps from this time on may be other ones than those that are stored. */
  #savedAt = 0;
  #happened: number;

  /** Takes up what is stored. @throws SherinError DAEMON_DATABASE, NO_SPACE */
  constructor({ database, emotions, log, clock = emotionClock }: KeptEmotionsParts) {
    this.#database = database;
    this.#emotions = emotions;
    this.#log = log;
    this.#clock = clock;
    this.#takeUp();
    this.#happened = emotions.happened;
    this.#timer = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Stores what was measured since; what could not be stored is told in the log, and tried again. */
  save(): void {
    const now = this.#clock();
    const { happened } = this.#emotions;
    try {
      this.#database.transaction(() => {
        for (const step of this.#emotions.measuredSince(this.#savedAt))
          this.#database.run(sql.put, { ...step });
        for (const { seconds, step } of this.#emotions.oldest(now))
          this.#database.run(sql.drop, seconds, step);
      });
      this.#savedAt = now;
      this.#happened = happened;
    } catch (error) {
      this.#log.error({ err: error }, 'the emotional state was not stored');
    }
  }

  /** Stores what there is. */
  close(): void {
    clearInterval(this.#timer);
    this.save();
  }

  #look(): void {
    if (this.#emotions.happened !== this.#happened) this.save();
  }

  /** What is too old goes without a word; so does nothing else. */
  #takeUp(): void {
    const now = this.#clock();
    const ignored = { damaged: 0, future: 0 };
    this.#database.transaction(() => {
      const rows = this.#database.all<Row>(sql.all);
      this.#database.run(sql.clear);
      for (const row of rows) {
        const found = this.#emotions.restore(row, now);
        if (found === 'kept') this.#database.run(sql.put, { ...row });
        else if (found !== 'old') ignored[found] += 1;
      }
    });
    this.#savedAt = now;
    if (ignored.damaged + ignored.future > 0)
      this.#log.warn(
        ignored,
        'some of the stored emotional state is ignored: it is damaged, or of a time to come',
      );
  }
}
