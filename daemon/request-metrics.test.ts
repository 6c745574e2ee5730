import { expect, it } from 'vitest';
import { RequestMetrics } from './request-metrics.js';

it('counts answers by method, status and time', () => {
  const metrics = new RequestMetrics();
  metrics.note('system.hello', 'ok', 0.001);
  metrics.note('system.hello', 'ok', 0.0011);
  metrics.note('object.stat', 'ENOENT', 3600);
  expect(metrics.after(undefined)).toEqual([
    { method: 'object.stat', statuses: { ENOENT: 1 }, seconds: 3600, buckets: [0, 0, 0, 0, 0, 0, 0, 1] },
    { method: 'system.hello', statuses: { ok: 2 }, seconds: 0.0021, buckets: [1, 1, 0, 0, 0, 0, 0, 0] },
  ]);
  expect(metrics.after('object.stat').map(({ method }) => method)).toEqual(['system.hello']);
});
