/** Lists as sha256sum(1) of GNU coreutils writes them, compared with the vault's content. */
import { createHash } from 'node:crypto';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { localError, reason } from '../../common/local-error.js';
import { bytesToText, textToBytes } from '../../common/names.js';
import { readAtMost } from '../../common/read-at-most.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { formatCount } from '../output/units.js';
import { contentOf } from './window.js';

/** Lines of a million files with long paths. */
const mostListBytes = 256 * 1024 ** 2;

export interface Sum {
  readonly sha256: string;
  /** As listed. */
  readonly path: string;
}

/** @throws SherinError LOCAL_FILE when the list can not be read, USAGE at a line that is none */
export function readSums(file: string): Sum[] {
  let text: string;
  try {
    text = bytesToText(readAtMost(textToBytes(file), mostListBytes));
  } catch (error) {
    throw localError(file, error);
  }
  return parseSums(text, file);
}

/** `<64 hex>␠␠name` or `␠*name`; a leading backslash says that the name has \\, \n or \r escaped. */
export function parseSums(text: string, file: string): Sum[] {
  const sums: Sum[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const match = /^(\\?)([0-9a-fA-F]{64}) [ *](.+)$/s.exec(line);
    const [, escaped, sha256, name] = match ?? [];
    if (sha256 === undefined || name === undefined) {
      throw new SherinError('USAGE', { what: `line ${index + 1} of ${file} is no line of sha256sum` });
    }
    sums.push({ sha256: sha256.toLowerCase(), path: escaped === '\\' ? unescapeName(name) : name });
  }
  return sums;
}

function unescapeName(name: string): string {
  const letters: Record<string, string> = { n: '\n', r: '\r', '\\': '\\' };
  return name.replace(/\\([nr\\])/g, (all, letter: string) => letters[letter] ?? all);
}

export interface SumFailure {
  readonly path: string;
  readonly message: string;
  /** False where the file could not be found or read for another reason than failed verification. */
  readonly differs: boolean;
}

export interface SumResult {
  readonly listed: number;
  readonly same: number;
  readonly failures: readonly SumFailure[];
}

export async function compareSums(
  client: ControlClient,
  base: string,
  sums: readonly Sum[],
  output: Output,
): Promise<SumResult> {
  const failures: SumFailure[] = [];
  const progress = new Progress('compare', 'files', output.json);
  let same = 0;
  try {
    for (const [index, sum] of sums.entries()) {
      progress.update(index, sums.length);
      const failure = await compare(client, base, sum);
      if (failure === null) same += 1;
      else failures.push(failure);
    }
  } finally {
    progress.stop();
  }
  return { listed: sums.length, same, failures };
}

async function compare(
  client: ControlClient,
  base: string,
  { sha256, path }: Sum,
): Promise<SumFailure | null> {
  const target = `${base}/${path.replace(/^(\.?\/)+/, '')}`;
  try {
    const { entry } = await client.call('stat', { target });
    if (entry.kind !== 'file') return { path, message: `is a ${entry.kind}`, differs: false };
    const hash = createHash('sha256');
    for await (const part of contentOf(client, entry.id ?? target, entry.size)) hash.update(part);
    if (hash.digest('hex') === sha256) return null;
    return { path, message: `FAILED, ${formatCount(entry.size, 'byte')} of other content`, differs: true };
  } catch (error) {
    if (error instanceof SherinError && ['NOT_RUNNING', 'LOCKED'].includes(error.code)) throw error;
    return {
      path,
      message: reason(error),
      differs: error instanceof SherinError && error.exit === Exit.verification,
    };
  }
}
