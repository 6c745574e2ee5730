import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { Why } from '../../daemon/protocol/control.js';
import { command } from '../definition.js';
import { vaultTarget } from '../vault-path.js';

export const why = command({
  name: 'why',
  summary: 'Tell the reason behind a refusal, and the exact next command',
  args: [{ form: '[target]', text: 'a path or an ID; without it, the vault', completes: 'vault-path' }],
  examples: [
    { text: 'Why is the vault locked', line: 'sherinctl why' },
    { text: 'Why can a file not be read', line: 'sherinctl why files/report.pdf' },
  ],
  run: async (session, [target]) => {
    const client = session.connectIfRunning();
    const { output } = session;
    const answer =
      client === null
        ? notRunning(session.places)
        : await client.call(
            'why',
            target === undefined ? {} : { target: vaultTarget(target, session.places) },
          );
    output.result({ running: client !== null, ...answer }, () => {
      for (const reason of answer.reasons) output.line(output.name(reason));
      if (answer.next !== null) output.line(`next: ${output.name(answer.next)}`);
    });
    return client === null ? Exit.notRunning : Exit.done;
  },
});

/** The reason when nobody can be asked. */
function notRunning(where: Places): Why {
  const present = existsSync(join(where.vault, 'vault.json'));
  const missing = new SherinError('VAULT_MISSING', { path: where.vault });
  return {
    reasons: [
      'sherin-fs is not running, so nothing of the vault can be read',
      ...(present ? [] : [missing.message]),
    ],
    next: present ? 'sherinctl up' : 'sherinctl init',
  };
}
