import { version } from '../../common/version.js';
import type { Status } from '../protocol/control.js';
import { protocolVersion } from '../protocol/lines.js';
import {
  type DaemonStatus,
  type HealthReason,
  metricsPage,
  mostDomains,
} from '../protocol/methods/system.js';
import type { RequestMetrics } from '../request-metrics.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import type { SupervisionFacts, Supervisor } from '../supervision/supervisor.js';
import type { TaskService } from '../task-service.js';

type Handlers = Pick<
  DaemonHandlers,
  'system.hello' | 'system.status' | 'system.health' | 'system.metrics' | 'system.stop'
>;

/** `system.*`: how things are. */
export function systemHandlers(
  supervisor: Supervisor,
  metrics: RequestMetrics,
  tasks: TaskService,
  stop: () => void,
): Handlers {
  return {
    'system.hello': async () => {
      const status = await supervisor.status();
      return { sherind: version, protocol: protocolVersion, fs: status?.version ?? null };
    },
    'system.status': async () => {
      const status = await supervisor.status();
      return statusOf(supervisor.facts, status);
    },
    'system.health': async () => {
      const status = await supervisor.status();
      const reasons = healthReasons(supervisor.facts, status);
      if (tasks.failed) reasons.push('tasks-unavailable');
      if (tasks.bots.some(({ broken }) => broken)) reasons.push('bot-failed');
      return { ok: reasons.length === 0, reasons };
    },
    'system.stop': async () => {
      // Once this is answered.
      setImmediate(stop);
      return {};
    },
    'system.metrics': async ({ page }) => {
      const left = metrics.after(page);
      const methods = left.slice(0, metricsPage);
      const next = left.length > methods.length ? (methods.at(-1)?.method ?? null) : null;
      const domains = page === undefined ? (tasks.known?.counts() ?? []).slice(0, mostDomains) : [];
      return { methods: methods.map((one) => ({ ...one, buckets: [...one.buckets] })), domains, next };
    },
  };
}

function statusOf(facts: SupervisionFacts, status: Status | null): DaemonStatus {
  const { state, restarts, retryAt, lastError } = facts;
  return {
    state,
    pid: process.pid,
    uptimeSeconds: Math.round(process.uptime()),
    vault: status === null ? null : { uuid: status.vault.uuid, state: status.vault.state },
    tpm: status?.tpm.kind ?? null,
    mount: status?.mount == null ? null : mountOf(status.mount),
    fs: status === null ? null : { pid: status.fs.pid, uptimeSeconds: status.fs.uptimeSeconds },
    restarts,
    retryInSeconds: retryAt === null ? null : Math.max(0, Math.ceil((retryAt - performance.now()) / 1000)),
    lastError,
  };
}

/** Without its path: that is no short name. */
function mountOf({ driver, allowOther, listIds }: NonNullable<Status['mount']>): DaemonStatus['mount'] {
  return { driver, allowOther, listIds };
}

/** Refusals that are the vault's ordinary rest: somebody locked it, or it waits for its PIN. */
const restful: readonly string[] = ['LOCKED', 'PIN_NEEDED'];

export function healthReasons(facts: SupervisionFacts, status: Status | null): HealthReason[] {
  if (facts.state === 'starting') return ['fs-starting'];
  if (facts.state === 'stopped') return ['fs-stopped'];
  if (status === null) return [facts.unresponsive ? 'fs-unresponsive' : 'fs-down'];
  const reasons: HealthReason[] = [];
  const { reason } = status.vault;
  if (status.mount === null) reasons.push('not-mounted');
  if (reason !== null && !restful.includes(reason.code)) reasons.push('vault-refused');
  if (!status.audit.writable) reasons.push('audit-unwritable');
  if ((status.tree?.quarantined ?? 0) > 0) reasons.push('quarantine');
  return reasons;
}
