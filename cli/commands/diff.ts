import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { SherinError, systemCode } from '../../common/errors.js';
import { Exit, type ExitCode } from '../../common/exit.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { memfd } from '../../native/ipc.js';
import { command } from '../definition.js';
import { formatTime } from '../output/units.js';
import type { Session } from '../session.js';
import {
  type FoundVersion,
  findVersion,
  newestVersion,
  parseVersionName,
  versionForms,
} from '../transfer/version.js';

/** Bytes of a version that is compared line by line: all of it is in memory then. */
const longest = 256 * 1024 * 1024;

export const diff = command({
  name: 'diff',
  summary: 'Show what changed between two versions of a file',
  details: [
    'Lines as diff(1) shows them; content stays in memory. Without a second version, from the first one to what the path shows last. The exit code is 1 where they differ.',
    versionForms,
  ],
  args: [
    { form: '<path@version>', text: 'a file and its version', completes: 'vault-path' },
    { form: '[path@version]', text: 'what it is compared with', completes: 'vault-path' },
  ],
  examples: [
    { text: 'What changed since yesterday', line: 'sherinctl diff files/letters/a.txt@yesterday' },
    {
      text: 'Between two versions',
      line: 'sherinctl diff files/letters/a.txt@2 files/letters/a.txt@3',
    },
  ],
  run: async (session, [first = '', second]): Promise<ExitCode> => {
    const name = parseVersionName(first);
    if (name === null)
      throw new SherinError('USAGE', { what: `'${first}' names no version; write PATH@VERSION` });
    const client = session.connect();
    const from = await findVersion(session, client, name);
    const named = second === undefined ? null : parseVersionName(second);
    const to =
      named === null
        ? await newestVersion(session, client, second ?? name.path)
        : await findVersion(session, client, named);
    // Equal content has one ID.
    const same = from.id === to.id;
    const { output } = session;
    if (same || output.json) {
      output.result({ same, from, to }, () => undefined);
      return same ? Exit.done : Exit.failed;
    }
    return show(session, client, from, to);
  },
});

async function show(
  session: Session,
  client: ControlClient,
  from: FoundVersion,
  to: FoundVersion,
): Promise<ExitCode> {
  const files: number[] = [];
  try {
    for (const version of [from, to]) files.push(await inMemory(client, version));
    const labels = [from, to].flatMap(({ path, number, time }) => [
      '--label',
      `${session.output.name(path)}@${number}\t${formatTime(time)}`,
    ]);
    const run = spawnSync('diff', ['-u', ...labels, '/dev/fd/3', '/dev/fd/4'], {
      stdio: ['ignore', 'inherit', 'inherit', ...files],
    });
    if (systemCode(run.error) === 'ENOENT')
      throw new SherinError('TOOL_MISSING', { tool: 'diff', package: 'diffutils' });
    if (run.error !== undefined) throw run.error;
    return run.status === 0 ? Exit.done : Exit.failed;
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

/** A memory file with the content of a version. */
async function inMemory(client: ControlClient, { path, number, size, id }: FoundVersion): Promise<number> {
  if (size > longest)
    throw new SherinError('USAGE', { what: `${path}@${number} is too large to be compared line by line` });
  const fd = memfd('sherinctl', size);
  if (id !== undefined && size > 0)
    await client.call('read', { target: id, offset: 0, length: size, at: 0 }, { fds: [fd] });
  return fd;
}
