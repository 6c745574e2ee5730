/** EFI variables and boot programs of this machine, as they are now. */
import { createHash } from 'node:crypto';
import { type FileHandle, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../../common/errors.js';
import { openUntrusted, readBounded } from '../../disk/untrusted.js';
import { authenticodeRanges, mostPeHeader } from '../../event-log/authenticode.js';
import type { Bank } from '../../event-log/event-log.js';
import type { MachineFacts } from '../../event-log/forecast.js';

/** dbx has some tens of KiB. */
const mostVariableBytes = 1024 * 1024;
const chunkBytes = 1024 * 1024;
const globalGuid = '8be4df61-93ca-11d2-aa0d-00e098032b8c';
const shimGuid = '605dab50-e046-4300-abb6-3dd810dd8b23';
/** Requests to the MOK manager, which shim starts in the place of the boot loader. */
const mokRequests = [
  ...['MokNew', 'MokDel', 'MokXNew', 'MokXDel', 'MokSB', 'MokDB', 'MokPW', 'MokListTrustedNew'],
];
/** Bits of OsIndications (UEFI 2.10, 8.5.4). */
const toSetup = 0x1;
const capsuleOnDisk = 0x4;

export interface MachinePlaces {
  readonly efivars: string;
  /** Where the partition with that GUID is mounted, or null. */
  readonly mountOf: (partition: string) => Promise<string | null>;
}

export const thisMachine: MachinePlaces = { efivars: '/sys/firmware/efi/efivars', mountOf: mountedAt };

export class Machine implements MachineFacts {
  readonly #places: MachinePlaces;

  constructor(places: MachinePlaces) {
    this.#places = places;
  }

  async variable(guid: string, name: string): Promise<Buffer | null | undefined> {
    // as measured: a name may be anything
    if (!/^[\w.-]{1,128}$/.test(name)) return undefined;
    const { efivars } = this.#places;
    const bytes = await fileBytes(join(efivars, `${name}-${guid}`));
    // attributes come first
    if (bytes !== null) return bytes?.subarray(4);
    const names = await readdir(efivars).catch(() => []);
    return names.length > 0 ? null : undefined;
  }

  async program(partition: string, file: string, bank: Bank): Promise<Buffer | null | undefined> {
    const mount = await this.#places.mountOf(partition);
    const parts = file.split('\\').filter((part) => part !== '');
    if (mount === null || parts.length === 0 || parts.some((part) => part.includes('/') || part === '..'))
      return undefined;
    let program: FileHandle;
    try {
      program = await openUntrusted(join(mount, ...parts));
    } catch (error) {
      return systemCode(error) === 'ENOENT' ? null : undefined;
    }
    try {
      return await measuredHash(program, bank);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return undefined;
    } finally {
      await program.close();
    }
  }

  /** What is asked of firmware or shim for the next boot, which makes it another: sentences. */
  async requests(): Promise<readonly string[]> {
    const found: string[] = [];
    const once = await this.variable(globalGuid, 'BootNext');
    if (once != null) found.push('another boot entry is set for the next start alone (BootNext)');
    const wishes = (await this.variable(globalGuid, 'OsIndications'))?.at(0) ?? 0;
    if ((wishes & toSetup) !== 0) found.push('the next start goes into the setup of the firmware');
    if ((wishes & capsuleOnDisk) !== 0) found.push('a firmware update waits for the next start');
    const asked = await Promise.all(mokRequests.map((name) => this.variable(shimGuid, name)));
    if (asked.some((value) => value != null))
      found.push('a request to the MOK manager waits for the next start');
    if ((await this.variable(shimGuid, 'SbatPolicy')) != null)
      found.push('shim is asked for another list of revocations with the next start (SbatPolicy)');
    return found;
  }
}

/** Null: no such file; undefined: unreadable. */
async function fileBytes(path: string): Promise<Buffer | null | undefined> {
  try {
    const file = await openUntrusted(path);
    try {
      const bytes = await readBounded(file, mostVariableBytes);
      return bytes.length === mostVariableBytes || bytes.length < 4 ? undefined : bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    return code === 'ENOENT' ? null : undefined;
  }
}

async function measuredHash(program: FileHandle, bank: Bank): Promise<Buffer | undefined> {
  const facts = await program.stat();
  if (!facts.isFile()) return undefined;
  const ranges = authenticodeRanges(await readBounded(program, mostPeHeader), facts.size);
  if (ranges === null) return undefined;
  const hash = createHash(bank);
  const chunk = Buffer.alloc(chunkBytes);
  for (const { from, to } of ranges) {
    for (let at = from; at < to; ) {
      const { bytesRead } = await program.read(chunk, 0, Math.min(chunkBytes, to - at), at);
      if (bytesRead === 0) return undefined;
      hash.update(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
  }
  return hash.digest();
}

/** By the device number of the partition (proc(5), mountinfo). */
async function mountedAt(partition: string): Promise<string | null> {
  try {
    const { rdev } = await stat(`/dev/disk/by-partuuid/${partition}`);
    // gnu_dev_major and gnu_dev_minor of small numbers
    const device = `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
    for (const line of (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')) {
      const [, , number, root, path] = line.split(' ');
      if (number === device && root === '/' && path !== undefined)
        return path.replace(/\\(\d{3})/g, (_, octal: string) =>
          String.fromCharCode(Number.parseInt(octal, 8)),
        );
    }
    return null;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}
