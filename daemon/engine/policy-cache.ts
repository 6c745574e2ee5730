/** The policy engine's state in sherind's database: what applies while the vault is locked, and what is compared with the vault's. */
import type { DaemonDatabase } from '../database/database.js';
import { type PolicyState, policyStateSchema, type QueuedAction } from '../policy/state.js';

const sql = {
  get: `SELECT version, mode, stop, modification, confidence, empathy, safety, leastConfidence, leastEmpathy, leastSafety
    FROM policy WHERE id = 1`,
  queue: `SELECT action AS action_id, ts, component, type, level, risk, confidence, reasoning, rollback, expires
    FROM policyQueue WHERE approved = ? ORDER BY place`,
  put: `INSERT OR REPLACE INTO policy (id, version, mode, stop, modification, confidence, empathy, safety,
    leastConfidence, leastEmpathy, leastSafety) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  clear: 'DELETE FROM policyQueue',
  enqueue: `INSERT INTO policyQueue (place, action, ts, component, type, level, risk, confidence, reasoning, rollback, expires,
    approved) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
} as const;

interface Row {
  readonly version: number;
  readonly mode: string;
  readonly stop: string;
  readonly modification: number;
  readonly confidence: number;
  readonly empathy: number;
  readonly safety: number;
  readonly leastConfidence: number;
  readonly leastEmpathy: number;
  readonly leastSafety: number;
}

/** `edited`: what is there is no state that sherind has written. */
export type Cached = PolicyState | 'nothing' | 'edited';

export class PolicyCache {
  readonly #database: DaemonDatabase;

  constructor(database: DaemonDatabase) {
    this.#database = database;
  }

  /** @throws SherinError DAEMON_DATABASE */
  read(): Cached {
    const row = this.#database.get<Row>(sql.get);
    if (row === undefined) return 'nothing';
    const { version, mode, stop, modification, confidence, empathy, safety } = row;
    const parsed = policyStateSchema.safeParse({
      ...{ version, mode, stop, modification: modification === 1 },
      thresholds: { confidence, empathy, safety },
      floor: { confidence: row.leastConfidence, empathy: row.leastEmpathy, safety: row.leastSafety },
      queue: this.#database.all<QueuedAction>(sql.queue, 0),
      approved: this.#database.all<QueuedAction>(sql.queue, 1),
    });
    return parsed.success ? parsed.data : 'edited';
  }

  /** @throws SherinError DAEMON_DATABASE, NO_SPACE */
  write({ version, mode, stop, modification, thresholds, floor, queue, approved }: PolicyState): void {
    this.#database.transaction(() => {
      this.#database.run(
        sql.put,
        ...[version, mode, stop, modification ? 1 : 0],
        ...[thresholds.confidence, thresholds.empathy, thresholds.safety],
        ...[floor.confidence, floor.empathy, floor.safety],
      );
      this.#database.run(sql.clear);
      for (const [place, action] of [...queue, ...approved].entries())
        this.#enqueue(place, action, place >= queue.length);
    });
  }

  #enqueue(place: number, action: QueuedAction, approved: boolean): void {
    const { action_id, ts, component, type, level, risk, confidence, reasoning, rollback, expires } = action;
    const facts = [ts, component, type, level, risk, confidence, reasoning, rollback, expires];
    this.#database.run(sql.enqueue, place, action_id, ...facts, approved ? 1 : 0);
  }
}
