import { SherinError } from '../../common/errors.js';
import { command, flag } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import type { Session } from '../session.js';
import { type Plan, plan, refuseMistakenDest, shownPlace } from '../transfer/destination.js';
import { Interrupt } from '../transfer/interrupt.js';
import { measure } from '../transfer/measure.js';
import { type Removed, removeOthers } from '../transfer/mirror.js';
import { Problems } from '../transfer/problems.js';
import { EntryReader } from '../transfer/put-entry.js';
import { PutStream } from '../transfer/put-stream.js';
import { type Forbidden, forbid, type Listed, openSource, type Source, walk } from '../transfer/source.js';

export const put = command({
  name: 'put',
  summary: 'Bring files and directories into the vault',
  usage: '[options] SRC… [DEST]',
  details: [
    'With two or more words the last one is DEST, a place below files/ in the vault. One directory: its contents become the contents of DEST, so that repeating the command changes nothing. One file: DEST is its new name, or the directory for it where DEST is one or ends in a slash. Several sources go below the directory DEST. Without DEST a single source goes to files/<its name>.',
    'Modes, owners, times, links, extended attributes, FIFOs and sockets are kept; devices are listed and left out. Nothing in DEST is removed, unless --delete says that it is to become what the sources are. An interrupted import continues where it stopped when the command is repeated: files with the size and modification time that the vault has are not read again.',
  ],
  args: [
    { form: '<src...>', text: 'sources on this machine, then the place in the vault', completes: 'file' },
  ],
  options: {
    delete: flag(
      '--delete',
      'remove from the directories of DEST what the sources do not have; old versions stay',
    ),
    checksum: flag('--checksum', 'read every file, even where size and modification time are the same'),
  },
  examples: [
    { text: 'A directory, as files/doc', line: 'sherinctl put /usr/share/doc' },
    { text: 'A directory under another name', line: 'sherinctl put ~/Pictures files/archive/2024' },
    { text: 'A mirror of a directory', line: 'sherinctl put --delete ~/Pictures files/archive/2024' },
    { text: 'Several files into a directory', line: 'sherinctl put a.pdf b.pdf files/letters' },
  ],
  run: async (session, words, { checksum, delete: mirror }) => {
    const dest = words.length > 1 ? (words.at(-1) ?? null) : null;
    const client = session.connect();
    const { vault, mount, past } = await client.call('status', {});
    const forbidden = forbid(
      vault.path,
      mount?.path ?? session.places.mount,
      past.map(({ path }) => path),
    );
    if (dest !== null) refuseMistakenDest(dest, session.places);
    const sources = (dest === null ? words : words.slice(0, -1)).map((text) => openSource(text, forbidden));
    const target = await plan(client, sources, dest, session.places);
    const problems = new Problems();
    const result = await transfer(session, { sources, target, forbidden, problems, checksum, mirror });
    const { counts, totals, removed, interrupted } = result;
    session.output.result(
      {
        destination: target.destination,
        ...totals,
        unchanged: counts.same,
        ...(removed === null ? {} : { removed }),
        interrupted,
        problems: problems.list,
      },
      () => {
        const unchanged = counts.same === 0 ? '' : `, ${counts.same.toLocaleString('en-US')} unchanged`;
        session.output.line(
          `stored ${formatCount(totals.files, 'file')}, ${formatBytes(totals.bytes)} into ${session.output.name(shownPlace(target))}${unchanged}`,
        );
        session.output.line(
          `cubes: ${totals.newCubes.toLocaleString('en-US')} new (${formatBytes(totals.storedBytes)} on disk), ${totals.knownCubes.toLocaleString('en-US')} already there`,
        );
        if (removed !== null) session.output.line(removal(removed));
      },
    );
    problems.print(session.output);
    if (mirror && removed === null)
      session.output.note('nothing was removed, since not all of the sources could be read');
    if (interrupted)
      throw new SherinError('INTERRUPTED', { what: `${countWithVerb(counts.files)} in the vault` });
    return problems.exit;
  },
});

function removal({ files, others }: Removed): string {
  const rest =
    others === 0 ? '' : ` and ${formatCount(others, 'directory or link', 'directories and links')}`;
  return `removed ${formatCount(files, 'file')}${rest}`;
}

function countWithVerb(files: number): string {
  return `${formatCount(files, 'file')} ${files === 1 ? 'is' : 'are'}`;
}

interface Job {
  readonly sources: readonly Source[];
  readonly target: Plan;
  readonly forbidden: Forbidden;
  readonly problems: Problems;
  readonly checksum: boolean;
  /** Remove what the sources do not have. */
  readonly mirror: boolean;
}

async function transfer(session: Session, { sources, target, forbidden, problems, checksum, mirror }: Job) {
  const progress = new Progress('put', 'bytes', session.output.json);
  const interrupt = new Interrupt();
  let total = 0;
  let over = false;
  const advanced = () =>
    progress.update(stream.bytesDone, total, () => formatCount(stream.counts.files, 'file'));
  const stream = await PutStream.begin(session.connect(), target.destination, {
    checksum,
    problems,
    advanced,
  });
  if (progress.enabled) {
    void measure(sources, forbidden, () => over || interrupt.asked).then((bytes) => {
      total = bytes ?? 0;
    });
  }
  interrupt.whenAsked(() => stream.stop());
  const reader = new EntryReader(problems);
  const listed: Listed | null = mirror ? new Map() : null;
  try {
    for (const [index, source] of sources.entries()) {
      for (const found of walk(source, target.below[index] ?? source.name, forbidden, problems, listed)) {
        if (interrupt.asked) break;
        const open = reader.read(found);
        if (open !== null) await stream.add(open);
      }
    }
    const totals = await stream.end();
    // Afterwards: a file that was renamed is never in neither place.
    const whole = !interrupt.asked && problems.whole;
    const removed =
      listed !== null && whole ? await removeOthers(session.connect(), target.destination, listed) : null;
    return { counts: stream.counts, totals, removed, interrupted: interrupt.asked };
  } finally {
    over = true;
    stream.drop();
    interrupt.release();
    progress.stop();
  }
}
