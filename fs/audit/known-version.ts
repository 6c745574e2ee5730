/** Segments of a later program: each begins with a checkpoint of its version (FORMAT.md, "Versions"). */
import { readdir } from 'node:fs/promises';
import { systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { isNewer, newerFormat } from '../../common/newer-format.js';
import { lineKind, lineVersion, MalformedLine, parseLine } from './line.js';
import { firstLine, numbersOf, segmentName } from './segment.js';
import { headIsSigned, type LogSigner } from './signed-head.js';

/** Before anything is changed: the newest segment is none of a later program. @throws SherinError FORMAT_NEWER */
export async function requireKnownLog(dir: string, signer: LogSigner): Promise<void> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (systemCode(error) === undefined) throw error;
    return [];
  });
  const last = numbersOf(names).at(-1);
  if (last === undefined) return;
  // What can not be read as one is no segment: opening the log says so.
  const line = await firstLine(dir, last).catch(() => null);
  if (line !== null) requireKnownVersion(line, last, signer);
}

/** @param line the first of a segment. @throws SherinError FORMAT_NEWER */
export function requireKnownVersion(line: Buffer, segment: number, signer: LogSigner): void {
  if (lineKind(line) !== 'checkpoint') return;
  const value = parsed(line);
  if (!isNewer(value.v, lineVersion) || isSignedAs(value, signer)) return;
  throw newerFormat(`audit/${segmentName(segment)}`, value.v, lineVersion);
}

/** A version that was changed is no later one: with this program's in its place, the checkpoint is the one that was signed. */
function isSignedAs(value: object, { uuid, verify }: LogSigner): boolean {
  try {
    const line = parseLine(Buffer.from(jcs({ ...value, v: lineVersion }), 'utf8'));
    if (!('checkpoint' in line)) return false;
    return headIsSigned({ ...line.checkpoint, signature: line.signature }, uuid, verify);
  } catch (error) {
    if (error instanceof MalformedLine) return false;
    throw error;
  }
}

function parsed(line: Buffer): { readonly v?: unknown } {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
