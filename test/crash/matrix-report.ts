/** The matrix as a document. */
import type { Kind, Outcome } from './matrix.js';
import { nameOf, placeName } from './matrix.js';

const kinds: readonly Kind[] = [
  ...(['kill', 'torn', 'kill twice', 'EIO', 'EIO, kill', 'ENOSPC', 'ENOSPC, kill'] as const),
];

const head = `# Crash matrix

What the runs of test/crash have found; \`SHERIN_CRASH=all npx vitest run test/crash\` makes all of them and writes this file anew.

A process opens a vault and does the operations of \`test/crash/operations.ts\`; what the vault does in the background after a while is one of
them, so each run makes the same calls. Each run has one fault, at one system call that changes a file of the vault or the list of known vaults,
by its number among the calls of that name at that file:

- *kill*: SIGKILL before the call. *torn*: half of its bytes are written, then SIGKILL. *kill twice*: as kill, then once more while the vault is recovered.
- *EIO*: the call fails. *ENOSPC*: so do it and every later one that takes space, until the process has been told of a failure. It repeats
  what failed, goes on to the end, and is killed there. With *kill*: it is killed when it is told.

After each run the vault is opened, which recovers it, and must show one of the states of a model (\`test/crash/model.ts\`):

- names, kinds, links, link targets, sizes and bytes are those after one change in the order of changes: no older than the last fsync, seal, import
  or sync in the background that was answered, no newer than the last operation that had begun. Modes and extended attributes are those of that
  change or a later one.
- content belongs to that order too: it is in it where a file was fsynced or synced in the background, closed by its last writer, renamed,
  exchanged or linked. What was only written may be lost. After a failed call it may also be there: the vault then seals all that is written.
- every byte verifies, with the log of the manifest and the audit log; fsck finds nothing missing; after \`fsck --remove-orphans\` it finds no
  orphan; after closing, neither the journal nor the folder of unfinished cubes holds a file.
- where nothing was killed, all operations were done in the end.

*as promised* counts the runs in which all of this held; *told* those in which an operation reported the fault (in the others it was met
in another way, or later work made up for it).
`;

/** @param points how many there are; of those that were not run nothing is known */
export function report(outcomes: readonly Outcome[], points: number): string {
  const rows = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const { call } = outcome;
    const at = call === undefined ? 'not reached | –' : `${placeName(call)} | ${call.name}`;
    const key = `${at} | ${outcome.kind}`;
    rows.set(key, [...(rows.get(key) ?? []), outcome]);
  }
  const order = (key: string): string => {
    const [place = '', call = '', kind = ''] = key.split(' | ');
    return `${place} ${call} ${kinds.indexOf(kind as Kind)}`;
  };
  const lines = [...rows]
    .sort(([a], [b]) => (order(a) < order(b) ? -1 : 1))
    .map(([key, runs]) => {
      const good = runs.filter(({ wrong }) => wrong === null).length;
      const told = runs.filter(({ failures }) => failures.length > 0).length;
      return `| ${key} | ${runs.length} | ${told} | ${good} |`;
    });
  const wrong = outcomes.filter((outcome) => outcome.wrong !== null);
  const part = outcomes.length < points ? ` of ${points} points, chosen evenly; the others were not run` : '';
  const total = `${outcomes.length} runs${part}; ${outcomes.length - wrong.length} as promised.`;
  const table = [
    '| place | call | fault | runs | told | as promised |',
    '|---|---|---|---|---|---|',
    ...lines,
  ];
  const rest = wrong.map((each) => `- ${nameOf(each)}: ${each.wrong}`);
  return `${[head, total, '', ...table, ...(rest.length > 0 ? ['', ...rest] : [])].join('\n')}\n`;
}
