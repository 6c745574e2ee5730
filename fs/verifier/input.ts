/** What sherin-verify reads: bounded, whoever wrote it. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { keyFileBytes, parseVaultKey, type VaultKey } from '../../common/vault-key.js';
import { readBounded } from '../disk/untrusted.js';

/** What was found, for machines and for people. */
export interface Told {
  readonly value: object;
  readonly lines: readonly string[];
}

/** Runs `work` with a file, or with the standard input for `-`. @throws SherinError LOCAL_FILE where it can't be opened */
export async function withInput<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path === '-' ? '/dev/stdin' : path, constants.O_RDONLY);
  } catch (error) {
    throw localError(path, error);
  }
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** At most so many bytes and one more, so that who parses them sees that there are too many. */
export function readInput(path: string, most: number): Promise<Buffer> {
  return withInput(path, async (file) => {
    if ((await file.stat()).isFile()) return readBounded(file, most + 1);
    const parts: Buffer[] = [];
    for (let length = 0; length <= most; ) {
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(most + 1 - length),
        0,
        most + 1 - length,
        null,
      );
      if (bytesRead === 0) break;
      parts.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return Buffer.concat(parts);
  });
}

/** @throws SherinError USAGE, PUBLIC_KEY, LOCAL_FILE */
export async function readVaultKey(path: string | undefined, line: string | undefined): Promise<VaultKey> {
  if (line !== undefined && path === undefined) return parseVaultKey(line, 'it');
  if (path === undefined || line !== undefined)
    throw new SherinError('USAGE', { what: 'it takes one public key: --key FILE or --public-key LINE' });
  const bytes = await readInput(path, keyFileBytes);
  return parseVaultKey(bytes.toString('latin1'), path);
}
