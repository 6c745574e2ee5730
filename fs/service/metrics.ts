import type { Status } from '../../daemon/protocol/control.js';

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
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
    name: 'sherin_cache_hits_total',
    type: 'counter',
    help: 'Vertices answered from the cache',
    value: (s) => s.reads.hits,
  },
  {
    name: 'sherin_cache_misses_total',
    type: 'counter',
    help: 'Vertices fetched from the vault',
    value: (s) => s.reads.misses,
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

/** The state as Prometheus text (exposition format 0.0.4). */
export function metricsText(status: Status): string {
  let text = '';
  for (const { name, type, help, value } of metrics) {
    const now = value(status);
    if (now !== null) text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${now}\n`;
  }
  return text;
}
