import type { StatInfo } from '../../daemon/protocol/control.js';
import { command } from '../definition.js';
import { formatBytes, formatCount, formatMode, formatTime } from '../output/units.js';
import { explained, vaultTarget } from '../vault-path.js';

export const stat = command({
  name: 'stat',
  summary: 'Show all that the vault knows of one file',
  args: [{ form: '<target>', text: 'a path or Sherin ID', completes: 'vault-path' }],
  examples: [{ text: 'By path', line: 'sherinctl stat files/letters/a.pdf' }],
  run: async (session, [target]) => {
    const found = await explained(
      session.connect().call('stat', { target: vaultTarget(target ?? '', session.places) }),
      target ?? '',
      session.places,
    );
    const { output } = session;
    output.result(found, () => {
      for (const [name, value] of rows(found)) output.line(`${`${name}:`.padEnd(10)} ${output.name(value)}`);
    });
  },
});

function rows({
  path,
  entry,
  cubes,
  holes,
  root,
  versions,
  verified,
  namespace,
}: StatInfo): [string, string][] {
  const lines: [string, string][] = [
    ['path', path],
    ['kind', entry.kind === 'symlink' ? `symlink to ${entry.target ?? ''}` : entry.kind],
    ['id', entry.id ?? 'none'],
    [
      'size',
      entry.size < 1024
        ? formatCount(entry.size, 'byte')
        : `${entry.size} bytes (${formatBytes(entry.size)})`,
    ],
    [
      'mode',
      `${formatMode(entry.kind, entry.mode)} (${entry.mode.toString(8).padStart(4, '0')}), uid ${entry.uid}, gid ${entry.gid}, ${formatCount(entry.nlink, 'link')}`,
    ],
    ['modified', formatTime(entry.mtime)],
    ['accessed', formatTime(entry.atime)],
    ['changed', formatTime(entry.ctime)],
    ['policy', entry.policy],
  ];
  if (namespace !== undefined)
    lines.push(['namespace', `${namespace.name}${namespace.own ? ', its own' : ''}`]);
  if (entry.kind === 'file') {
    lines.push(
      [
        'content',
        `${formatCount(cubes, 'cube')}, ${formatCount(holes, 'hole')}, ${formatCount(versions, 'version')}`,
      ],
      ['root', root ?? 'none'],
      ['verified', verified === null ? 'not in this run' : formatTime(verified)],
    );
  }
  if (entry.xattrs !== undefined && entry.xattrs.length > 0) {
    lines.push(['xattrs', entry.xattrs.map(([name]) => name).join(', ')]);
  }
  return lines;
}
