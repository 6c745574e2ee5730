import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { command, group, number } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount } from '../output/units.js';
import { runSherinFs } from '../service/sherin-fs.js';

const tail = command({
  name: 'tail',
  summary: 'Show the last records of the audit log',
  options: { count: number('-n, --count <n>', 'how many (default: 20)', { least: 1, most: 200 }) },
  examples: [{ text: 'The last 50', line: 'sherinctl audit tail -n 50' }],
  run: async (session, _args, { count }) => {
    const { records } = await session.connect().call('audit.tail', count === undefined ? {} : { count });
    session.output.result({ records }, () => {
      for (const record of records) session.output.line(line(record, session.output));
    });
  },
});

const verify = command({
  name: 'verify',
  summary: 'Check the whole audit log: chain, authentication, signed heads',
  details: [
    'What happens while the vault is locked is noted without a key and joins the log at the next unlock. Such records are counted apart: nothing proves that they were not changed in between.',
    'Where sherin-fs is not running, the log is checked with the public key alone: chain and signed heads, without the keyed authentication.',
  ],
  examples: [{ text: 'Check it', line: 'sherinctl audit verify' }],
  run: async (session) => {
    const client = session.connectIfRunning();
    const { output } = session;
    if (client === null)
      return runSherinFs(['audit-verify', ...placeFlags(session.places), ...(output.json ? ['--json'] : [])]);
    const result = await client.call('audit.verify', {});
    output.result(result, () => {
      const loose =
        result.unauthenticated === 0
          ? ''
          : `, ${formatCount(result.unauthenticated, 'record')} noted while no key was there`;
      output.line(
        `audit log verified: ${formatCount(result.records, 'record')}, ${formatCount(result.heads, 'signed head')}${loose}`,
      );
      output.line(`root: ${result.root}`);
      if (result.unauthenticated > 0) {
        output.line(
          'such records (a mount or scrub of a locked vault, a refused unlock) joined the log at the next unlock; nothing proves that they were not changed before',
        );
      }
    });
    return undefined;
  },
});

export const audit = group(
  {
    name: 'audit',
    summary: 'Read and check the audit log',
    examples: [{ text: 'The last records', line: 'sherinctl audit tail' }],
  },
  [tail, verify],
);

/** `ts event id who meta`; what is not of that form is shown as JSON. */
function line(record: Readonly<Record<string, unknown>>, output: Output): string {
  const { ts, event, id, actor, meta } = record;
  if (typeof event !== 'string') return output.name(JSON.stringify(record));
  const parts = [
    String(ts ?? ''),
    event,
    typeof id === 'string' ? id : '-',
    JSON.stringify(actor ?? {}),
    JSON.stringify(meta ?? {}),
  ];
  return output.name(parts.join('  '));
}
