/** Where a boot program came from (UEFI 2.10, 10.3), as far as a file of a partition can be found by it. */
import { ByteReader, MalformedBytes } from '../../common/bytes.js';
import { guidText, wideText } from './measured-text.js';

export interface DevicePath {
  /** GUID of the GPT partition, null where the path names none. */
  readonly partition: string | null;
  /** With backslashes, as EFI has it; null where it is no file of a file system. */
  readonly file: string | null;
  /** GUID of a file in the firmware itself. */
  readonly firmwareFile: string | null;
}

const mostNodes = 64;
const hardDrive = 0x04_01;
const filePath = 0x04_04;
const firmwareFile = 0x04_06;
const endOfPath = 0x7f;

/** Null where it is malformed. */
function parseDevicePath(bytes: Buffer): DevicePath | null {
  try {
    const reader = new ByteReader(bytes);
    const found: { -readonly [K in keyof DevicePath]: DevicePath[K] } = {
      ...{ partition: null, file: null, firmwareFile: null },
    };
    for (let count = 0; reader.left > 0; count++) {
      if (count >= mostNodes) return null;
      const type = reader.u8();
      const node = (type << 8) | reader.u8();
      const length = reader.u16();
      if (length < 4) return null;
      const body = reader.bytes(length - 4);
      if (type === endOfPath) continue;
      if (node === hardDrive) found.partition = partitionOf(body);
      if (node === firmwareFile && body.length === 16) found.firmwareFile = guidText(body);
      if (node === filePath) found.file = joined(found.file, wideText(body));
    }
    return found;
  } catch (error) {
    if (error instanceof MalformedBytes) return null;
    throw error;
  }
}

/** u32 number ‖ u64 start ‖ u64 size ‖ signature (16) ‖ u8 format ‖ u8 kind of signature, 2: a GUID. */
function partitionOf(body: Buffer): string | null {
  return body.length === 38 && body[37] === 2 ? guidText(body.subarray(20, 36)) : null;
}

/** A path may stand in several nodes. */
function joined(before: string | null, part: string): string {
  return before === null ? part : `${before.replace(/\\$/, '')}\\${part.replace(/^\\/, '')}`;
}

/** UEFI_IMAGE_LOAD_EVENT: three numbers, then the length of a device path and the path. Null where it is malformed. */
export function imagePath(data: Buffer): DevicePath | null {
  if (data.length < 32) return null;
  const length = data.readBigUInt64LE(24);
  return length === BigInt(data.length - 32) ? parseDevicePath(data.subarray(32)) : null;
}
