import { latencyBuckets } from './protocol/methods/system.js';

interface MethodMetrics {
  readonly statuses: Map<string, number>;
  readonly buckets: number[];
  seconds: number;
}

export interface MethodCounts {
  readonly method: string;
  /** Answers by `ok` or errno name. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Seconds that all of them took together. */
  readonly seconds: number;
  /** Answers in at most {@link latencyBuckets}, each in its first bucket; one more for those that took longer. */
  readonly buckets: readonly number[];
}

/** `sherin_requests_total` and `sherin_request_duration_seconds`: how requests were answered, and how soon. */
export class RequestMetrics {
  readonly #methods = new Map<string, MethodMetrics>();

  /** @param method one of the table's: what callers make up is not counted by its name */
  note(method: string, status: string, seconds: number): void {
    const known = this.#methods.get(method) ?? {
      statuses: new Map<string, number>(),
      buckets: new Array<number>(latencyBuckets.length + 1).fill(0),
      seconds: 0,
    };
    this.#methods.set(method, known);
    known.statuses.set(status, (known.statuses.get(status) ?? 0) + 1);
    known.seconds += seconds;
    const found = latencyBuckets.findIndex((most) => seconds <= most);
    const bucket = found < 0 ? latencyBuckets.length : found;
    known.buckets[bucket] = (known.buckets[bucket] ?? 0) + 1;
  }

  /** Methods that were called, by name, after one. */
  after(method: string | undefined): readonly MethodCounts[] {
    const names = [...this.#methods].sort(([a], [b]) => (a < b ? -1 : 1));
    return names
      .filter(([name]) => method === undefined || name > method)
      .map(([name, { statuses, seconds, buckets }]) => ({
        ...{ method: name, statuses: Object.fromEntries(statuses) },
        ...{ seconds: Math.round(seconds * 1e6) / 1e6, buckets: [...buckets] },
      }));
  }
}
