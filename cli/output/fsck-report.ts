/** What `fsck` says of what it found. */
import { cubeFaultText } from '../../common/cube-faults.js';
import type { FsckResult, LackInfo, RebuiltInfo } from '../../daemon/protocol/fsck.js';
import { asCalled } from './invocation.js';
import type { Output } from './output.js';
import { formatBytes, formatCount, formatTime } from './units.js';

const states: Readonly<Record<LackInfo['state'], string>> = {
  missing: 'its file is missing',
  quarantined: 'it is in quarantine',
  damaged: 'what stands in its place has not its size',
  misplaced: 'its file is in a wrong folder',
  newer:
    'what stands in its place says that it is of a later format version: of a newer Sherin, if one was ever used here, else planted or damaged',
};

const sources: Readonly<Record<NonNullable<LackInfo['repaired']>, string>> = {
  place: 'it verifies now',
  folder: 'put in its folder',
  quarantine: 'taken from quarantine, where it verifies now',
  backup: 'taken from the backup',
};

const tables: Readonly<Record<FsckResult['tables'][number]['table'], string>> = {
  puts: 'list of versions',
  tiles: 'hash tiles',
  cubes: 'list of cubes',
  nodes: 'index nodes',
};

/** One, and many, of each kind of leftover. */
const kinds: Readonly<Record<string, readonly [string, string]>> = {
  orphan: ['cube that no version needs', 'cubes that no version needs'],
  misplaced: ['cube file in a wrong folder', 'cube files in a wrong folder'],
  strange: ['name that Sherin does not know', 'names that Sherin does not know'],
  temporary: ['unfinished write', 'unfinished writes'],
  trash: ['given-up cube that is not removed yet', 'given-up cubes that are not removed yet'],
  quarantine: [
    'quarantined file whose cube is well again or needed by nothing',
    'quarantined files whose cubes are well again or needed by nothing',
  ],
};

export function reportFsck(
  result: FsckResult,
  output: Output,
  asked: { readonly rebuild: boolean; readonly repair: boolean },
): void {
  output.line(
    `log: ${formatCount(result.records, 'record')} verified, ${formatCount(result.versions, 'version')} of files`,
  );
  for (const { table, missing, wrong, extra, mended } of result.tables) {
    const parts = Object.entries({ missing, wrong, extra }).filter(([, rows]) => rows > 0);
    const rows = parts.map(([what, number]) => `${number.toLocaleString('en-US')} ${what}`).join(', ');
    output.line(`${tables[table]}: ${rows}${mended ? '; mended' : ''}`);
  }
  if (result.lostVersions > 0)
    output.line(
      `${formatCount(result.lostVersions, 'version')} with a lost index node: which cubes they need is not known`,
    );
  if (result.wrongLengths > 0)
    output.line(
      `${formatCount(result.wrongLengths, 'version')} of another length than the slots that hold it: which is right is not known`,
    );
  reportCopy(result, output);
  const { needed, old, shared } = result;
  output.line(
    `needed: ${size(needed)}; by old versions only: ${size(old)}; shared by several files: ${size(shared)}`,
  );
  for (const lack of result.lacks) reportLack(lack, output);
  const named = result.lacks.length;
  const all = result.lacking + result.repaired;
  if (all > named) output.line(`and ${formatCount(all - named, 'cube')} more`);
  reportLeftovers(result, output);
  output.line(verdict(result));
  for (const next of advice(result, asked)) output.line(asCalled(`next: ${next}`));
}

/** What a rebuilt manifest is, and what it is not. */
export function reportRebuilt({ records, time, kept, fault }: RebuiltInfo, output: Output): void {
  output.line(
    `manifest.db was rebuilt from the copy of its log: the vault is as it was at ${formatTime(time)}, after ${formatCount(records, 'record')}; what came later is lost, as far as the journal did not have it`,
  );
  if (fault !== null) output.line(`the copy was not whole: ${fault}`);
  for (const path of kept) output.line(`kept: ${output.name(path)}`);
}

function reportCopy({ copy }: FsckResult, output: Output): void {
  const { segments, bytes, records, time, fault, renewed } = copy;
  if (fault !== null) output.line(`copy of the log: ${fault}${renewed ? '; written anew' : ''}`);
  if (time !== null && (fault === null || renewed))
    output.line(
      `copy of the log: ${formatCount(records, 'record')} in ${formatCount(segments, 'segment')}, ${formatBytes(bytes)}, up to ${formatTime(time)}`,
    );
}

function reportLack({ cube, state, uses, versions, repaired, fault }: LackInfo, output: Output): void {
  const copy = fault === null || fault === state ? '' : `; a copy was found, but ${cubeFaultText(fault)}`;
  const end = repaired === null ? copy : `; repaired: ${sources[repaired]}`;
  output.line(`cube ${output.name(cube)}: ${states[state]}${end}`);
  if (repaired !== null) return;
  for (const { path, time, now } of uses)
    output.line(`  ${output.name(path)}${now ? '' : `, the version of ${formatTime(time)}`}`);
  if (versions > uses.length) output.line(`  and ${formatCount(versions - uses.length, 'version')} more`);
}

function reportLeftovers(
  { leftovers, counts, removed, busy, goneQuarantine, keptSegments }: FsckResult,
  output: Output,
): void {
  for (const { path, kind, bytes } of leftovers)
    if (kind === 'strange' || kind === 'misplaced')
      output.line(`${output.name(path)}, ${formatBytes(bytes)}`);
  for (const [kind, { cubes, bytes }] of Object.entries(counts)) {
    const [one, many] = kinds[kind] ?? [kind, kind];
    const theirs = busy && (kind === 'orphan' || kind === 'temporary') ? ' (an import is under way)' : '';
    output.line(`${formatCount(cubes, one, many)}, ${formatBytes(bytes)}${theirs}`);
  }
  if (goneQuarantine > 0)
    output.line(`${formatCount(goneQuarantine, 'quarantined cube')} of which no file is left`);
  for (const { path, bytes } of keptSegments)
    output.line(`${output.name(path)}, ${formatBytes(bytes)}: ${keptWords(path)}`);
  if (removed.cubes > 0)
    output.line(`removed: ${formatCount(removed.cubes, 'file')}, ${formatBytes(removed.bytes)}`);
}

function keptWords(path: string): string {
  if (path.endsWith('.journal')) return 'refused, a part of the journal';
  if (path.endsWith('.cube'))
    return 'in the place of a cube that was repaired, of a later format version as it says';
  if (path.endsWith('.log')) return 'set aside, a part of the copy of the log';
  return 'in the place of a manifest that was rebuilt';
}

function verdict({ clean, lacking, wrongLengths, repaired, tables: faults, copy }: FsckResult): string {
  const mended = repaired > 0 || faults.length > 0 || copy.fault !== null;
  if (clean) return mended ? 'all that was wrong is mended' : 'manifest and disk agree';
  if (lacking > 0) return `${formatCount(lacking, 'cube')} lacking`;
  if (wrongLengths > 0) return 'some versions are not as long as they should be';
  return copy.fault === null ? 'the manifest is not as its log says' : 'the copy of the log is not whole';
}

/** Commands that can help with what is left. */
function advice(
  { lacking, tables: faults, lostVersions, counts, removed, copy }: FsckResult,
  { rebuild, repair }: { readonly rebuild: boolean; readonly repair: boolean },
): string[] {
  const next: string[] = [];
  if (!rebuild && (copy.fault !== null || faults.some(({ mended }) => !mended)))
    next.push('sherinctl fsck --rebuild');
  if (lacking > 0 && !repair) next.push('sherinctl fsck --repair');
  if ((lacking > 0 && repair) || lostVersions > 0) next.push('sherinctl fsck --repair --from BACKUP');
  const { orphan, temporary, trash } = counts;
  if (removed.cubes === 0 && (orphan ?? temporary ?? trash) !== undefined)
    next.push('sherinctl fsck --remove-orphans');
  return next;
}

function size({ cubes, bytes }: { readonly cubes: number; readonly bytes: number }): string {
  return `${formatCount(cubes, 'cube')}, ${formatBytes(bytes)}`;
}
