import type { VersionInfo } from '../../daemon/protocol/control.js';
import { command, number } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatBytes, formatCount, formatTime } from '../output/units.js';
import type { Session } from '../session.js';
import { historyPage } from '../transfer/version.js';
import { explained, vaultPath } from '../vault-path.js';

export const log = command({
  name: 'log',
  summary: 'Show the versions of a file, newest first',
  details: [
    'All that a path has shown since the vault was made: files that were removed or replaced count, too. `sherinctl restore PATH@NUMBER` brings one back, unless `sherinctl gc` or `sherinctl destroy` gave it up; `sherinctl du --versions PATH` tells the space that each holds.',
  ],
  args: [{ form: '<path>', text: 'a file, which may be gone by now', completes: 'vault-path' }],
  options: { count: number('-n, --count <n>', 'how many (default: 20)', { least: 1, most: 1_000_000 }) },
  examples: [{ text: 'Versions of a letter', line: 'sherinctl log files/letters/a.txt' }],
  run: async (session, [written = ''], { count = 20 }) => {
    const path = vaultPath(written, session.places);
    const { output } = session;
    const last = lastVersions(session, path, count);
    const { versions, total, removals } = await explained(last, written, session.places);
    const newest = versions.slice(-count).reverse();
    output.result({ path, total, versions: newest, removals }, () => {
      const since = BigInt(newest.at(-1)?.time ?? 0);
      const gone = total > newest.length ? removals.filter((time) => BigInt(time) > since) : removals;
      printTable(output, ['VERSION', 'SINCE', 'SIZE', 'ID'], rows(newest, gone));
      const left = total - newest.length;
      if (left > 0)
        output.note(
          `${formatCount(left, 'older version')} ${left === 1 ? 'is' : 'are'} not shown; see --count`,
        );
    });
  },
});

type Versions = Awaited<ReturnType<typeof historyPage>>;

/** The last versions, oldest first: as many as are asked for, or some more. */
async function lastVersions(session: Session, path: string, count: number): Promise<Versions> {
  const client = session.connect();
  let all = await historyPage(session, client, path, undefined);
  while (all.versions.length < count && (all.versions[0]?.number ?? 1) > 1) {
    const { versions, removals } = await historyPage(session, client, path, all.versions[0]?.number);
    all = {
      total: all.total,
      versions: [...versions, ...all.versions],
      removals: [...removals, ...all.removals],
    };
  }
  return all;
}

function idCell(id: string | undefined, collected: VersionInfo['collected']): string {
  const shown = id ?? '(empty)';
  return collected === undefined
    ? shown
    : `${shown} (given up by ${collected.by} ${formatTime(collected.time)})`;
}

/** Versions and removals in the order of their times, newest first. */
function rows(versions: readonly VersionInfo[], removals: readonly string[]): string[][] {
  const lines = [
    ...versions.map(({ number, time, size, id, collected }) => ({
      time,
      cells: [String(number), formatTime(time), formatBytes(size), idCell(id, collected)],
    })),
    ...removals.map((time) => ({ time, cells: ['-', formatTime(time), '-', '(removed)'] })),
  ];
  return lines.sort((a, b) => Number(BigInt(b.time) - BigInt(a.time))).map(({ cells }) => cells);
}
