/** What is measured of sherin-fs, by the names of Prometheus: made from its status by whoever shows it. */
import { exposition, type Family } from '../../common/exposition.js';
import type { Status } from './control.js';

/** Upper bounds of the times of a sync, seconds. */
export const syncBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5] as const;

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** Null: not known while the vault is closed. */
  readonly value: (status: Status) => number | null;
}

const metrics: readonly Metric[] = [
  {
    name: 'sherin_unlocked',
    type: 'gauge',
    help: '1 while the keys are in memory',
    value: (s) => (s.vault.state === 'unlocked' ? 1 : 0),
  },
  {
    name: 'sherin_unseals_total',
    type: 'counter',
    help: 'Times that the TPM has opened the vault',
    value: (s) => s.unseals,
  },
  {
    name: 'sherin_reads_total',
    type: 'counter',
    help: 'Vertices of 64 KiB that were read',
    value: (s) => s.reads.hits + s.reads.misses,
  },
  {
    name: 'sherin_served_bytes_total',
    type: 'counter',
    help: 'Verified bytes given to readers',
    value: (s) => s.reads.served,
  },
  {
    name: 'sherin_decrypted_bytes_total',
    type: 'counter',
    help: 'Bytes decrypted and verified',
    value: (s) => s.reads.decrypted,
  },
  {
    name: 'sherin_vertex_cache_hits_total',
    type: 'counter',
    help: 'Vertices answered from the cache',
    value: (s) => s.reads.hits,
  },
  {
    name: 'sherin_vertex_cache_misses_total',
    type: 'counter',
    help: 'Vertices fetched from the vault',
    value: (s) => s.reads.misses,
  },
  {
    name: 'sherin_vertex_cache_bytes',
    type: 'gauge',
    help: 'Bytes of the cache of vertices that are in use',
    value: (s) => s.reads.cached,
  },
  {
    name: 'sherin_verify_failures_total',
    type: 'counter',
    help: 'Vertices that failed verification',
    value: (s) => s.reads.faults,
  },
  {
    name: 'sherin_quarantined_cubes',
    type: 'gauge',
    help: 'Cubes in quarantine',
    value: (s) => s.tree?.quarantined ?? null,
  },
  { name: 'sherin_files', type: 'gauge', help: 'Files in the tree', value: (s) => s.tree?.files ?? null },
  {
    name: 'sherin_log_records',
    type: 'gauge',
    help: 'Records of the manifest log',
    value: (s) => s.tree?.logSize ?? null,
  },
  {
    name: 'sherin_log_copy_behind_records',
    type: 'gauge',
    help: 'Records of the manifest log that its copy does not have',
    value: ({ head, logCopy }) =>
      head === null || logCopy === null || logCopy.size === null ? null : head.size - logCopy.size,
  },
  {
    name: 'sherin_log_copy_behind_seconds',
    type: 'gauge',
    help: 'How long there has been something that the copy of the log does not have',
    value: ({ logCopy }) => logCopy?.behindSeconds ?? null,
  },
  {
    name: 'sherin_rollback_counter',
    type: 'gauge',
    help: 'Value of the TPM counter that the newest tree head names',
    value: (s) => (s.head === null ? null : Number(s.head.nv)),
  },
  {
    name: 'sherin_audit_records',
    type: 'gauge',
    help: 'Records of the audit log',
    value: (s) => s.audit.size,
  },
  {
    name: 'sherin_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of sherin-fs',
    value: (s) => s.fs.memoryBytes,
  },
];

export function fsMetrics(status: Status): readonly Family[] {
  const plain = metrics.map(({ value, ...family }): Family => {
    const now = value(status);
    return { ...family, samples: now === null ? [] : [{ value: now }] };
  });
  const syncs: Family = {
    ...{ name: 'sherin_fsync_duration_seconds', type: 'histogram', bounds: syncBuckets },
    ...{ help: 'Syncs of the journal, each for all who waited', histograms: [status.syncs] },
  };
  return [...plain, syncs];
}

export function fsMetricsText(status: Status): string {
  return exposition(fsMetrics(status));
}
