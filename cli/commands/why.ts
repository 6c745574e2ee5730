import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { isUnfinished } from '../../common/unfinished-vault.js';
import type { Why } from '../../daemon/protocol/why.js';
import { command } from '../definition.js';
import { asCalled } from '../output/invocation.js';
import { whyTarget } from '../service/why-target.js';

export const why = command({
  name: 'why',
  summary: 'Tell the reason behind a refusal, and the exact next command',
  args: [
    {
      form: '[target]',
      text: 'a path, PATH@VERSION, a path below a mount of the past, or an ID; without it, the vault',
      completes: 'vault-path',
    },
  ],
  examples: [
    { text: 'Why is the vault locked', line: 'sherinctl why' },
    { text: 'Why can a file not be read', line: 'sherinctl why files/report.pdf' },
    { text: 'Why can an old version not be read', line: 'sherinctl why files/report.pdf@3' },
  ],
  run: async (session, [target]) => {
    const client = session.connectIfRunning();
    const { output } = session;
    const answer =
      client === null
        ? notRunning(session.places)
        : target === undefined
          ? await client.call('why', {})
          : await whyTarget(session, client, target);
    output.result({ running: client !== null, ...answer }, () => {
      for (const reason of answer.reasons) output.line(output.name(reason));
      if (answer.next !== null) output.line(asCalled(`next: ${output.name(answer.next)}`));
    });
    return client === null ? Exit.notRunning : Exit.done;
  },
});

/** The reason when nobody can be asked. */
function notRunning(where: Places): Why {
  const stopped = 'sherin-fs is not running, so nothing of the vault can be read';
  const [header, copy] = ['vault.json', 'vault.json.bak'].map((name) => contentOf(join(where.vault, name)));
  if (header === null && copy === null) {
    if (existsSync(join(where.vault, 'cubes')) && !isUnfinished(where.vault)) {
      const lost = new SherinError('HEADER_LOST', { path: where.vault });
      return { reasons: [stopped, lost.message, lost.hint], next: null };
    }
    const missing = new SherinError('VAULT_MISSING', { path: where.vault });
    return { reasons: [stopped, missing.message], next: 'sherinctl init' };
  }
  if (copy != null && header?.equals(copy) !== true) {
    const damaged = `${where.vault}/vault.json ${header === null ? 'is missing' : 'is not what its copy vault.json.bak says'}; once the vault has opened with the copy, both are whole again`;
    return { reasons: [stopped, damaged], next: 'sherinctl up --header-backup' };
  }
  return { reasons: [stopped], next: 'sherinctl up' };
}

/** The bytes of a header; null when there are none. */
function contentOf(path: string): Buffer | null {
  try {
    return lstatSync(path).isFile() ? readFileSync(path) : Buffer.alloc(0);
  } catch {
    return null;
  }
}
