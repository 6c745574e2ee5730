import { Histogram, type HistogramCounts } from '../common/histogram.js';
import { latencyBuckets } from './protocol/methods/system.js';

interface MethodMetrics {
  readonly statuses: Map<string, number>;
  readonly times: Histogram;
}

export interface MethodCounts extends HistogramCounts {
  readonly method: string;
  /** Answers by `ok` or errno name. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** `sherin_requests_total` and `sherin_request_duration_seconds`: how requests were answered, and how soon. */
export class RequestMetrics {
  readonly #methods = new Map<string, MethodMetrics>();

  /** @param method one of the table's: what callers make up is not counted by its name; or `connection`, for one that was refused */
  note(method: string, status: string, seconds: number): void {
    const known = this.#methods.get(method) ?? {
      statuses: new Map<string, number>(),
      times: new Histogram(latencyBuckets),
    };
    this.#methods.set(method, known);
    known.statuses.set(status, (known.statuses.get(status) ?? 0) + 1);
    known.times.note(seconds);
  }

  /** Methods that were called, by name, after one. */
  after(method: string | undefined): readonly MethodCounts[] {
    const names = [...this.#methods].sort(([a], [b]) => (a < b ? -1 : 1));
    return names
      .filter(([name]) => method === undefined || name > method)
      .map(
        ([
          name,
          {
            statuses,
            times: { buckets, seconds },
          },
        ]) => ({
          ...{ method: name, statuses: Object.fromEntries(statuses), buckets, seconds },
        }),
      );
  }
}
