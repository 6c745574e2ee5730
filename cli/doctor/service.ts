/** sherin-fs, when it runs: version, lock state, mount. */

import { reason } from '../../common/local-error.js';
import { version } from '../../common/version.js';
import { formatCount } from '../output/units.js';
import type { Session } from '../session.js';
import { type Finding, fail, ok, warn } from './finding.js';
import { pinLockout } from './pin-lockout.js';

export async function service(session: Session): Promise<Finding[]> {
  try {
    const client = session.connectIfRunning();
    if (client === null) return [ok('sherin-fs', 'not running; start it with: sherinctl up')];
    const status = await client.call('status', {});
    const own = version;
    const findings =
      status.version === own
        ? [ok('versions', `sherinctl and sherin-fs ${own}`)]
        : [warn('versions', `sherinctl ${own}, sherin-fs ${status.version}`, 'sherinctl down; sherinctl up')];
    findings.push(
      ok('sherin-fs', `pid ${status.fs.pid}, ${status.vault.state}, keys in ${status.fs.keyMemory}`),
    );
    if (status.vault.reason !== null) {
      findings.push(
        fail('vault state', `${status.vault.state}: ${status.vault.reason.code}`, 'sherinctl why'),
      );
    }
    findings.push(...(await pinLockout(client, status, session)));
    if (status.mount?.allowOther === true && !status.vault.shared) {
      const what =
        'others are let in, and the vault was made for one: who writes what a file of another user has can tell';
      findings.push(
        warn('mount', what, 'sherinctl init --shared makes one for several: put the files there'),
      );
    }
    if (!status.audit.writable) {
      findings.push(fail('audit log', 'it can not be written', 'free some space on the disk of the vault'));
    }
    const failing = status.audit.anchors?.failing ?? null;
    if (failing !== null) {
      const way = 'look at what SHERIN_ANCHOR_FILE or SHERIN_ANCHOR_COMMAND names';
      findings.push(warn('anchors', `heads of the audit log are not kept: ${failing}`, way));
    }
    if ((status.tree?.quarantined ?? 0) > 0) {
      findings.push(
        warn(
          'quarantine',
          `failed verification: ${formatCount(status.tree?.quarantined ?? 0, 'cube')}`,
          'sherinctl quarantine list',
        ),
      );
    }
    if (status.journal.refused > 0) {
      const what = `refused and kept: ${formatCount(status.journal.refused, 'segment')}`;
      findings.push(warn('journal', what, 'sherinctl why'));
    }
    return findings;
  } catch (error) {
    return [fail('sherin-fs', reason(error), 'sherinctl down; sherinctl up')];
  }
}
