/** What firmware and boot programs have measured, and boot programs themselves: whoever wrote them may be hostile. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MalformedBytes } from '../../../common/bytes.js';
import { authenticodeRanges } from '../../../fs/event-log/authenticode.js';
import { changeWords } from '../../../fs/event-log/change-words.js';
import { compareEvents } from '../../../fs/event-log/compare.js';
import { describe } from '../../../fs/event-log/describe.js';
import { imagePath } from '../../../fs/event-log/device-path.js';
import { parseVariable, variableData } from '../../../fs/event-log/efi-variable.js';
import { type BootEvent, parseEventLog } from '../../../fs/event-log/event-log.js';
import { EventType } from '../../../fs/event-log/event-types.js';
import { bootEvents, fixture } from '../../../fs/event-log/fixtures.fixture.js';
import { program } from '../../../fs/event-log/program.fixture.js';
import { replay } from '../../../fs/event-log/replay.js';
import { certificateName, parseSignatureLists } from '../../../fs/event-log/signature-list.js';
import { readMeasured } from '../../../fs/service/boot/measured.js';
import { pcrReasons } from '../../../fs/service/boot/pcr-reasons.js';
import { VaultDirectory } from '../../../fs/vault/directory.js';
import { keepSealingLog, readSealingLog } from '../../../fs/vault/sealing-log.js';
import { publicKey, signed, uuid } from '../fixed-keys.js';
import { answer, same, type Target } from '../target.js';

const boots = ['systemd-boot', 'own-keys', 'secure-boot'] as const;
/** Characters of the longest sentence about one event, or about two. */
const longest = 2048;

/** @throws Error where a terminal would act on it, or a log could fill the screen with it */
function requirePlain(text: string | null | undefined): void {
  if (text != null && (/\p{C}/u.test(text) || text.length > longest))
    throw new Error('what was measured is told as it stands there');
}

function requireDescribed(event: BootEvent): void {
  const { subject, detail } = describe(event);
  requirePlain(subject);
  requirePlain(detail);
}

export const eventLog: Target = {
  name: 'event-log',
  form: 'bytes',
  begin() {
    const real = bootEvents('own-keys');
    return {
      seeds: boots.map((name) => fixture(`${name}.log`)),
      run(input) {
        const log = answer(() => parseEventLog(input), MalformedBytes);
        if (log?.format !== 'crypto-agile') return;
        for (const event of log.events) requireDescribed(event);
        for (const bank of log.banks) {
          replay(log.events, bank);
          for (const change of compareEvents(real, log.events, bank)) requirePlain(changeWords(change));
        }
      },
    };
  },
};

const types: readonly number[] = Object.values(EventType);

/** The data of one event, behind a byte for its type and one for its PCR. */
export const measuredEvent: Target = {
  name: 'measured-event',
  form: 'bytes',
  begin: () => ({
    seeds: [
      // A text that is cut.
      { type: EventType.postCode, pcr: 0, data: Buffer.from(`a${'\u{1f4be}'.repeat(150)}`) },
      ...boots.flatMap((name) => bootEvents(name)),
    ].map(({ type, pcr, data }) => Buffer.concat([Buffer.from([types.indexOf(type), pcr]), data])),
    run(input) {
      const [type = EventType.postCode, pcr] = [types[(input[0] ?? 0) % types.length], (input[1] ?? 0) % 24];
      const data = input.subarray(2);
      requireDescribed({ number: 1, type, pcr, digests: new Map(), data });
      const variable = parseVariable(data);
      if (variable !== null) same(variableData(data, variable, variable.value), data, 'an EFI variable');
      const path = imagePath(data);
      requirePlain(path?.file);
      if (path?.partition != null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(path.partition))
        throw new Error('a partition without a GUID');
    },
  }),
};

export const signatureList: Target = {
  name: 'signature-list',
  form: 'bytes',
  begin: () => ({
    seeds: [
      fixture('own-keys-dbx.variable').subarray(4),
      ...boots
        .flatMap((name) => bootEvents(name))
        .filter(({ type }) => type === EventType.variableDriverConfig)
        .flatMap(({ data }) => parseVariable(data)?.value ?? []),
    ],
    run(input) {
      const entries = parseSignatureLists(input);
      if (entries === null) return;
      // The owner stands before each.
      const bytes = entries.reduce((sum, { data }) => sum + 16 + data.length, 0);
      if (bytes > input.length) throw new Error('entries have more bytes than their lists');
      for (const { data } of entries) requirePlain(certificateName(data));
    },
  }),
};

/** The beginning of a program, behind the size of its file. */
export const authenticode: Target = {
  name: 'authenticode',
  form: 'bytes',
  begin() {
    const programs = [
      program([[512, 512]], 1024, 0),
      program(
        [
          [1536, 512],
          [512, 768],
        ],
        2400,
        300,
      ),
    ];
    const narrow = program([[512, 512]], 1024, 0);
    narrow.writeUInt16LE(0x10b, 88);
    narrow.writeUInt32LE(16, 88 + 92);
    return {
      seeds: [...programs, narrow].map((file) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(file.length);
        return Buffer.concat([size, file]);
      }),
      run(input) {
        if (input.length < 4) return;
        const size = input.readUInt32LE(0);
        const ranges = authenticodeRanges(input.subarray(4), size);
        if (ranges === null) return;
        if (!ranges.every(({ from, to }) => 0 <= from && from <= to && to <= size))
          throw new Error('a range that the file does not have');
        const [first, second] = ranges;
        if (first?.from !== 0 || second?.from !== first.to + 4) throw new Error('the checksum is hashed');
      },
    };
  },
};

const slot = { id: 3, bank: 'sha256', pcrDigest: 'ab'.repeat(32) } as const;
/** What a byte before the file says of it. */
const asItIs = 0;

/** The log that is kept with a slot: as somebody has left it there, or, behind another byte, as this vault has signed it. */
export const sealingLog: Target = {
  name: 'sealing-log',
  form: 'bytes',
  async begin() {
    const path = mkdtempSync(join(tmpdir(), 'sherin-fuzz-'));
    const directory = await VaultDirectory.open(path);
    const place = { directory, uuid };
    const logs = boots.map((name) => fixture(`${name}.log`));
    const boot = { state: 'read', path: '/sys/log', bytes: fixture('own-keys-dbx.log') } as const;
    const files: Buffer[] = [];
    for (const log of logs) {
      await keepSealingLog(place, slot, log, (message) => {
        const signature = signed(message);
        files.push(Buffer.concat([signature, log]));
        return signature;
      });
    }
    const tell = (bytes: Buffer): void => {
      const before = readMeasured(bytes, slot.bank);
      const now = readMeasured(boot.bytes, slot.bank);
      if (typeof now === 'string') throw new Error(`the recorded log: ${now}`);
      const changes = Array.from({ length: 24 }, (_, pcr) => {
        const was = typeof before === 'string' ? null : before.value(pcr);
        return { pcr, was: was ?? '', is: now.value(pcr) ?? '' };
      });
      const reasons = pcrReasons({ slot, changes, sealing: { state: 'signed', bytes }, boot });
      for (const reason of reasons) requirePlain(reason);
    };
    return {
      seeds: [
        ...files.map((file) => Buffer.from([asItIs, ...file])),
        ...logs.map((log) => Buffer.from([1, ...log])),
      ],
      async run(input) {
        const given = input.subarray(1);
        if (input[0] === asItIs) writeFileSync(directory.inside(`event-logs/${slot.id}`), given);
        else await keepSealingLog(place, slot, given, signed);
        const read = await readSealingLog(place, slot, publicKey);
        if (read.state === 'missing') throw new Error('there was a file');
        if (read.state === 'forged') return;
        if (input[0] === asItIs && !files.some((file) => file.equals(given)))
          throw new Error('a log is taken that nobody has signed');
        tell(read.bytes);
      },
      end() {
        directory.close();
        rmSync(path, { recursive: true });
      },
    };
  },
};
