import { SherinError } from '../../common/errors.js';
import { rootFromInclusion } from '../../common/merkle-proofs.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, group, number } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount, formatTime } from '../output/units.js';
import { askAudit, ownRecords, wholeRecords } from '../service/audit.js';
import { runSherinFs } from '../service/sherin-fs.js';

const tail = command({
  name: 'tail',
  summary: 'Show the last records of the audit log',
  details: [
    'Root and who runs the vault see all of it. Others see, by way of sherind, what they did and what was done for them, without texts longer than a short name.',
  ],
  options: { count: number('-n, --count <n>', 'how many (default: 20)', { least: 1, most: 200 }) },
  examples: [{ text: 'The last 50', line: 'sherinctl audit tail -n 50' }],
  run: async (session, _args, { count = 20 }) => {
    const records = await askAudit<readonly Readonly<Record<string, unknown>>[]>(
      session,
      (client) => wholeRecords(client, count),
      (client) => ownRecords(client, count),
    );
    session.output.result({ records }, () => {
      for (const record of records) session.output.line(line(record, session.output));
    });
  },
});

const head = command({
  name: 'head',
  summary: 'Show the signed head of the audit log: how many records there are, and the root over them',
  details: ['Kept elsewhere, it shows later that the log is still the one that it was.'],
  examples: [{ text: 'For machines', line: 'sherinctl audit head --json' }],
  run: async (session) => {
    const found = await askAudit(
      session,
      (client) => client.call('audit.head', {}),
      (client) => client.call('audit.head'),
    );
    session.output.result(found, () => printHead(found, session.output));
  },
});

const prove = command({
  name: 'prove',
  summary: 'Prove that a record of the audit log is one of those that its head signs',
  details: [
    'The path leads from the record (leaf) to the root that the head signs, as in RFC 9162: SHA-256(0x00, line) is the leaf, SHA-256(0x01, left, right) each node. For an old record of a long log it takes a while.',
  ],
  args: [{ form: '<seq>', text: 'number of the record, as tail shows it', completes: 'nothing' }],
  examples: [{ text: 'The first record', line: 'sherinctl audit prove 0' }],
  run: async (session, [text = '']) => {
    const seq = Number(text);
    if (!/^\d{1,15}$/.test(text))
      throw new SherinError('USAGE', { what: `'${text}' is no number of a record` });
    const proof = await askAudit(
      session,
      (client) => client.call('audit.prove', { seq }),
      (client) => client.call('audit.prove', { seq }),
    );
    requireProof(proof);
    const { output } = session;
    output.result(proof, () => {
      output.line(`record: ${seq}`);
      output.line(`leaf:   ${proof.leaf}`);
      for (const [at, hash] of proof.path.entries())
        output.line(`${at === 0 ? 'path:' : ''}`.padEnd(8) + hash);
      printHead(proof.head, output);
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
  [tail, head, prove, verify],
);

type Proof = ControlResult<'audit.prove'>;

function printHead({ size, root, time, signature }: Proof['head'], output: Output): void {
  output.line(`head:   ${formatCount(size, 'record')}, ${formatTime(time)}`);
  output.line(`root:   ${root}`);
  output.line(`signed: ${signature}`);
}

/** What is shown as a proof is one. @throws SherinError AUDIT_BROKEN */
function requireProof({ seq, leaf, path, head: { size, root } }: Proof): void {
  const [bytes, ...hashes] = [leaf, ...path].map((hash) => Buffer.from(hash, 'base64'));
  const reached = bytes === undefined ? undefined : rootFromInclusion(seq, size, bytes, hashes);
  if (reached?.toString('base64') !== root)
    throw new SherinError('AUDIT_BROKEN', { part: `what was told of record ${seq} is no proof` });
}

/** `seq ts event id who meta`; what is not of that form is shown as JSON. */
function line(record: Readonly<Record<string, unknown>>, output: Output): string {
  const { seq, ts, event, id, meta } = record;
  if (typeof event !== 'string') return output.name(JSON.stringify(record));
  const { uid, pid, exe, actor = { uid, pid, exe } } = record;
  const parts = [
    String(seq ?? '-'),
    typeof ts === 'number' ? new Date(ts).toISOString() : String(ts ?? ''),
    event,
    typeof id === 'string' ? id : '-',
    JSON.stringify(actor ?? {}),
    JSON.stringify(meta ?? {}),
  ];
  return output.name(parts.join('  '));
}
