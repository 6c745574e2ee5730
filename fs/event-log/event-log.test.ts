import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { describe as describeEvent } from './describe.js';
import { mostLogBytes, parseEventLog } from './event-log.js';
import { EventType } from './event-types.js';
import { bootEvents, bootLog, bootNames, bootPcrs, fixture } from './fixtures.fixture.js';
import { replay, resetValue } from './replay.js';

/** Extended after the log has ended: IMA's. */
const afterLog = 10;

describe.each(bootNames)('the log of the boot %s', (name) => {
  it('is read to its end, and extends the PCRs to what the TPM had', () => {
    const { banks, events } = bootLog(name);
    const pcrs = bootPcrs(name);
    expect(banks).toEqual(Object.keys(pcrs));
    for (const bank of banks) {
      const values = replay(events, bank);
      expect([...values.keys()].sort((a, b) => a - b)).toEqual(
        expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7]),
      );
      for (const [pcr, known] of Object.entries(pcrs[bank] ?? {})) {
        if (Number(pcr) === afterLog) continue;
        const value = values.get(Number(pcr)) ?? resetValue(Number(pcr), bank);
        expect(`${pcr} ${value.toString('hex')}`).toBe(`${pcr} ${known}`);
      }
    }
  });
});

test('a log that is cut anywhere is malformed, but where an event ends', () => {
  const bytes = fixture('systemd-boot.log');
  const read = (length: number): boolean => {
    try {
      return parseEventLog(bytes.subarray(0, length)).format === 'crypto-agile';
    } catch (error) {
      if (error instanceof MalformedBytes) return false;
      throw error;
    }
  };
  const whole = Array.from(bytes.keys()).filter(read);
  expect(whole).toEqual(endsOfEvents(bytes).slice(0, -1));
});

/** Where a log may be cut, by reading it again in another way. */
function endsOfEvents(bytes: Buffer): readonly number[] {
  let at = 32 + bytes.readUInt32LE(28);
  const ends = [at];
  const sizes: Readonly<Record<number, number>> = { 4: 20, 11: 32, 12: 48 };
  while (at < bytes.length) {
    const count = bytes.readUInt32LE(at + 8);
    at += 12;
    for (let index = 0; index < count; index++) at += 2 + (sizes[bytes.readUInt16LE(at)] ?? 0);
    at += 4 + bytes.readUInt32LE(at);
    ends.push(at);
  }
  return ends;
}

const header = (algorithms: readonly (readonly [number, number])[]): Buffer => {
  const body = new ByteWriter()
    .bytes(Buffer.from('Spec ID Event03\0'))
    .bytes(Buffer.from('0000000000020002', 'hex'));
  body.u32(algorithms.length);
  for (const [id, size] of algorithms) body.u16(id).u16(size);
  const data = body.u8(0).done();
  return new ByteWriter().u32(0).u32(EventType.noAction).bytes(Buffer.alloc(20)).bytes32(data).done();
};
const sha256Only = header([[0x0b, 32]]);
const event = (pcr: number, type: number, data: Buffer, digest = Buffer.alloc(32, 1)): Buffer =>
  new ByteWriter().u32(pcr).u32(type).u32(1).u16(0x0b).bytes(digest).bytes32(data).done();

describe('a hostile log', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['more than a log may have', Buffer.alloc(mostLogBytes + 1)],
    ['a digest of a size that is not its', header([[0x0b, 20]])],
    [
      'one algorithm twice',
      header([
        [0x0b, 32],
        [0x0b, 32],
      ]),
    ],
    ['no algorithm', header([])],
    ['algorithms without end', header(Array.from({ length: 17 }, (_, id) => [id + 256, 32] as const))],
    ['a PCR that no TPM has', Buffer.concat([sha256Only, event(24, EventType.separator, Buffer.alloc(4))])],
    ['a digest that was not announced', Buffer.concat([header([[0x0c, 48]]), event(7, 4, Buffer.alloc(4))])],
    ['bytes behind the last event', Buffer.concat([sha256Only, Buffer.alloc(3)])],
    [
      'more events than are read',
      Buffer.concat([sha256Only, ...Array<Buffer>(8193).fill(event(7, 4, Buffer.alloc(0)))]),
    ],
  ])('of %s is malformed', (_, bytes) => {
    expect(() => parseEventLog(bytes)).toThrow(MalformedBytes);
  });

  it('with any byte changed is read or malformed, and what is read can be told', () => {
    const good = fixture('secure-boot.log');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        try {
          const log = parseEventLog(bytes);
          if (log.format === 'crypto-agile') for (const each of log.events) describeEvent(each);
        } catch (error) {
          if (!(error instanceof MalformedBytes)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells nothing that a terminal would act on', () => {
    const data = Buffer.from('\u001b[2J\u202egrub_cmd: x\u0007');
    const [told] = parsed(Buffer.concat([sha256Only, event(8, EventType.ipl, data)]));
    expect(told && describeEvent(told).detail).toBe('“?[2J?grub_cmd: x?”');
    const long = parsed(Buffer.concat([sha256Only, event(8, EventType.ipl, Buffer.alloc(100_000, 'x'))]));
    expect(long[0] && describeEvent(long[0]).detail).toHaveLength(203);
  });
});

function parsed(bytes: Buffer) {
  const log = parseEventLog(bytes);
  return log.format === 'sha1' ? [] : log.events;
}

test('a log of SHA-1 alone, as for a TPM 1.2, is told apart', () => {
  const old = (type: number, text: string): Buffer =>
    new ByteWriter().u32(0).u32(type).bytes(Buffer.alloc(20)).bytes32(Buffer.from(text)).done();
  expect(parseEventLog(old(EventType.crtmVersion, 'v1'))).toEqual({ format: 'sha1' });
  const withHeader = Buffer.concat([
    old(EventType.noAction, 'Spec ID Event00\0'),
    old(EventType.postCode, 'POST'),
  ]);
  expect(parseEventLog(withHeader)).toEqual({ format: 'sha1' });
  expect(() => parseEventLog(withHeader.subarray(0, -1))).toThrow(MalformedBytes);
});

test('PCR 0 begins with the locality that started the TPM', () => {
  const measured = event(0, EventType.crtmVersion, Buffer.alloc(2));
  const locality = (value: number) =>
    event(
      0,
      EventType.noAction,
      Buffer.concat([Buffer.from('StartupLocality\0'), Buffer.from([value])]),
      Buffer.alloc(32),
    );
  const value = (...events: Buffer[]) =>
    replay(parsed(Buffer.concat([sha256Only, ...events])), 'sha256')
      .get(0)
      ?.toString('hex');
  // SHA-256 of 31 zeros, the locality and 32 ones (0x01), by another program
  expect(value(measured)).toBe('5c85955f709283ecce2b74f1b1552918819f390911816e7bb466805a38ab87f3');
  expect(value(locality(0), measured)).toBe(value(measured));
  expect(value(locality(3), measured)).toBe(
    'c4b53db2451179ae484ec21b86db445789df9d50929e807e35edcf440c9277fe',
  );
  expect(value(event(0, EventType.hcrtm, Buffer.from('HCRTM')), measured)).toBe(
    '21ec326aaa962c8288128ecf416554838384ad4c2851fd0b7a8fa95a40afed60',
  );
});

test('events of a boot in words', () => {
  const words = bootEvents('secure-boot').map((each) => {
    const { subject, detail } = describeEvent(each);
    return `${each.pcr}: ${subject}${detail === null ? '' : ` — ${detail}`}`;
  });
  expect(words).toEqual(
    expect.arrayContaining([
      '7: the Secure Boot variable SecureBoot — on',
      '7: the Secure Boot variable dbx — one entry',
      '7: the Secure Boot variable db — 2 entries: Microsoft Windows Production PCA 2011; Microsoft Corporation UEFI CA 2011',
      '7: what a boot program was trusted by (MokListRT) — the certificate Debian Secure Boot CA',
      '7: the SBAT level of shim — “sbat,1,2025021800 shim,4 grub,5”',
      '1: the order of boot entries (BootOrder) — 0001, 0000, 0002',
      '1: the boot entry Boot0000 — “UiApp”',
      '4: the boot program \\EFI\\BOOT\\BOOTX64.EFI',
      '4: the boot program that a boot loader handed over',
      '8: the kernel command line — “/vmlinuz console=ttyS0 quiet”',
      '9: the file (hd0,gpt1)/EFI/debian/grub.cfg',
      '14: the variable MokList of shim',
      '5: the step “Exit Boot Services Invocation”',
    ]),
  );
  expect(words.filter((line) => line.includes('event of type'))).toEqual([]);
});
