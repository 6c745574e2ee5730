import type { DaemonMetrics } from '../protocol/daemon-metrics.js';
import type { DaemonClient } from './daemon-client.js';

/** All pages of `system.metrics`. @throws as {@link DaemonClient.call} */
export async function allMetrics(client: DaemonClient): Promise<DaemonMetrics> {
  const first = await client.call('system.metrics', {});
  const methods = [...first.methods];
  for (let { next } = first; next !== null; ) {
    const page = await client.call('system.metrics', { page: next });
    methods.push(...page.methods);
    next = page.next;
  }
  return { methods, domains: first.domains };
}
