/**
 * Segments that keep a vault shut as they say a later format version. Nobody without the later program can tell whether it made them (FORMAT.md,
 * "Versions"), so they go to quarantine by the operator's word alone, while nobody serves the vault, and a record tells of them.
 */
import { lstatSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { system } from '../../native/index.js';
import type { AuditActor, AuditEvent } from '../audit/event.js';
import type { PendingAudit } from '../audit/pending.js';
import { LogFolder, segmentPath } from '../log-copy/folder.js';
import { laterSegment } from '../log-copy/known-version.js';
import type { CopySigner } from '../log-copy/scan.js';
import { JournalFolder } from '../writing/journal/folder.js';
import { saidVersion } from '../writing/journal/known-version.js';

/** A vault that this process has locked for itself. */
export interface ShutVault extends CopySigner {
  readonly fd: number;
}

export interface NewerSegment {
  /** Below the vault. */
  readonly path: string;
  /** As it says. */
  readonly version: number;
  readonly bytes: number;
}

interface Found extends NewerSegment {
  readonly setAside: () => string | null;
}

/** Of segments that the record names. */
const mostNamed = 64;

/** @throws SherinError DISK_READ */
export async function newerSegments(vault: ShutVault): Promise<NewerSegment[]> {
  return (await find(vault)).map(({ path, version, bytes }) => ({ path, version, bytes }));
}

/** @returns where they are now, below the vault. @throws SherinError USAGE where a path is none of them; IO, DISK_READ */
export async function setAside(
  vault: ShutVault,
  paths: ReadonlySet<string>,
  pending: PendingAudit,
  actor: AuditActor,
): Promise<string[]> {
  const found = (await find(vault)).filter(({ path }) => paths.has(path));
  if (found.length < paths.size)
    throw new SherinError('USAGE', { what: 'one of these files does not say a later format version' });
  // Said before: what is moved has a record.
  await pending.append(eventOf(found, actor));
  const kept: string[] = [];
  try {
    for (const segment of found) kept.push(moved(segment));
  } finally {
    await system.syncfs(vault.fd);
  }
  return kept;
}

function moved({ path, setAside }: Found): string {
  const kept = setAside();
  if (kept === null)
    throw new SherinError('IO', { what: `moving ${path} to quarantine/`, part: 'it failed' });
  return kept;
}

async function find({ fd, uuid, publicKey }: ShutVault): Promise<Found[]> {
  const found: Found[] = [];
  const add = (path: string, version: number | null, setAside: () => string | null): void => {
    if (version === null) return;
    const { size } = lstatSync(`/proc/self/fd/${fd}/${path}`);
    found.push({ path, version, bytes: size, setAside });
  };
  const journal = new JournalFolder(fd);
  for (const number of journal.numbers)
    add(journal.shown(number), saidVersion(journal, number), () => journal.setAside(number));
  const log = new LogFolder(fd);
  for (const number of log.numbers()) {
    const version = await laterSegment(log, number, { uuid, publicKey });
    add(segmentPath(number), version, () => log.setAside(number));
  }
  return found;
}

function eventOf(segments: readonly NewerSegment[], actor: AuditActor): AuditEvent {
  const named = segments.slice(0, mostNamed);
  const told = (folder: string): number[][] =>
    named
      .filter(({ path }) => path.startsWith(folder))
      .map(({ path, version }) => [Number(path.replace(/\D/g, '')), version]);
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  // Number and said version of each.
  const meta = { segments: segments.length, bytes, journal: told('journal/'), log: told('log/') };
  return { event: 'AUDIT_NEWER_SET_ASIDE', id: null, actor, meta };
}
