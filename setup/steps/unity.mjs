/**
 * The sources of an addon put together into units of one folder each, for binding.gyp: `node unity.mjs FOLDER... ['!' FOLDER...]` writes them below
 * build/unity and prints their paths. Most of a compiler's time goes into the headers, which a unit reads once.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './run.mjs';
import { filesBelow } from './stamp.mjs';

/** Lines of a unit at most, unless a file alone has more: enough that headers cost little, few enough for two processors and for who changes one file. */
const most = 900;
/** Compiled alone: what its pragmas say of diagnostics is for the whole of a unit. */
const alone = ['native/codec/sha256_lanes.cc'];

/**
 * @param folders whose files count, with all below them
 * @param not folders below those that do not
 * @returns one list of paths from the root of the project for each unit
 */
export function units(folders, not = []) {
  const sources = filesBelow(folders, (name) => name.endsWith('.cc'))
    .map((file) => relative(root, file))
    .filter((file) => !not.some((folder) => file.startsWith(`${folder}/`)));
  const made = [];
  let lines = 0;
  for (const file of sources) {
    const own = readFileSync(join(root, file), 'utf8').split('\n').length;
    const last = made.at(-1);
    const joins =
      last &&
      dirname(last[0]) === dirname(file) &&
      lines + own <= most &&
      ![file, last[0]].some((one) => alone.includes(one));
    if (joins) last.push(file);
    else made.push([file]);
    lines = joins ? lines + own : own;
  }
  return made;
}

/** Writes a unit, unless it is there as it is to be: make compiles what is newer than its object. */
function write(files) {
  const unit = join('build/unity', `${files[0].replaceAll('/', '.')}`);
  const text = files.map((file) => `#include "../../${file}"\n`).join('');
  const path = join(root, unit);
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  return unit;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folders, not] = process.argv
    .slice(2)
    .join(' ')
    .split('!')
    .map((list) => list.trim().split(' ').filter(Boolean));
  for (const unit of units(folders, not)) console.log(write(unit));
}
