import { daemonSocket } from '../../common/environment.js';
import { Exit } from '../../common/exit.js';
import { daemonStatus } from '../../daemon/client/daemon-status.js';
import type { Status } from '../../daemon/protocol/control.js';
import type { DaemonStatus } from '../../daemon/protocol/methods/system.js';
import { command } from '../definition.js';
import { asCalled } from '../output/invocation.js';
import { formatBytes, formatCount, formatDuration, formatTime } from '../output/units.js';
import { rekeyWords } from './key-rekey.js';

export const status = command({
  name: 'status',
  summary: 'Show the state of vault, TPM, mount and caches',
  details: ['The exit code is 1 while the audit log can not be written, and 6 where sherin-fs does not run.'],
  examples: [
    { text: 'One screen', line: 'sherinctl status' },
    { text: 'For machines', line: 'sherinctl status --json' },
  ],
  run: async (session) => {
    const client = session.connectIfRunning();
    const { output } = session;
    const sherind = await daemonStatus(daemonSocket(session.places));
    const daemon = sherind === null ? {} : { sherind };
    if (client === null) {
      output.result({ running: false, ...daemon }, () => {
        output.line(asCalled('not running; start it with: sherinctl up'));
        if (sherind !== null) output.line(daemonRow(sherind));
      });
      return Exit.notRunning;
    }
    const found = await client.call('status', {});
    output.result({ running: true, ...found, ...daemon }, () => {
      for (const [name, value] of rows(found)) output.line(`${`${name}:`.padEnd(9)} ${output.name(value)}`);
      if (sherind !== null) output.line(daemonRow(sherind));
    });
    return found.audit.writable ? Exit.done : Exit.failed;
  },
});

function rows(found: Status): [string, string][] {
  const { vault, tpm, fs, mount, past, tree, head, audit, reads } = found;
  const slots = vault.slots
    .map(({ id, type, pin }) => `${type} (slot ${id}${pin ? ', with PIN' : ''})`)
    .join(', ');
  const locks = lockWords(vault);
  const lines: [string, string][] = [
    ['vault', `${vault.path} (${vault.uuid}, generation ${vault.generation})`],
    [
      'state',
      vault.reason === null ? vault.state : `${vault.state} (${vault.reason.code}; see: sherinctl why)`,
    ],
    ...(locks.length === 0 ? [] : ([['lock', locks.join('; ')]] as [string, string][])),
    ...(vault.frozen
      ? ([['stop', 'FROZEN: nothing is changed (see: sherinctl why)']] as [string, string][])
      : []),
    ['tpm', tpm.text],
    ['slots', slots],
    ...(vault.rekey === null ? [] : ([['rekey', rekeyWords(vault.rekey)]] as [string, string][])),
    [
      'mount',
      mount === null
        ? 'not mounted'
        : `${mount.path} (${mount.driver}${mount.allowOther ? `, other users allowed${vault.shared ? '' : ', for whom the vault was not made: see sherinctl doctor'}` : ''})`,
    ],
    ...past.map(({ path, end }): [string, string] => [
      'past',
      `${path}, as it was before ${formatTime(end)}`,
    ]),
  ];
  if (tree !== null) {
    const held =
      tree.quarantined === 0
        ? 'none in quarantine'
        : `${tree.quarantined.toLocaleString('en-US')} IN QUARANTINE`;
    lines.push([
      'content',
      `${formatCount(tree.files, 'file or directory', 'files and directories')}, ${formatCount(tree.objects, 'object')}, ${formatCount(tree.cubes, 'cube')}, ${held}`,
    ]);
  }
  if (head !== null)
    lines.push([
      'head',
      `${formatCount(head.size, 'record')}, ${head.root.slice(0, 16)}…, ${formatTime(head.time)}, TPM counter ${head.nv}`,
    ]);
  if (head !== null && found.logCopy !== null) lines.push(['copy', copyWords(found.logCopy, head.size)]);
  if (found.journal.refused > 0)
    lines.push([
      'journal',
      `${formatCount(found.journal.refused, 'segment')} REFUSED AND KEPT (see: sherinctl why)`,
    ]);
  lines.push(
    [
      'audit',
      `${tree === null ? 'told once the vault is open' : formatCount(audit.size, 'record')}${audit.writable ? '' : ', NOT WRITABLE: nothing that must be recorded is done; free space on the disk of the vault, or: sherinctl audit archive DIR'}`,
    ],
    ...(audit.anchors === null ? [] : [anchorRow(audit.anchors)]),
    [
      'reads',
      `${formatBytes(reads.served)} served, ${formatBytes(reads.decrypted)} decrypted, ${formatCount(reads.hits, 'hit')} and ${formatCount(reads.misses, 'miss', 'misses')} of the cache, ${formatCount(reads.faults, 'fault')}`,
    ],
    [
      'process',
      `sherin-fs ${found.version}, pid ${fs.pid}, up ${formatDuration(fs.uptimeSeconds)}, ${formatBytes(fs.memoryBytes)}, keys in ${fs.keyMemory}`,
    ],
  );
  return lines;
}

/** When it locks itself, in the words of its row. */
function lockWords({ state, autoLock: { seconds, left, beforeSleep } }: Status['vault']): string[] {
  const sleep = {
    ...{ off: [], on: ['before the machine sleeps'] },
    waiting: ['before the machine sleeps, BUT NOBODY TELLS OF IT NOW (is systemd-logind running?)'],
  }[beforeSleep];
  if (seconds === null) return sleep.map((words) => `locks itself ${words}`);
  const after = `locks itself after ${formatDuration(seconds)} without use`;
  return [state === 'unlocked' && left !== null ? `${after}: in ${formatDuration(left)}` : after, ...sleep];
}

/** How far the copy of the log is behind the log. */
function copyWords(
  { size, behindSeconds, failing }: NonNullable<Status['logCopy']>,
  records: number,
): string {
  const all = `${formatCount(records, 'record')} of the log`;
  const since = behindSeconds === 0 ? '' : `, behind for ${formatDuration(behindSeconds)}`;
  const reached = size === null ? `not looked at yet, ${all}` : `${size.toLocaleString('en-US')} of ${all}`;
  return `${reached}${since}${failing === null ? '' : `, NOT WRITTEN: ${failing}`}`;
}

function anchorRow({ size, failing }: NonNullable<Status['audit']['anchors']>): [string, string] {
  const kept = size === 0 ? 'none kept yet' : `kept up to ${formatCount(size, 'record')}`;
  return ['anchors', failing === null ? kept : `${kept}, NOT KEPT SINCE: ${failing}`];
}

function daemonRow({ pid, state, restarts, retryInSeconds, lastError }: DaemonStatus): string {
  const parts = [`pid ${pid}`, state, formatCount(restarts, 'restart')];
  if (retryInSeconds !== null) parts.push(`next start in ${retryInSeconds} s`);
  if (lastError !== null) parts.push(`last start failed: ${lastError}`);
  return `sherind:  ${parts.join(', ')}`;
}
