import { resolve } from 'node:path';
import { SherinError } from '../../common/errors.js';
import { type Gate, gates } from '../../common/policy-floor.js';
import { command, descriptor, text } from '../definition.js';
import { withSecret } from '../service/secret.js';
import { runSherinFs } from '../service/sherin-fs.js';
import { threshold } from '../service/threshold.js';

export const floor = command({
  name: 'floor',
  summary: 'Change the floor, which no other command loosens: offline, with the recovery key',
  details: [
    'While nothing serves the vault: sherinctl down first. The recovery key is asked for on the terminal, or read from a descriptor.',
    'Thresholds below the new floor rise to it. Rules of the floor only deny, and come before all others; the file has a JSON list of them, as `policy rules list --json` shows rules, and takes the place of those that are there.',
  ],
  options: {
    ...{ confidence: least('confidence'), empathy: least('empathy'), safety: least('safety') },
    rules: text('--rules <file>', 'access rules of the floor, as JSON', 'file'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
  },
  examples: [
    {
      text: 'Nothing below 0.9',
      line: 'sherinctl policy floor --confidence 0.9 --recovery-fd 3 3< recovery.txt',
    },
  ],
  run: async (session, _args, { rules, recoveryFd, ...given }) => {
    const flags = gates.flatMap((gate) =>
      given[gate] === undefined ? [] : [`--${gate}`, `${threshold(given[gate])}`],
    );
    if (rules !== undefined) flags.push('--rules', resolve(rules));
    if (flags.length === 0) throw new SherinError('USAGE', { what: 'give a threshold, or --rules' });
    const { vault, mount, runtime } = session.places;
    flags.push('--vault', vault, '--mount', mount, '--runtime-dir', runtime);
    if (session.output.json) flags.push('--json');
    return withSecret(recoveryFd, 'Recovery key: ', '--recovery-fd N', (fd) =>
      runSherinFs(['policy-floor', ...flags, '--recovery-fd', String(fd)], fd),
    );
  },
});

function least(gate: Gate) {
  return text(`--${gate} <least>`, `least threshold of ${gate}, 0 to 1`, 'nothing');
}
