/** What is measured of sherind, by the names of Prometheus: made from `system.metrics` by whoever shows it. */
import type { Family } from '../../common/exposition.js';
import type { DaemonResult } from './daemon.js';
import { latencyBuckets } from './methods/system.js';

export type DaemonMetrics = Omit<DaemonResult<'system.metrics'>, 'next'>;

export function daemonMetrics({ methods, domains }: DaemonMetrics): readonly Family[] {
  const ofDomains = (of: (counts: DaemonMetrics['domains'][number]) => number) =>
    domains.map((counts) => ({ labels: { domain: counts.domain }, value: of(counts) }));
  return [
    {
      ...{ name: 'sherin_requests_total', type: 'counter', help: 'Requests by method and errno name, or ok' },
      samples: methods.flatMap(({ method, statuses }) =>
        Object.entries(statuses).map(([status, value]) => ({ labels: { method, status }, value })),
      ),
    },
    {
      ...{ name: 'sherin_request_duration_seconds', type: 'histogram', bounds: latencyBuckets },
      help: 'Times of requests by method',
      histograms: methods.map(({ method, ...counts }) => ({ labels: { method }, ...counts })),
    },
    {
      ...{ name: 'sherin_active_tasks', type: 'gauge', help: 'Tasks that bots work on' },
      samples: ofDomains(({ running }) => running),
    },
    {
      ...{ name: 'sherin_queued_tasks', type: 'gauge', help: 'Tasks that wait for a bot' },
      samples: ofDomains(({ queued }) => queued),
    },
    {
      ...{ name: 'sherin_cache_hits_total', type: 'counter' },
      help: 'Requests that a known result has answered',
      samples: ofDomains(({ hits }) => hits),
    },
  ];
}
