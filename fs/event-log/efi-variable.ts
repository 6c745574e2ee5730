/** UEFI_VARIABLE_DATA: a variable as it is measured (Platform Firmware Profile, 10.2.6). */
import { ByteReader, ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { guidText } from './measured-text.js';

export interface EfiVariable {
  /** The GUID in the form that efivarfs has in names. */
  readonly guid: string;
  readonly name: string;
  readonly value: Buffer;
}

const mostNameUnits = 512;

/** Null where it is none. */
export function parseVariable(data: Buffer): EfiVariable | null {
  try {
    const reader = new ByteReader(data);
    const guid = guidText(reader.bytes(16));
    const nameUnits = reader.u64();
    const valueBytes = reader.u64();
    if (nameUnits > mostNameUnits) return null;
    const name = reader.bytes(nameUnits * 2).toString('utf16le');
    const value = reader.bytes(valueBytes);
    reader.end();
    return { guid, name, value };
  } catch (error) {
    if (error instanceof MalformedBytes) return null;
    throw error;
  }
}

/** The measured form of the same variable with another value. */
export function variableData(measured: Buffer, { name }: EfiVariable, value: Buffer): Buffer {
  const head = new ByteWriter().bytes(measured.subarray(0, 16)).u64(name.length).u64(value.length);
  return head.bytes(Buffer.from(name, 'utf16le')).bytes(value).done();
}
