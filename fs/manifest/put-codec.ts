/** The body of a put record (FORMAT.md, "Manifest log", type 5). */
import { type ByteReader, type ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { asSherinId, formatSherinId, parseNamespace } from '../../common/ids.js';
import { rootNodeFault } from './index-node.js';
import type { Lineage, Put } from './records.js';

export function writePut(out: ByteWriter, put: Put, random: Buffer): void {
  out.u64(put.inode);
  out.bytes8(Buffer.from(put.id.namespace, 'ascii')).u32(put.id.date).bytes(put.id.tag);
  out.u64(put.length).bytes(put.root).bytes(random);
  const { derivedFrom, taskId, botId, botVersion } = put.lineage ?? noLineage;
  out.u8(derivedFrom.length);
  for (const id of derivedFrom) out.bytes8(Buffer.from(id, 'ascii'));
  for (const text of [taskId, botId, botVersion]) out.bytes8(Buffer.from(text, 'utf8'));
  out.bytes32(put.node);
}

const noLineage: Lineage = { derivedFrom: [], taskId: '', botId: '', botVersion: '' };

/** @throws MalformedBytes */
export function readPut(input: ByteReader, inode: number): Put {
  const namespace = input.bytes8().toString('latin1');
  const date = input.u32();
  const tag = input.copy(16);
  const length = input.u64();
  const root = input.copy(32);
  input.bytes(16); // random, only there to be hashed
  const lineage = readLineage(input);
  const node = input.copy(input.u32());
  const fault = rootNodeFault(node, length);
  if (fault !== null) throw new MalformedBytes(fault);
  const id = readId(() => ({ namespace: parseNamespace(namespace), date, tag }));
  readId(() => formatSherinId(id)); // the date is one
  return { type: 'put', inode, id, length, root, node, lineage };
}

function readLineage(input: ByteReader): Lineage | null {
  const derivedFrom = Array.from({ length: input.u8() }, () => {
    const text = input.bytes8().toString('latin1');
    return readId(() => asSherinId(text));
  });
  const [taskId, botId, botVersion] = [readText(input), readText(input), readText(input)];
  if (derivedFrom.length === 0 && taskId === '' && botId === '' && botVersion === '') return null;
  return { derivedFrom, taskId, botId, botVersion };
}

function readText(input: ByteReader): string {
  const bytes = input.bytes8();
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw new MalformedBytes('text is not UTF-8');
  return text;
}

function readId<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new MalformedBytes('ID in a put record', { cause });
  }
}
