import { accessOperations } from '../../common/access/rules.js';
import { SherinError } from '../../common/errors.js';
import { actionTypeNames, levels, risks } from '../../common/policy-scales.js';
import { UserDatabase } from '../../common/user-database.js';
import { choice, command, number, text } from '../definition.js';
import { withDaemon } from '../service/daemon.js';
import type { Session } from '../session.js';
import { vaultTarget } from '../vault-path.js';

const ids = { least: 0, most: 0xffff_ffff };

interface Asked {
  readonly operation: (typeof accessOperations)[number];
  readonly uid: number;
  readonly gid: number | undefined;
  readonly bot: string | undefined;
}

export const test = command({
  name: 'test',
  summary: 'Tell what would be decided about an action, or about access to a path, and why',
  details: [
    'An action with --level or --risk: what would be decided now, and by which step. A path or an ID with --op and --uid: which access rule decides, or that none does and modes decide. Groups are those of the user and --gid.',
  ],
  args: [
    {
      form: '<subject>',
      text: `one of ${actionTypeNames.join(', ')}; or a path or an ID`,
      completes: 'vault-path',
    },
  ],
  options: {
    level: choice('--level <level>', 'how much depends on the action', levels),
    risk: choice('--risk <risk>', 'what can come of it, where nobody decides', risks),
    op: choice('--op <operation>', 'what is done with the path', accessOperations),
    uid: number('--uid <uid>', 'who does it; your own user where it is not given', ids),
    gid: number('--gid <gid>', 'a group of theirs', ids),
    bot: text('--bot <bot>', 'the bot that it is', 'nothing'),
  },
  examples: [
    { text: 'May old versions be given up?', line: 'sherinctl policy test gc --level MEDIUM' },
    {
      text: 'May user 1000 read a file?',
      line: 'sherinctl policy test --uid 1000 --op read files/report.pdf',
    },
  ],
  run: async (session, [subject = ''], { level, risk, op, uid = process.getuid?.() ?? 0, gid, bot }) => {
    if (op !== undefined) return testAccess(session, subject, { operation: op, uid, gid, bot });
    const type = actionTypeNames.find((known) => known === subject);
    if (type === undefined)
      throw new SherinError('USAGE', { what: `${subject} is no action; give --op for a path` });
    const action = { type, level: level ?? null, risk: risk ?? null };
    const answer = await withDaemon(session, (client) => client.call('policy.test', action));
    session.output.result(answer, () => session.output.line(`${answer.decision}  (${answer.reason})`));
  },
});

/** Of sherin-fs directly: a path is a text, and none goes to sherind. */
async function testAccess(session: Session, subject: string, asked: Asked): Promise<void> {
  const { operation, uid, gid, bot } = asked;
  const gids = [...new Set([...new UserDatabase().groupsOf(uid), ...(gid === undefined ? [] : [gid])])];
  const { output } = session;
  const answer = await session.connect().call('rules.test', {
    target: vaultTarget(subject, session.places),
    ...{ operation, uid, gids },
    ...(bot === undefined ? {} : { bot }),
  });
  output.result(answer, () => {
    output.line(explained(answer.decision));
    if (answer.places.length < 2 && !answer.more) return;
    for (const { path, decision } of answer.places)
      output.line(`  ${output.name(path ?? 'elsewhere')}: ${explained(decision)}`);
    if (answer.more) output.note('other paths lead there, too; all of them count');
  });
}

function explained({ effect, rule }: { readonly effect: string; readonly rule: string | null }): string {
  if (effect === 'modes') return 'modes  (no rule matches: modes and tag decide)';
  const rest = effect === 'allow' ? ': no other is tried, modes and tag decide' : '';
  return `${effect}  (rule ${rule}${rest})`;
}
