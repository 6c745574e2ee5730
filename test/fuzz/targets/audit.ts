/** The audit log, what waits to be taken into it, and heads of it that were kept elsewhere. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jcs } from '../../../common/jcs.js';
import { proofText } from '../../../common/proof-document.js';
import { verifier } from '../../../common/signature.js';
import { uuidText } from '../../../common/vault-key.js';
import { Anchors } from '../../../fs/audit/anchors.js';
import { archivedName, archivedText, readArchived } from '../../../fs/audit/archived.js';
import { chainWith } from '../../../fs/audit/chain.fixture.js';
import { frontierOf, MalformedLine, parseLine } from '../../../fs/audit/line.js';
import { event } from '../../../fs/audit/log.fixture.js';
import { AuditLog } from '../../../fs/audit/log.js';
import { readPending } from '../../../fs/audit/pending.js';
import { partsOf } from '../../../fs/audit/record.js';
import { verifyAudit } from '../../../fs/audit/verify.js';
import { system } from '../../../native/index.js';
import { publicKey, signed, uuid, vaultKey } from '../fixed-keys.js';
import { ScratchFile } from '../scratch-file.js';
import { answer, answerOf, same, type Target } from '../target.js';

const mac = (data: Buffer): Buffer => createHmac('sha256', Buffer.alloc(32, 9)).update(data).digest();
const segment = '00000001.jsonl';

interface Made {
  readonly directory: string;
  readonly bytes: Buffer;
  readonly anchors: Buffer;
}

/** A log of a few records, with heads. */
async function madeLog(): Promise<Made> {
  const directory = mkdtempSync(join(tmpdir(), 'sherin-fuzz-'));
  const dir = join(directory, 'audit');
  const keys = { uuid, publicKey, mac, chain: chainWith(mac), write: system.writeDurably, sign: signed };
  const log = await AuditLog.open({ dir, ...keys, expect: null });
  const heads: string[] = [];
  for (let n = 0; n < 4; n++) {
    await log.append(event(n));
    const head = await log.signedHead();
    heads.push(proofText({ v: 1, vault: uuidText(uuid), kind: 'audit-head', head }));
  }
  await log.close();
  const bytes = readFileSync(join(dir, segment));
  return { directory: dir, bytes, anchors: Buffer.from(heads.map((head) => `${head}\n`).join('')) };
}

/** What happened, without what is of one making of the log: times, hashes, signatures. */
function recordsOf(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\n');
  return lines
    .filter((line) => line.startsWith('{"actor"'))
    .map((line) => `${line.replace(/"(mac|prev|ts)":"[^"]*",/g, '')}\n`)
    .join('');
}

function removed(made: Made): void {
  rmSync(join(made.directory, '..'), { recursive: true });
}

export const auditLine: Target = {
  name: 'audit-line',
  form: 'json',
  async begin() {
    const made = await madeLog();
    removed(made);
    return {
      seeds: made.bytes
        .toString()
        .split('\n')
        .filter(Boolean)
        // The same in another form is another line.
        .flatMap((line) => [line, line.replace(',', ', ')])
        .map((line) => Buffer.from(line)),
      run(input) {
        const line = answer(() => parseLine(input), MalformedLine);
        if (line === undefined) return;
        same(Buffer.from(jcs(line)), input, 'a line of the audit log');
        if ('checkpoint' in line) frontierOf(line);
      },
    };
  },
};

export const auditSegment: Target = {
  name: 'audit-segment',
  form: 'lines',
  async begin() {
    const made = await madeLog();
    return {
      seeds: [made.bytes],
      async run(input) {
        writeFileSync(join(made.directory, segment), input);
        const report = await answerOf(() => verifyAudit({ dir: made.directory, uuid, publicKey, mac }));
        if (report === undefined) return;
        // A head less, or twice, is no other log.
        const found = recordsOf(input.subarray(0, input.length - report.torn));
        if (!recordsOf(made.bytes).startsWith(found)) throw new Error('a log is taken that was changed');
      },
      end: () => removed(made),
    };
  },
};

export const auditPending: Target = {
  name: 'audit-pending',
  form: 'lines',
  begin() {
    const file = new ScratchFile('pending.jsonl');
    const line = (n: number): string => `${jcs({ ...event(n), ts: '2026-01-02T03:04:05.678Z', v: 1 })}\n`;
    return {
      seeds: [Buffer.from(line(1) + line(2))],
      async run(input) {
        file.write(input);
        const read = await readPending(file.directory);
        if (read === null) throw new Error('there was a file');
        const lines = partsOf(read.records).toString().split('\n').length - 1;
        if (lines !== 2 * read.records.length)
          throw new Error('a record is not two pieces without line ends');
      },
      end: () => file.end(),
    };
  },
};

export const anchors: Target = {
  name: 'anchors',
  form: 'lines',
  async begin() {
    const made = await madeLog();
    const file = new ScratchFile('anchors');
    const known = new Set(made.anchors.toString().split('\n'));
    return {
      seeds: [made.anchors],
      run(input) {
        file.with(input, (fd) =>
          answer(() => {
            const read = new Anchors(fd, vaultKey);
            for (let size = 0; size < 6; size++) read.meet(size, () => Buffer.alloc(32));
            read.end(6);
            const lines = input
              .toString()
              .split('\n')
              .filter((line) => line.endsWith('}'));
            if (!lines.every((line) => known.has(line)))
              throw new Error('an anchor is taken that nobody has signed');
          }),
        );
      },
      end() {
        file.end();
        removed(made);
      },
    };
  },
};

/** What says which segments are kept elsewhere. */
export const archived: Target = {
  name: 'audit-archived',
  form: 'json',
  begin() {
    const file = new ScratchFile(archivedName);
    const places = [
      { from: 1, to: 2, place: '/srv/archive' },
      { from: 3, to: 3, place: 'tape 7' },
    ];
    const seeds = [places, places.slice(0, 1)].map((parts) => {
      const facts = {
        segments: 3,
        size: 900,
        root: Buffer.alloc(32, 4).toString('base64'),
        time: '5',
        parts,
      };
      return archivedText(facts, { uuid, sign: signed }).bytes;
    });
    return {
      seeds,
      async run(input) {
        file.write(input);
        const signer = { uuid, verify: verifier(publicKey) };
        const read = await answerOf(() => readArchived(file.directory, signer));
        if (read === undefined) return;
        if (!seeds.some((seed) => seed.equals(Buffer.from(jcs(read)))))
          throw new Error('an archive is taken that nobody has signed');
        same(Buffer.from(jcs(read)), Buffer.from(input.toString().replace(/\n$/, '')), 'an archive');
      },
      end: () => file.end(),
    };
  },
};
