/** Reads and replaces `vault.json` below an open vault directory. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { replaceFile } from '../disk/durable.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { type Header, headerBytes, headerText, parseHeader } from './header.js';

export type HeaderName = 'vault.json' | 'vault.json.bak';

/**
 * `dir` leads to the vault directory, `shown` is its name for people. @returns null when there is no such file
 * @throws SherinError HEADER_MALFORMED, FORMAT_NEWER; DISK_READ where it can not be opened; errno of the disk where it is read
 */
export async function readHeader(
  dir: string,
  shown: string,
  name: HeaderName = 'vault.json',
): Promise<Header | null> {
  const bytes = await headerFileBytes(join(dir, name), join(shown, name));
  return bytes === null ? null : parseHeader(bytes, join(shown, name));
}

async function headerFileBytes(path: string, shown: string): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw new SherinError('HEADER_MALFORMED', { path: shown, part: 'it is a link' });
    throw new SherinError('DISK_READ', { what: shown, part: code ?? 'unknown' }, { cause: error });
  }
  try {
    if (!(await file.stat()).isFile())
      throw new SherinError('HEADER_MALFORMED', { path: shown, part: 'it is not a regular file' });
    return await readBounded(file, headerBytes + 1);
  } finally {
    await file.close();
  }
}

/**
 * Replaces the header so that a crash leaves the old or the new one, either of which opens the vault. `vault.json.bak` is a
 * copy of the present one, for the day that `vault.json` is damaged: an older header would be refused.
 */
export async function writeHeader(dir: string, header: Header): Promise<void> {
  const path = join(dir, 'vault.json');
  const copy = join(dir, 'vault.json.bak');
  const text = headerText(header);
  // A new vault begins with `vault.json`; later the copy goes first, so that no failure leaves it behind.
  const begun = (await headerFileBytes(path, path)) !== null;
  if (begun) await replaceFile(copy, text);
  await replaceFile(path, text);
  if (!begun) await replaceFile(copy, text);
}

/** Makes the other file what the one named `from` is. Only for a header whose signature was verified. */
export async function restoreHeaderFile(dir: string, header: Header, from: HeaderName): Promise<void> {
  const path = join(dir, from === 'vault.json' ? 'vault.json.bak' : 'vault.json');
  const text = headerText(header);
  const found = await headerFileBytes(path, path).catch(() => null);
  if (found?.equals(text) !== true) await replaceFile(path, text);
}
