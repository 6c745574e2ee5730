/** Reads and replaces `vault.json` below an open vault directory. */
import { constants } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { type Header, headerBytes, headerText, parseHeader } from './header.js';

export type HeaderName = 'vault.json' | 'vault.json.bak';

/**
 * `dir` leads to the vault directory, `shown` is its name for people. @returns null when there is no such file
 * @throws SherinError HEADER_MALFORMED
 */
export async function readHeader(
  dir: string,
  shown: string,
  name: HeaderName = 'vault.json',
): Promise<Header | null> {
  const bytes = await readFileBounded(join(dir, name), join(shown, name));
  return bytes === null ? null : parseHeader(bytes, join(shown, name));
}

async function readFileBounded(path: string, shown: string): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    // a FIFO in its place must not hang the open
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw new SherinError('HEADER_MALFORMED', { path: shown, part: 'it is a link' });
    throw new SherinError('DISK_READ', { what: shown, part: code ?? 'unknown' }, { cause: error });
  }
  try {
    if (!(await file.stat()).isFile())
      throw new SherinError('HEADER_MALFORMED', { path: shown, part: 'it is not a regular file' });
    const bytes = Buffer.alloc(headerBytes + 1);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = (await file.read(bytes, length, bytes.length - length, length)).bytesRead;
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** Replaces the header so that a crash leaves the old or the new one; the old one stays as `vault.json.bak`. */
export async function writeHeader(dir: string, header: Header): Promise<void> {
  const path = join(dir, 'vault.json');
  const before = await readFileBounded(path, path);
  if (before !== null) await replaceFile(join(dir, 'vault.json.bak'), before);
  await replaceFile(path, headerText(header));
}

/** Writes beside, syncs, renames, syncs the directory; 0600. */
export async function replaceFile(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectoryAt(join(path, '..'));
}

/** Makes the names in a directory durable. */
export async function syncDirectoryAt(dir: string): Promise<void> {
  const directory = await open(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
