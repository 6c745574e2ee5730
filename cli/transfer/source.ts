/** Sources of an import: what stands on the local disk, in the order in which the vault takes it. */
import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { bytesToText, textToBytes } from '../../common/names.js';
import { LocalDirectory } from './local-directory.js';
import type { Problems } from './problems.js';

/** Something found: `path` is its text below the destination, `local` what to call the source in messages. */
export interface Found {
  readonly path: string;
  readonly local: string;
  readonly directory: LocalDirectory;
  readonly name: Buffer;
  readonly stat: BigIntStats;
}

/** What stands in directories of the sources, by their path below the destination; one that could not be listed is not there. */
export type Listed = Map<string, ReadonlySet<string>>;

export interface Source {
  /** As the user wrote it, in text form. */
  readonly text: string;
  readonly isDirectory: boolean;
  /** Last name of the source's absolute path. */
  readonly name: string;
}

/** Places that must not be imported: the vault itself and its mount. */
export interface Forbidden {
  readonly paths: readonly string[];
  /** `dev:ino` of their directories. */
  readonly inodes: ReadonlySet<string>;
  /** File system of the mount, wherever else it is to be seen. */
  readonly device: bigint | null;
  /** Those of mounts of the past, which are a source only where they are named as one. */
  readonly past: ReadonlySet<bigint>;
}

export function forbid(vault: string, mount: string, past: readonly string[]): Forbidden {
  const paths = [vault, mount].map((path) => realOrSame(path));
  const stats = paths.map((path) => lstatOrNull(path));
  const [, mounted] = stats;
  const above = lstatOrNull(dirname(mount));
  return {
    paths,
    inodes: new Set(stats.flatMap((stat) => (stat === null ? [] : [inodeKey(stat)]))),
    device: mounted != null && above !== null && mounted.dev !== above.dev ? mounted.dev : null,
    past: new Set(past.flatMap((path) => lstatOrNull(path)?.dev ?? [])),
  };
}

function belongs(stat: BigIntStats, forbidden: Forbidden): boolean {
  return stat.dev === forbidden.device || forbidden.inodes.has(inodeKey(stat));
}

/** @throws SherinError LOCAL_FILE when it is not there, USAGE when it lies in the vault or its mount */
export function openSource(text: string, forbidden: Forbidden): Source {
  const path = textToBytes(text);
  let stat: BigIntStats;
  let real: string;
  try {
    stat = lstatSync(path, { bigint: true });
    real = stat.isSymbolicLink() ? join(realText(dirname(text)), basename(text)) : realText(text);
  } catch (error) {
    throw localError(text, error);
  }
  const inside = forbidden.paths.find((place) => real === place || real.startsWith(place + sep));
  if (inside !== undefined || belongs(stat, forbidden)) {
    throw new SherinError('USAGE', {
      what: `${text} lies in ${inside ?? forbidden.paths[1]}, which belongs to this vault`,
    });
  }
  return { text, isDirectory: stat.isDirectory(), name: basename(real) };
}

function realText(text: string): string {
  return bytesToText(realpathSync.native(textToBytes(text), { encoding: 'buffer' }));
}

/** Walks a source depth first: directories before what is in them, names in byte order. Problems do not end it. */
export function* walk(
  source: Source,
  below: string,
  forbidden: Forbidden,
  problems: Problems,
  listed: Listed | null = null,
): Generator<Found> {
  const trimmed = source.text.replace(/\/+$/, '');
  const root = source.isDirectory
    ? LocalDirectory.open(textToBytes(source.text))
    : LocalDirectory.open(textToBytes(dirname(trimmed)));
  try {
    if (!source.isDirectory) {
      const name = textToBytes(basename(trimmed));
      yield { path: below, local: source.text, directory: root, name, stat: root.lstat(name) };
      return;
    }
    yield { path: below, local: source.text, directory: root, name: Buffer.from('.'), stat: root.stat() };
    yield* walkDirectory(root, below, trimmed, {
      forbidden,
      problems,
      listed,
      device: root.stat().dev,
    });
  } finally {
    root.close();
  }
}

interface Walk {
  readonly forbidden: Forbidden;
  readonly problems: Problems;
  readonly listed: Listed | null;
  /** File system of the source. */
  readonly device: bigint;
}

function* walkDirectory(
  directory: LocalDirectory,
  below: string,
  local: string,
  walk: Walk,
): Generator<Found> {
  const { forbidden, problems, listed, device } = walk;
  const names = attempt(() => directory.names(), local, problems);
  if (names !== undefined) listed?.set(below, new Set(names.map((name) => bytesToText(name))));
  for (const name of names ?? []) {
    const text = bytesToText(name);
    const path = below === '' ? text : `${below}/${text}`;
    const here = `${local}/${text}`;
    const stat = attempt(() => directory.lstat(name), here, problems);
    if (stat === undefined) continue;
    if (!stat.isDirectory()) {
      yield { path, local: here, directory, name, stat };
      continue;
    }
    if (belongs(stat, forbidden) || (forbidden.past.has(stat.dev) && stat.dev !== device)) {
      problems.skip(here, 'it belongs to this vault');
      continue;
    }
    const child = attempt(() => directory.child(name), here, problems);
    if (child === undefined) continue;
    try {
      yield { path, local: here, directory: child, name: Buffer.from('.'), stat: child.stat() };
      yield* walkDirectory(child, path, here, walk);
    } finally {
      child.close();
    }
  }
}

function attempt<T>(step: () => T, local: string, problems: Problems): T | undefined {
  try {
    return step();
  } catch (error) {
    problems.add(local, error);
    return undefined;
  }
}

export function inodeKey(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

function lstatOrNull(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return null;
  }
}

function realOrSame(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
