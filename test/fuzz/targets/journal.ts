/** The journal and the copy of the log: files that anybody may have written, and what is in them once it is decrypted. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { MalformedBytes } from '../../../common/bytes.js';
import { entriesOf, lastHead } from '../../../fs/log-copy/entries.js';
import { entryTypes, groupMessage, sealFrame } from '../../../fs/log-copy/frame.js';
import { scanSegment as scanCopy } from '../../../fs/log-copy/scan.js';
import { newSegmentHead as newCopyHead } from '../../../fs/log-copy/segment-head.js';
import { encodeHead } from '../../../fs/manifest/head.js';
import { encodeRecord } from '../../../fs/manifest/record-codec.js';
import { mutation, slot } from '../../../fs/manifest/testing/arbitraries.js';
import { countingEntries, wholeAppends } from '../../../fs/writing/journal/appends.js';
import {
  type AppendHead,
  type Entry,
  EntryWriter,
  readEntries,
} from '../../../fs/writing/journal/entries.js';
import { FrameChain } from '../../../fs/writing/journal/frames.js';
import { judge } from '../../../fs/writing/journal/judge.js';
import { framesOf, scanSegment } from '../../../fs/writing/journal/scan.js';
import { newSegmentHead, noTag } from '../../../fs/writing/journal/segment-head.js';
import { fixedKeyring, uuid } from '../fixed-keys.js';
import { ScratchFile } from '../scratch-file.js';
import { answer, answerOf, same, type Target } from '../target.js';
import { framed, unframed } from './manifest.js';

const epoch = Buffer.alloc(8, 7);

function entries(): (Entry | AppendHead)[] {
  const [change] = fc.sample(mutation, { seed: 1, numRuns: 1 });
  const [stored] = fc.sample(slot, { seed: 2, numRuns: 1 });
  const file = { inode: 5, version: 1 };
  if (change === undefined || stored === undefined) return [];
  return [
    { type: 'append', number: 1, count: 6, oldest: 1, next: 2 },
    { type: 'mutation', number: 2, record: encodeRecord(change, 0n) },
    { type: 'version', number: 3, ...file, time: 5n },
    { type: 'length', ...file, cut: 3, length: 70_000, written: 6n },
    { type: 'slot', ...file, index: 0, limit: 65_536, slot: stored },
    { type: 'data', ...file, offset: 65_536, bytes: Buffer.from('content') },
    { type: 'holes', ...file, first: 1, count: 2 },
  ];
}

function written(list: readonly (Entry | AppendHead)[]): Buffer {
  const room = Buffer.alloc(64 * 1024);
  const writer = new EntryWriter(room);
  for (const entry of list) if (!writer.add(entry)) throw new Error('there is no room');
  return Buffer.from(room.subarray(0, writer.length));
}

export const journalEntries: Target = {
  name: 'journal-entries',
  form: 'bytes',
  begin: () => ({
    seeds: [written(entries()), ...entries().map((entry) => written([entry]))],
    run(input) {
      const read = answer(() => [...readEntries(input)], MalformedBytes);
      if (read !== undefined) same(written(read), input, 'a frame of the journal');
    },
  }),
};

/** Frames as a session seals them: what is in them is anything. */
export const journalSegment: Target = {
  name: 'journal-segment',
  form: 'bytes',
  begin() {
    const file = new ScratchFile('00000001.journal');
    const keyring = fixedKeyring();
    return {
      seeds: [
        framed([written(entries()), written(entries().slice(0, 1))]),
        framed(entries().map((one) => written([one]))),
      ],
      run(input) {
        const head = newSegmentHead(1, epoch, noTag);
        const chain = new FrameChain(keyring, head);
        const frames = [...unframed(input)].filter((frame) => frame.length > 0);
        const bytes = Buffer.concat([head.bytes, ...frames.map((frame) => chain.seal(Buffer.from(frame)))]);
        file.with(bytes, (fd) =>
          answer(() => {
            judge([scanSegment(fd, 1, keyring, () => true)], epoch);
            const read = function* () {
              for (const { plain } of framesOf(fd, 1, keyring)) yield* readEntries(plain);
            };
            const whole = wholeAppends([read()]);
            for (const _ of countingEntries([read()], whole));
          }, MalformedBytes),
        );
      },
      end() {
        keyring.wipe();
        file.end();
      },
    };
  },
};

/** The file itself is anything. */
export const journalFile: Target = {
  name: 'journal-file',
  form: 'bytes',
  begin() {
    const file = new ScratchFile('00000001.journal');
    const keyring = fixedKeyring();
    const head = newSegmentHead(1, epoch, noTag);
    head.bytes.fill(4, 16, 40);
    const sealed = new FrameChain(keyring, head).seal(written(entries()));
    const seed = Buffer.concat([head.bytes, sealed]);
    return {
      seeds: [seed, Buffer.concat([seed, Buffer.alloc(64)]), Buffer.alloc(200)],
      run(input) {
        const found = file.with(input, (fd) =>
          answer(() => scanSegment(fd, 1, keyring, () => true), MalformedBytes),
        );
        if (found?.kind !== 'segment') return;
        judge([found], epoch);
        if (found.frames.length > 0 && !input.subarray(0, seed.length).equals(seed))
          throw new Error('a frame is taken that was changed');
      },
      end() {
        keyring.wipe();
        file.end();
      },
    };
  },
};

const treeHead = encodeHead({
  ...{ size: 3, root: Buffer.alloc(32, 1), time: 1n, nv: 4n, headerGeneration: 1 },
  ...{ headerHash: Buffer.alloc(32, 2), auditSize: 5, auditRoot: Buffer.alloc(32, 3), snapshotSize: 0 },
  ...{ stateRoot: Buffer.alloc(32), journal: 0, journalEpoch: Buffer.alloc(8) },
});

function entry(type: number, bytes: Buffer): Buffer {
  const start = Buffer.alloc(5);
  start.writeUInt8(type);
  start.writeUInt32LE(bytes.length, 1);
  return Buffer.concat([start, bytes]);
}

/** A segment of the copy as a session writes it, each frame but empty ones sealed, each empty one the end of a group. */
function copied(frames: readonly Buffer[], keyring: ReturnType<typeof fixedKeyring>, salt?: Buffer): Buffer {
  const head = newCopyHead(1, 0);
  if (salt !== undefined) salt.copy(head.bytes, 16);
  let bytes: Buffer = head.bytes;
  let index = 0;
  for (const frame of frames) {
    if (frame.length > 0)
      bytes = Buffer.concat([bytes, sealFrame(keyring, head, index++, Buffer.from(frame))]);
    else {
      const signature = keyring.sign(groupMessage(uuid, createHash('sha256').update(bytes).digest()));
      bytes = Buffer.concat([bytes, Buffer.alloc(4), signature]);
    }
  }
  return bytes;
}

async function lookAt(fd: number, keyring: ReturnType<typeof fixedKeyring>): Promise<number> {
  const signer = { uuid, publicKey: keyring.publicKey() };
  const scanned = await answerOf(() => scanCopy(fd, 1, signer));
  if (scanned == null) return 0;
  const read = async (): Promise<void> => {
    await lastHead(fd, scanned, keyring, signer);
    for await (const _ of entriesOf(fd, scanned, keyring, signer));
  };
  await answerOf(read, MalformedBytes);
  return scanned.whole;
}

function groups(keyring: ReturnType<typeof fixedKeyring>): Buffer[] {
  const signature = keyring.sign(Buffer.from('another thing'));
  const [change] = fc.sample(mutation, { seed: 1, numRuns: 1 });
  const head = entry(entryTypes.head, Buffer.concat([treeHead, signature]));
  const records = entry(entryTypes.record, change === undefined ? Buffer.alloc(1) : encodeRecord(change, 5n));
  return [Buffer.concat([records, entry(entryTypes.node, Buffer.alloc(80, 1))]), head, Buffer.alloc(0)];
}

export const copySegment: Target = {
  name: 'log-copy-segment',
  form: 'bytes',
  begin() {
    const file = new ScratchFile('00000001.log');
    const keyring = fixedKeyring();
    const group = groups(keyring);
    return {
      seeds: [framed(group), framed([...group, ...group])],
      async run(input) {
        await file.withAsync(copied([...unframed(input)], keyring), (fd) => lookAt(fd, keyring));
      },
      end() {
        keyring.wipe();
        file.end();
      },
    };
  },
};

export const copyFile: Target = {
  name: 'log-copy-file',
  form: 'bytes',
  begin() {
    const file = new ScratchFile('00000001.log');
    const keyring = fixedKeyring();
    const seed = copied(groups(keyring), keyring, Buffer.alloc(32, 4));
    return {
      seeds: [seed],
      async run(input) {
        const whole = await file.withAsync(input, (fd) => lookAt(fd, keyring));
        if (whole > 0 && !input.subarray(0, whole).equals(seed.subarray(0, whole)))
          throw new Error('a group is taken that was changed');
      },
      end() {
        keyring.wipe();
        file.end();
      },
    };
  },
};
