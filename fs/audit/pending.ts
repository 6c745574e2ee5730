/** Records made while no key is there: `audit/pending.jsonl`, unauthenticated until the log takes them in. */
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { sha256 } from '../../common/merkle.js';
import { syncDirectory } from '../disk/durable.js';
import { makeDirectory } from '../disk/make-directory.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { type AuditEvent, boundedEvent, eventFault, longestLine } from './event.js';
import { unwritable } from './fault.js';
import { type Prepared, prepareBounded } from './record.js';

/** Anyone may cause denials while the vault is locked: their records must not fill the disk. */
const pendingBytes = 1024 * 1024;

function pendingPath(dir: string): string {
  return join(dir, 'pending.jsonl');
}

/** Appends events while the vault is locked. One writer: the process that holds the vault's lock. */
export class PendingAudit {
  readonly #dir: string;
  #last: Promise<unknown> = Promise.resolve();

  /** `dir` is the vault's `audit/`. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Durable when it resolves. @throws SherinError AUDIT_UNWRITABLE, also when 1 MiB is pending already */
  append(event: AuditEvent): Promise<void> {
    return this.exclusively(() => this.#write(event));
  }

  /** Runs `work` while nothing is appended. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(event: AuditEvent): Promise<void> {
    const bounded = boundedEvent(event);
    const ts = new Date().toISOString();
    prepareBounded(claimed(bounded, ts));
    const line = `${jcs({ ...bounded, ts, v: 1 })}\n`;
    try {
      await makeDirectory(this.#dir);
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
      const file = await open(pendingPath(this.#dir), flags, 0o600);
      try {
        const { size } = await file.stat();
        if (size + line.length > pendingBytes) throw new RangeError('too many records are pending');
        await appendWhole(file, Buffer.from(line, 'utf8'), size);
        if (size === 0) await syncDirectory(this.#dir);
      } finally {
        await file.close();
      }
    } catch (error) {
      throw unwritable(error instanceof RangeError ? error.message : error);
    }
  }
}

async function appendWhole(file: FileHandle, bytes: Buffer, before: number): Promise<void> {
  try {
    for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
    await file.datasync();
  } catch (error) {
    await file.truncate(before);
    throw error;
  }
}

export interface PendingRecords {
  readonly records: readonly Prepared[];
  /** Lines that are not what {@link PendingAudit} writes. */
  readonly malformed: number;
  /** SHA-256 of the file, hex: names it in the record of its taking in. */
  readonly digest: string;
}

/** Reads the file, which anyone with access to the disk may have written; null when there is none. */
export async function readPending(dir: string): Promise<PendingRecords | null> {
  const bytes = await pendingFileBytes(pendingPath(dir));
  if (bytes === null) return null;
  const records: Prepared[] = [];
  let malformed = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const record = newline < 0 ? null : parsePending(bytes.subarray(at, end));
    if (record === null) malformed += 1;
    else records.push(record);
    at = end + 1;
  }
  return { records, malformed, digest: sha256(bytes).toString('hex') };
}

/** Removes the file durably. */
export async function removePending(dir: string): Promise<void> {
  await rm(pendingPath(dir), { force: true, recursive: true });
  await syncDirectory(dir);
}

/** Stands for what is no file, so that its removal is recorded as a malformed line. */
const notAFile = Buffer.from('not a file');

async function pendingFileBytes(path: string): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    if (systemCode(error) === 'ELOOP') return notAFile;
    throw error;
  }
  try {
    if (!(await file.stat()).isFile()) return notAFile;
    return await readBounded(file, pendingBytes);
  } finally {
    await file.close();
  }
}

/** The event as the log takes it in: its time and all else are claims. */
function claimed(event: AuditEvent, ts: string): AuditEvent {
  return { ...event, meta: { ...event.meta, unauthenticated: true, claimedTs: ts } };
}

function parsePending(bytes: Buffer): Prepared | null {
  // 0x7b is {: a megabyte of other short lines should not cost a megabyte of exceptions
  if (bytes.length >= longestLine || bytes[0] !== 0x7b) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const line = value as Record<string, unknown> & { ts?: unknown };
    if (eventFault(line) !== null || typeof line.ts !== 'string' || line.ts.length > 32) return null;
    return prepareBounded(claimed(line as unknown as AuditEvent, line.ts));
  } catch {
    return null;
  }
}
