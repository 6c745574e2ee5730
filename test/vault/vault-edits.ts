/** What somebody with access to a vault's disk may do to its files, by chance. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../fuzz/random.js';

interface Place {
  readonly path: string;
  /** Another file of the vault. */
  readonly other: string;
  /** A file outside, that nobody may write to by way of the vault. */
  readonly outside: string;
  readonly random: Random;
}

type Edit = (place: Place) => void;

/** Writes over a part of a file. */
function overwrite({ path, random }: Place, change: (bytes: Buffer) => void): void {
  const { size } = lstatSync(path);
  if (size === 0) return;
  const at = random.below(size);
  const bytes = Buffer.alloc(Math.min(random.of([1, 16, 4096]), size - at));
  const fd = openSync(path, 'r+');
  readSync(fd, bytes, 0, bytes.length, at);
  change(bytes);
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** Holes stay holes: a file may have become a terabyte long. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['--sparse=auto', '--', from, to]);
}

function instead({ path }: Place, make: (path: string) => void): void {
  rmSync(path, { recursive: true });
  make(path);
}

const edits: Readonly<Record<string, Edit>> = {
  'a bit flipped': (place) =>
    overwrite(place, (bytes) => {
      bytes[0] = (bytes[0] ?? 0) ^ (1 << place.random.below(8));
    }),
  'a part zeroed': (place) => overwrite(place, (bytes) => bytes.fill(0)),
  'a part of chance': (place) =>
    overwrite(place, (bytes) => {
      for (const at of bytes.keys()) bytes[at] = place.random.below(256);
    }),
  cut: ({ path, random }) => truncateSync(path, random.below(lstatSync(path).size + 1)),
  emptied: ({ path }) => truncateSync(path, 0),
  longer: ({ path, random }) => truncateSync(path, lstatSync(path).size + random.of([1, 64, 4096, 2 ** 20])),
  'a terabyte long': ({ path }) => {
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 2 ** 40);
    closeSync(fd);
  },
  removed: ({ path }) => rmSync(path),
  'another in its place': ({ path, other }) => copy(other, path),
  'exchanged with another': ({ path, other }) => {
    renameSync(path, `${path}.aside`);
    renameSync(other, path);
    renameSync(`${path}.aside`, other);
  },
  'its double beside it': ({ path, random }) =>
    copy(path, join(dirname(path), random.of(['x', '00000009.journal', '00000002.jsonl', '00000007.log']))),
  'a link to another': (place) => instead(place, (path) => symlinkSync(place.other, path)),
  'a link to a file outside': (place) => instead(place, (path) => symlinkSync(place.outside, path)),
  'a link to nothing': (place) => instead(place, (path) => symlinkSync('/nowhere/at/all', path)),
  'a second name of a file outside': (place) => instead(place, (path) => linkSync(place.outside, path)),
  'a FIFO': (place) => instead(place, (path) => execFileSync('mkfifo', [path])),
  'a directory': (place) => instead(place, (path) => mkdirSync(path)),
  'an endless device': (place) => instead(place, (path) => symlinkSync('/dev/zero', path)),
  'its folder gone': ({ path }) => rmSync(dirname(path), { recursive: true }),
  'its folder a link elsewhere': ({ path, outside }) => {
    rmSync(dirname(path), { recursive: true });
    symlinkSync(dirname(outside), dirname(path));
  },
};

function filesOf(vault: string): string[] {
  return (
    readdirSync(vault, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // What is a file outside, too, is not to be edited.
      .filter((path) => lstatSync(path).nlink === 1)
      .sort()
  );
}

/** Does one to three of them. @returns what was done, in words */
export function editVault(vault: string, outside: string, random: Random): string[] {
  const done: string[] = [];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const files = filesOf(vault);
    if (files.length < 2) break;
    const path = random.of(files);
    const other = random.of(files.filter((file) => file !== path));
    const [name, edit] = random.of(Object.entries(edits));
    // The vault's own folder has no other place to go to.
    if (name.startsWith('its folder') && dirname(path) === vault) continue;
    done.push(`${path.slice(vault.length + 1)}: ${name}`);
    edit({ path, other, outside, random });
  }
  return done;
}
