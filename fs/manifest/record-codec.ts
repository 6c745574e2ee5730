/** Records to bytes and back (FORMAT.md, "Manifest log"). Decoding trusts no byte. */

import { ByteReader, ByteWriter, MalformedBytes } from '../../common/bytes.js';
import { cubeIdFromBytes, cubeIdToBytes } from '../../common/ids.js';
import { jcs } from '../../common/jcs.js';
import { nameFault } from '../../common/names.js';
import { newerFormat } from '../../common/newer-format.js';
import { readAttributes, writeAttributes } from './attributes-codec.js';
import { blinding } from './blinding.js';
import { pick } from './code-table.js';
import { readLayout, writeLayout } from './layout-codec.js';
import { readPut, writePut } from './put-codec.js';
import {
  collectors,
  cubeFaults,
  type LogRecord,
  type Mutation,
  mostCollected,
  policyTags,
} from './records.js';

const codes = {
  attributes: 1,
  link: 2,
  unlink: 3,
  rename: 4,
  put: 5,
  policy: 6,
  grant: 7,
  quarantine: 8,
  heal: 9,
  collect: 10,
  layout: 11,
} as const satisfies Record<Mutation['type'], number>;

const recordVersion = 1;

/** Encodes a record; a put or layout gets 16 fresh random bytes, so that its hash tells nothing of its content. */
export function encodeRecord(mutation: Mutation, time: bigint): Buffer {
  const out = new ByteWriter().u8(codes[mutation.type]).u8(recordVersion).u16(0).i64n(time);
  writeBody(out, mutation);
  return out.done();
}

function writeBody(out: ByteWriter, mutation: Mutation): void {
  switch (mutation.type) {
    case 'attributes':
      out.u64(mutation.inode);
      writeAttributes(out, mutation.attributes);
      return;
    case 'link':
      out.u64(mutation.parent).u64(mutation.inode).bytes16(mutation.name);
      return;
    case 'unlink':
      out.u64(mutation.parent).bytes16(mutation.name);
      return;
    case 'rename':
      out.u64(mutation.parent).bytes16(mutation.name);
      out.u64(mutation.newParent).bytes16(mutation.newName);
      out.u8(mutation.exchange ? 1 : 0);
      return;
    case 'put':
      writePut(out, mutation, blinding());
      return;
    case 'policy':
      out.u64(mutation.parent).bytes16(mutation.name).u8(policyTags.indexOf(mutation.tag));
      return;
    case 'grant':
      out.bytes32(Buffer.from(jcs(mutation.grant), 'utf8'));
      return;
    case 'quarantine':
      out.bytes(cubeIdToBytes(mutation.cube)).u8(cubeFaults.indexOf(mutation.reason));
      return;
    case 'heal':
      out.bytes(cubeIdToBytes(mutation.cube));
      return;
    case 'collect':
      out.u8(collectors.indexOf(mutation.by));
      for (const list of [mutation.puts, mutation.objects]) {
        out.u32(list.length);
        for (const value of list) out.u64(value);
      }
      return;
    case 'layout':
      writeLayout(out, mutation, blinding());
      return;
  }
}

/** Whether a record has a root node of content, told by its type alone. */
export function hasContentNode(bytes: Uint8Array): boolean {
  return bytes[0] === codes.put || bytes[0] === codes.layout;
}

/** Decodes a record. @throws MalformedBytes on anything but exactly one record; SherinError FORMAT_NEWER */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  const input = new ByteReader(bytes);
  const code = input.u8();
  const version = input.u8();
  if (version > recordVersion) throw newerFormat('a record of the manifest', version, recordVersion);
  if (version !== recordVersion) throw new MalformedBytes(`record version ${version}`);
  if (input.u16() !== 0) throw new MalformedBytes('reserved bytes of a record are not zero');
  const time = input.i64n();
  const mutation = readBody(input, code);
  input.end();
  return { mutation, time };
}

function readBody(input: ByteReader, code: number): Mutation {
  switch (code) {
    case codes.attributes:
      return { type: 'attributes', inode: readInode(input), attributes: readAttributes(input) };
    case codes.link:
      return { type: 'link', parent: readInode(input), inode: readInode(input), name: readName(input) };
    case codes.unlink:
      return { type: 'unlink', parent: readInode(input), name: readName(input) };
    case codes.rename:
      return {
        type: 'rename',
        parent: readInode(input),
        name: readName(input),
        newParent: readInode(input),
        newName: readName(input),
        exchange: pick([false, true], input.u8(), 'rename flag'),
      };
    case codes.put:
      return readPut(input, readInode(input));
    case codes.policy:
      return {
        type: 'policy',
        parent: readInode(input),
        name: readName(input),
        tag: pick(policyTags, input.u8(), 'policy tag'),
      };
    case codes.grant:
      return { type: 'grant', grant: readGrant(input.bytes32()) };
    case codes.quarantine:
      return {
        type: 'quarantine',
        cube: cubeIdFromBytes(input.bytes(32)),
        reason: pick(cubeFaults, input.u8(), 'quarantine reason'),
      };
    case codes.heal:
      return { type: 'heal', cube: cubeIdFromBytes(input.bytes(32)) };
    case codes.collect:
      return {
        type: 'collect',
        by: pick(collectors, input.u8(), 'collector'),
        puts: readAscending(input, 0),
        objects: readAscending(input, 1),
      };
    case codes.layout:
      return readLayout(input);
    default:
      throw new MalformedBytes(`record type ${code}`);
  }
}

function readInode(input: ByteReader): number {
  const inode = input.u64();
  if (inode === 0) throw new MalformedBytes('inode 0');
  return inode;
}

/** Numbers from `least` on, each greater than the one before. */
function readAscending(input: ByteReader, least: number): number[] {
  const count = input.u32();
  if (count > mostCollected) throw new MalformedBytes(`list of ${count} numbers`);
  let next = least;
  return Array.from({ length: count }, () => {
    const value = input.u64();
    if (value < next) throw new MalformedBytes('numbers do not ascend');
    next = value + 1;
    return value;
  });
}

function readName(input: ByteReader): Buffer {
  const name = input.copy(input.u16());
  const fault = nameFault(name);
  if (fault !== null) throw new MalformedBytes(`bad name: ${fault}`);
  return name;
}

/** Grants are stored byte-exact: text that is not its own canonical form is refused. */
function readGrant(bytes: Buffer): unknown {
  let grant: unknown;
  try {
    grant = JSON.parse(bytes.toString('utf8'));
    if (Buffer.from(jcs(grant), 'utf8').equals(bytes)) return grant;
  } catch (cause) {
    throw new MalformedBytes('grant is not JSON', { cause });
  }
  throw new MalformedBytes('grant is not canonical JSON');
}
