import { join, resolve } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { isConsistent, rootFromInclusion } from '../../common/merkle-proofs.js';
import type { AuditHeadForm } from '../../common/proof-document.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import { auditMethods } from '../../daemon/protocol/audit.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, group, number, text } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount, formatTime } from '../output/units.js';
import { askAudit, ownRecords, wholeRecords } from '../service/audit.js';
import { runKeyless } from '../service/keyless.js';
import { namedHead, printProof, wholeHead } from '../service/proofs.js';
import { runSherinFs } from '../service/sherin-fs.js';
import { runVerifier } from '../service/verifier.js';
import type { Session } from '../session.js';
import { archive } from './audit-archive.js';

const archivePlace = text('--archive <dir>', 'where audit archive has put old segments', 'directory');

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
  details: [
    'Kept elsewhere, it shows later that the log is still the one that it was: with --json it is one line, and a file of such lines is what audit verify --anchors takes.',
  ],
  examples: [{ text: 'Keep it elsewhere', line: 'sherinctl audit head --json >> /media/usb/anchors' }],
  run: async (session) => {
    const found = await askAudit(
      session,
      (client) => client.call('audit.head', {}),
      (client) => client.call('audit.head'),
    );
    const { vault, ...signed } = found;
    printProof({ v: 1, kind: 'audit-head', vault, head: signed }, session.output, () =>
      printHead(signed, session.output),
    );
  },
});

const prove = command({
  name: 'prove',
  summary: 'Prove that a record of the audit log is one of those that its head signs',
  details: [
    'The path leads from the record (leaf) to the root that the head signs, as in RFC 9162: SHA-256(0x00, line) is the leaf, SHA-256(0x01, left, right) each node. With --json it is a document that audit verify-proof and sherin-verify check with the public key alone.',
    'A record that audit archive has moved away is proven with --archive, from both places, by whoever may read the vault.',
  ],
  args: [{ form: '<seq>', text: 'number of the record, as tail shows it', completes: 'nothing' }],
  options: { archive: archivePlace },
  examples: [
    { text: 'The first record', line: 'sherinctl audit prove 0' },
    { text: 'One that is archived', line: 'sherinctl audit prove 0 --archive /media/archive/audit' },
  ],
  run: async (session, [place = ''], { archive: folder }) => {
    const seq = Number(place);
    if (!/^\d{1,15}$/.test(place))
      throw new SherinError('USAGE', { what: `'${place}' is no number of a record` });
    const proof =
      folder === undefined
        ? await askAudit(
            session,
            (client) => client.call('audit.prove', { seq }),
            (client) => client.call('audit.prove', { seq }),
          )
        : await proveArchived(session, folder, seq);
    requireProof(proof);
    const { output } = session;
    printProof({ v: 1, kind: 'audit-inclusion', ...proof }, output, () => {
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
    'What audit archive has moved away is not looked at, and told of; with --archive it is, with the public key alone.',
    'With --anchors it also has to contain every head in a file, one on each line as audit head --json prints them, oldest first. A log that ends before one of them was cut off.',
  ],
  options: {
    anchors: text('--anchors <file>', 'heads that were kept elsewhere', 'file'),
    archive: archivePlace,
  },
  examples: [
    { text: 'Check it', line: 'sherinctl audit verify' },
    { text: 'With heads kept elsewhere', line: 'sherinctl audit verify --anchors /media/usb/anchors' },
  ],
  run: async (session, _args, { anchors, archive: folder }) => {
    const { output } = session;
    if (anchors !== undefined || folder !== undefined) {
      const also = [
        ...(anchors === undefined ? [] : ['--anchors', anchors]),
        ...(folder === undefined ? [] : ['--archive', folder]),
      ];
      return runVerifier(session, ['audit', join(session.places.vault, 'audit'), ...also]);
    }
    const client = session.connectIfRunning();
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
      if (result.archived !== null) {
        const { segments, records, parts } = result.archived;
        const places = parts.map(
          ({ from, to, place }) => `segments ${from} to ${to} in ${output.name(place)}`,
        );
        output.line(
          `not looked at: the first ${formatCount(records, 'record')}, archived as the vault's key says (segments 1 to ${segments}: ${places.join(', ')}); with --archive DIR they are`,
        );
      }
      if (result.unauthenticated > 0) {
        output.line(
          'such records (a mount or scrub of a locked vault, a refused unlock) joined the log at the next unlock; nothing proves that they were not changed before',
        );
      }
    });
    return undefined;
  },
});

const consistency = command({
  name: 'consistency',
  summary: 'Prove that the audit log of one head begins with that of an older one',
  details: [
    'A head is a number of records, or a file with the head as audit head --json prints it. The second is the present one where none is named. RFC 9162, section 2.1.4.',
  ],
  args: [
    { form: '<from>', text: 'the older head', completes: 'file' },
    { form: '[to]', text: 'the newer head', completes: 'file' },
  ],
  examples: [{ text: 'With a head kept elsewhere', line: 'sherinctl audit consistency head.json' }],
  run: async (session, [from = '', to]) => {
    const client = session.connect();
    const older = namedHead(from);
    const newer = to === undefined ? await client.call('audit.head', {}) : namedHead(to);
    const sizes = { from: older.size, to: newer.size };
    const { vault, path, ...heads } = await client.call('audit.consistency', sizes);
    const ends = { from: wholeHead(older, heads.from), to: wholeHead(newer, heads.to) };
    requireConsistent(ends.from, ends.to, path);
    const { output } = session;
    printProof({ v: 1, kind: 'audit-consistency', vault, path, ...ends }, output, () => {
      output.line(`consistent: ${formatCount(ends.from.size, 'record')} of ${ends.to.size}`);
      for (const [at, hash] of path.entries()) output.line(`${at === 0 ? 'path:' : ''}`.padEnd(8) + hash);
      printHead(ends.to, output);
    });
  },
});

const verifyProof = command({
  name: 'verify-proof',
  summary: 'Check a proof or a signed head with the public key of the vault alone',
  details: [
    'A proof is what audit prove, audit consistency and audit head print with --json, and what the attribute user.sherin.proof of a file is. Without --key the key is the one that this machine remembers of the vault.',
  ],
  args: [{ form: '<file>', text: 'the proof; - for the standard input', completes: 'file' }],
  options: {
    key: text('--key <file>', 'public key of the vault', 'file'),
    file: text('--file <file>', 'the content that the proof is about', 'file'),
  },
  examples: [
    { text: 'A record', line: 'sherinctl audit prove 17 --json | sherinctl audit verify-proof -' },
    {
      text: 'A file',
      line: 'getfattr --only-values -n user.sherin.proof ~/sherin/files/a | sherinctl audit verify-proof -',
    },
  ],
  run: (session, [file = ''], options) => {
    const content = options.file === undefined ? [] : ['--file', options.file];
    return runVerifier(session, ['verify-proof', file, ...content], options.key);
  },
});

export const audit = group(
  {
    name: 'audit',
    summary: 'Read and check the audit log',
    examples: [{ text: 'The last records', line: 'sherinctl audit tail' }],
  },
  [tail, head, prove, consistency, verify, verifyProof, archive],
);

type Proof = ControlResult<'audit.prove'>;

/** From the files of both places, without a key. */
function proveArchived({ places }: Session, folder: string, seq: number): Promise<Proof> {
  const args = ['audit-prove', ...placeFlags(places), '--archive', resolve(folder), '--seq', String(seq)];
  return runKeyless(args, auditMethods['audit.prove'].result, () => undefined);
}

function printHead({ size, root, time, signature }: AuditHeadForm, output: Output): void {
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

/** As {@link requireProof}, of two heads. @throws SherinError AUDIT_BROKEN */
function requireConsistent(from: AuditHeadForm, to: AuditHeadForm, path: readonly string[]): void {
  const point = ({ size, root }: AuditHeadForm) => ({ size, root: Buffer.from(root, 'base64') });
  const hashes = path.map((hash) => Buffer.from(hash, 'base64'));
  if (!isConsistent(point(from), point(to), hashes))
    throw new SherinError('AUDIT_BROKEN', {
      part: `the log of ${formatCount(to.size, 'record')} does not begin with that of the head of ${from.size}`,
    });
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
