import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { textToBytes } from '../../common/names.js';
import { shellWord } from '../../common/shell-word.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { StatInfo } from '../../daemon/protocol/control.js';
import { command, unless } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { Export } from '../transfer/export.js';
import { Interrupt } from '../transfer/interrupt.js';
import { everythingBelow } from '../transfer/listing.js';
import { LocalDirectory } from '../transfer/local-directory.js';
import { Problems } from '../transfer/problems.js';
import { parseVersionName } from '../transfer/version.js';
import { baseName, explained, vaultPath, vaultTarget } from '../vault-path.js';

export const get = command({
  name: 'get',
  summary: 'Bring files out of the vault, verified',
  details: [
    'A directory is merged into DEST, which is made where missing, so that repeating the command changes nothing. A file goes into DEST where that is a directory, else DEST is its new name. What stands there already is replaced, local changes to it included; the result says how many files that were. --no-clobber leaves such files alone. Modes, times, links and extended attributes are kept, owners too for root. A file appears when all of it has been verified, never in part; symbolic links below DEST are replaced, not followed.',
    'A file that fails is reported and the rest goes on; the exit code is 3 when something failed verification.',
  ],
  args: [
    { form: '<target>', text: 'a path or Sherin ID', completes: 'vault-path' },
    { form: '<dest>', text: 'where to on this machine', completes: 'file' },
  ],
  options: {
    // The name of the value that the parser gives: --no-x is x turned off.
    clobber: unless('--no-clobber', 'leave files that exist already as they are'),
  },
  examples: [
    { text: 'A directory', line: 'sherinctl get files/doc /tmp/doc' },
    {
      text: 'Only what is missing there',
      line: 'sherinctl get --no-clobber files/doc /tmp/doc',
    },
    {
      text: 'One file, by ID',
      line: 'sherinctl get FILES_20260101_0123456789abcdef0123456789abcdef report.pdf',
    },
  ],
  run: async (session, [text = '', dest = ''], { clobber }) => {
    const client = session.connect();
    const named = vaultTarget(text, session.places);
    const found = await explained(client.call('stat', { target: named }), text, session.places).catch(
      (error: unknown) => refuseVersion(error, text),
    );
    const directory = found.entry.kind === 'directory';
    const target = directory ? vaultPath(text, session.places) : named;
    const place = directory ? openOrMake(dest, found.path) : openFor(dest, found);
    const problems = new Problems();
    const interrupt = new Interrupt();
    const progress = new Progress('get', 'bytes', session.output.json);
    let total = directory ? 0 : found.entry.size;
    const advanced = () => progress.update(run.bytesDone, total, () => formatCount(run.counts.files, 'file'));
    const run = new Export(client, place.root, {
      problems,
      advanced,
      shown: place.shown,
      keep: !clobber,
      stopped: () => interrupt.asked,
    });
    if (directory && progress.enabled) {
      void measure(client, target).then((bytes) => {
        total = bytes;
      });
    }
    // Modes of what is made are exact, and narrow until it is whole.
    const umask = process.umask(0);
    try {
      if (place.name === null) await run.into(found.entry, target);
      else await run.one(found.entry, target, place.name);
    } finally {
      process.umask(umask);
      interrupt.release();
      progress.stop();
      place.root.close();
    }
    session.output.result({ ...run.counts, interrupted: interrupt.asked, problems: problems.list }, () => {
      session.output.line(summary(run.counts, problems.list.length > 0));
    });
    problems.print(session.output);
    if (interrupt.asked)
      throw new SherinError('INTERRUPTED', {
        what: `${formatCount(run.counts.files, 'file')} ${run.counts.files === 1 ? 'was' : 'were'} written`,
      });
    return problems.exit;
  },
});

/** @throws SherinError USAGE for a version; else what it was given */
function refuseVersion(error: unknown, text: string): never {
  const missing = error instanceof SherinError && error.code === 'PATH_MISSING';
  if (!missing || parseVersionName(text) === null) throw error;
  throw new SherinError('USAGE', {
    what: `${text} does not exist, and get takes no versions; write: sherinctl cat ${shellWord(text)} > FILE`,
  });
}

function summary({ files, bytes, others, replaced, kept }: Export['counts'], failed: boolean): string {
  const parts =
    failed && files + others === 0
      ? ['nothing was written']
      : [`wrote ${formatCount(files, 'file')}`, formatBytes(bytes), 'verified'];
  if (replaced > 0) parts.push(`${replaced.toLocaleString('en-US')} replaced what was there`);
  if (kept > 0) parts.push(`${kept.toLocaleString('en-US')} left as they were`);
  return parts.join(', ');
}

/** Where an export goes: an open directory, its name for people, and the name that one file gets in it. */
interface Place {
  readonly root: LocalDirectory;
  readonly shown: string;
  readonly name: Buffer | null;
}

/** The directory that a directory of the vault is merged into. */
function openOrMake(dest: string, source: string): Place {
  const path = textToBytes(dest);
  try {
    makeDirectories(path, 0o700);
    return { root: LocalDirectory.open(path), shown: dest, name: null };
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw localError(dest, error);
    throw new SherinError('USAGE', {
      what: `${source} is a directory, and ${dest} is a file or leads through one; name a directory to put it in`,
    });
  }
}

/** The directory and name that one file gets. */
function openFor(dest: string, { entry, path }: StatInfo): Place {
  try {
    const into =
      dest.endsWith('/') || statSync(textToBytes(dest), { throwIfNoEntry: false })?.isDirectory() === true;
    const name = into ? baseName(path) || entry.name : basename(dest);
    const shown = into ? dest : dirname(dest);
    return { root: LocalDirectory.open(textToBytes(shown)), shown, name: textToBytes(name) };
  } catch (error) {
    throw localError(dest, error);
  }
}

/** Bytes of all files below a directory, for the bar; 0 when that can not be told. */
async function measure(client: ControlClient, path: string): Promise<number> {
  const seen = new Set<number>();
  let bytes = 0;
  try {
    for await (const { entry } of everythingBelow(client, path)) {
      if (entry.nlink > 1 && seen.has(entry.inode)) continue;
      if (entry.nlink > 1) seen.add(entry.inode);
      bytes += entry.size;
    }
    return bytes;
  } catch {
    return 0;
  }
}
