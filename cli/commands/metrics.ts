import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { exposition } from '../../common/exposition.js';
import { allMetrics } from '../../daemon/client/daemon-metrics.js';
import { daemonMetrics } from '../../daemon/protocol/daemon-metrics.js';
import { fsMetricsText } from '../../daemon/protocol/fs-metrics.js';
import { command } from '../definition.js';
import { withDaemon } from '../service/daemon.js';
import type { Session } from '../session.js';

/** Of sherind: it does not run, or does not let this user in. */
const absent: readonly string[] = ['SHERIND_MISSING', 'SHERIND_CLOSED'];

export const metrics = command({
  name: 'metrics',
  summary: 'Print what sherin-fs and sherind have measured, as Prometheus reads it',
  details: [
    'Of whichever of both runs. sherind can also give it at a port of this machine: see SHERIN_METRICS_PORT in docs/daemon.md.',
  ],
  examples: [
    { text: 'For a collector of text files', line: 'sherinctl metrics > /var/lib/prometheus/sherin.prom' },
  ],
  run: async (session) => {
    const texts = [await fsText(session), await daemonText(session)].filter((text) => text !== null);
    if (texts.length === 0) throw new SherinError('NOT_RUNNING', { path: session.places.runtime });
    const text = texts.join('');
    session.output.result({ text }, () => {
      for (const line of text.trimEnd().split('\n')) session.output.line(line);
    });
  },
});

/** Who may not ask sherin-fs itself has it from the mount. Null: it does not run. */
async function fsText(session: Session): Promise<string | null> {
  try {
    const client = session.connectIfRunning();
    return client === null ? null : fsMetricsText(await client.call('status', {}));
  } catch (error) {
    if (!(error instanceof SherinError) || error.code !== 'FS_DENIED') throw error;
    return readFile(join(session.places.mount, '.sherin/metrics'), 'utf8').catch(() => null);
  }
}

/** Null: it does not run, or does not let this user in. */
async function daemonText(session: Session): Promise<string | null> {
  try {
    return exposition(daemonMetrics(await withDaemon(session, allMetrics)));
  } catch (error) {
    if (error instanceof SherinError && absent.includes(error.code)) return null;
    throw error;
  }
}
