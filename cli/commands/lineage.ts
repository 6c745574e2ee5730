import type { CallOptions, ControlClient } from '../../daemon/client/control-client.js';
import type { LineageInfo } from '../../daemon/protocol/control.js';
import { command } from '../definition.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { formatTime } from '../output/units.js';
import { findVersion, parseVersionName } from '../transfer/version.js';
import { explained, vaultTarget } from '../vault-path.js';

export const lineage = command({
  name: 'lineage',
  summary: 'Show what a version was made from, and what was made from it',
  details: [
    'Results of bots name what they were made from, with the task and the bot. Other files have no origin. A version that others were made from is shown as long as the log is there, even when its content was given up.',
  ],
  args: [{ form: '<target>', text: 'a file, PATH@VERSION, or a Sherin ID', completes: 'vault-path' }],
  examples: [{ text: 'Where a result came from', line: 'sherinctl lineage files/results/summary.txt' }],
  run: async (session, [written = '']) => {
    const { output } = session;
    const client = session.connect();
    const progress = new Progress('lineage', 'records', output.json);
    const options = { progress: (done: number, total: number) => progress.update(done, total) };
    const ask = (target: string) => everyRelative(client, target, options);
    try {
      const found = explained(ask(vaultTarget(written, session.places)), written, session.places);
      const info = await found.catch(async (error: unknown) => {
        const name = parseVersionName(written);
        if (name === null) throw error;
        const { id } = await findVersion(session, client, name);
        if (id === undefined) throw error;
        return ask(id);
      });
      progress.stop();
      output.result({ ...info }, () => show(output, info));
    } finally {
      progress.stop();
    }
  },
});

type Lineage = Omit<LineageInfo, 'more'>;
type Version = LineageInfo['versions'][number];

/** All pages. */
async function everyRelative(client: ControlClient, target: string, options: CallOptions): Promise<Lineage> {
  const { more: _, ...all } = await client.call('lineage', { target }, options);
  for (let more = _; more; ) {
    const after = all.versions.at(-1)?.id ?? '';
    const page = await client.call('lineage', { target, after }, options);
    for (const list of ['ancestors', 'descendants'] as const) all[list].push(...page[list]);
    all.versions.push(...page.versions);
    more = page.more;
  }
  return all;
}

function show(output: Output, { id, ancestors, descendants, versions }: Lineage): void {
  const known = new Map(versions.map((version) => [version.id, version]));
  const line = (one: string): string => described(output, one, known.get(one));
  output.line(line(id));
  for (const [title, ids] of [
    ['made from:', ancestors],
    ['led to:', descendants],
  ] as const) {
    if (ids.length > 0) output.line(title);
    for (const one of ids) output.line(`  ${line(one)}`);
  }
  if (ancestors.length + descendants.length === 0)
    output.line('no origin is recorded, and nothing was made from it');
}

function described(output: Output, id: string, version: Version | undefined): string {
  const made = version?.made.at(-1);
  const bot = `${made?.bot ?? ''} ${made?.botVersion ?? ''}`.trim();
  const words = [
    ...(version?.paths ?? []).map((path) => output.name(path)),
    ...(version?.kept === false ? ['(given up)'] : []),
    ...(made === undefined ? [] : [formatTime(made.time)]),
    ...(made === undefined || made.task === '' ? [] : [`task ${output.name(made.task)}`]),
    ...(bot === '' ? [] : [`bot ${output.name(bot)}`]),
  ];
  return [id, ...words].join('  ');
}
