import {
  type AccessRule,
  accessOperations,
  accessRulesSchema,
  mostRulesBytes,
} from '../../common/access/rules.js';
import { SherinError } from '../../common/errors.js';
import { localError } from '../../common/local-error.js';
import { readAtMost } from '../../common/read-at-most.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { command, group, number, text } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatCount } from '../output/units.js';

const ruleName = { form: '<name>', text: 'name of a rule', completes: 'nothing' } as const;
const ids = { least: 0, most: 0xffff_ffff };

const list = command({
  name: 'list',
  summary: 'Show the access rules in the order in which they are tried',
  examples: [
    { text: 'All of them', line: 'sherinctl policy rules list' },
    { text: 'As a file that set takes', line: 'sherinctl policy rules list --json' },
  ],
  run: async (session) => {
    const { version, floor, rules } = await readable(session.connect());
    const { output } = session;
    output.result({ version, floor, rules }, () => {
      const all = [...floor.map((rule) => ({ ...rule, floor: true })), ...rules];
      if (all.length === 0) return output.line('no access rules: modes and tags decide');
      const cells = all.map((rule) => [
        'floor' in rule ? `${rule.name} (floor)` : rule.name,
        rule.effect,
        whoText(rule.who),
        output.name('path' in rule.where ? rule.where.path : `namespace ${rule.where.namespace}`),
        rule.operations.join(','),
      ]);
      printTable(output, ['rule', 'effect', 'who', 'where', 'operations'], cells);
    });
  },
});

const add = command({
  name: 'add',
  summary: 'Add an access rule, behind the others or before one of them',
  details: [
    'For administrators. The first rule that matches decides. One that allows ends the search: modes and tags hold all the same. Without --uid, --gid or --bot it is about anyone, root included; without --op about every operation.',
    'A pattern is of names below files/: * stands for any characters of one name, ? for one, ** for any number of whole names, none included.',
  ],
  args: [ruleName, { form: '<effect>', text: 'allow or deny', completes: ['allow', 'deny'] }],
  options: {
    uid: number('--uid <uid>', 'about this user', ids),
    gid: number('--gid <gid>', 'about who is in this group', ids),
    bot: text('--bot <bot>', 'about this bot', 'nothing'),
    path: text('--path <pattern>', 'where: a pattern of paths', 'nothing'),
    namespace: text('--namespace <name>', 'where: objects of this namespace', 'nothing'),
    op: text('--op <operations>', `some of ${accessOperations.join(',')}`, [...accessOperations]),
    before: text('--before <name>', 'tried before this rule', 'nothing'),
  },
  examples: [
    {
      text: 'Nobody but root reads the letters',
      line: "sherinctl policy rules add root-reads allow --uid 0 --path 'letters/**' --op read,list",
    },
    {
      text: 'and',
      line: "sherinctl policy rules add nobody-reads deny --path 'letters/**' --op read,list",
    },
  ],
  run: async (session, [name = '', effect = ''], { uid, gid, bot, path, namespace, op, before }) => {
    const who = one(
      [['uid', uid] as const, ['gid', gid] as const, ['bot', bot] as const],
      '--uid, --gid or --bot',
    );
    const where = one([['path', path] as const, ['namespace', namespace] as const], '--path or --namespace');
    if (where === undefined) throw new SherinError('USAGE', { what: 'give --path or --namespace' });
    const operations = op?.split(',') ?? [...accessOperations];
    const rule = { name, who: who ?? 'anyone', where, operations, effect };
    const client = session.connect();
    const { version, floor, rules } = await readable(client);
    if ([...floor, ...rules].some((known) => known.name === name))
      throw new SherinError('RULE_KNOWN', { rule: name });
    const at = before === undefined ? rules.length : positionOf(rules, before);
    const result = await write(client, [...rules.slice(0, at), rule, ...rules.slice(at)], version);
    session.output.result(result, () => session.output.line(`rule ${name} added`));
  },
});

const remove = command({
  name: 'remove',
  summary: 'Remove an access rule',
  details: ['For administrators.'],
  args: [ruleName],
  examples: [{ text: 'One', line: 'sherinctl policy rules remove nobody-reads' }],
  run: async (session, [name = '']) => {
    const client = session.connect();
    const { version, rules } = await readable(client);
    const at = positionOf(rules, name);
    const result = await write(client, rules.toSpliced(at, 1), version);
    session.output.result(result, () => session.output.line(`rule ${name} removed`));
  },
});

const set = command({
  name: 'set',
  summary: 'Put the rules of a file in the place of all that are there',
  details: [
    'For administrators. The file is what list --json prints, or the list of rules in it. Rules of the floor stay as they are.',
  ],
  args: [{ form: '<file>', text: 'a JSON file', completes: 'file' }],
  examples: [{ text: 'As they were once', line: 'sherinctl policy rules set rules.json' }],
  run: async (session, [file = '']) => {
    const given = parsed(file);
    const rules = Array.isArray(given) ? given : (given as { rules?: unknown } | null)?.rules;
    const result = await write(session.connect(), rules, null);
    const count = Array.isArray(rules) ? rules.length : 0;
    session.output.result(result, () => session.output.line(`${formatCount(count, 'access rule')} in force`));
  },
});

export const rules = group(
  {
    name: 'rules',
    summary: 'Access rules: who may do what where in the mount, besides modes',
    examples: [{ text: 'Those that hold', line: 'sherinctl policy rules list' }],
  },
  [list, add, remove, set],
);

/** @throws SherinError RULES_UNREADABLE */
async function readable(client: ControlClient) {
  const { version, floor, rules: known } = await client.call('rules.list', {});
  if (version === null || floor === null || known === null) throw new SherinError('RULES_UNREADABLE');
  return { version, floor, rules: known };
}

/** @throws SherinError USAGE for what are no rules */
async function write(client: ControlClient, given: unknown, version: number | null) {
  const checked = accessRulesSchema.safeParse(given);
  if (checked.success) return client.call('rules.set', { rules: checked.data, version });
  const [issue] = checked.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new SherinError('USAGE', { what: `${where === '' ? 'the rules' : where}: ${issue?.message}` });
}

/** @throws SherinError RULE_UNKNOWN */
function positionOf(known: readonly AccessRule[], name: string): number {
  const at = known.findIndex((rule) => rule.name === name);
  if (at < 0) throw new SherinError('RULE_UNKNOWN', { rule: name });
  return at;
}

/** The one that was given, as a member. @throws SherinError USAGE for two */
function one(given: readonly (readonly [string, unknown])[], names: string): object | undefined {
  const there = given.filter(([, value]) => value !== undefined);
  if (there.length > 1) throw new SherinError('USAGE', { what: `give one of ${names}` });
  return there.length === 0 ? undefined : Object.fromEntries(there);
}

/** @throws SherinError LOCAL_FILE, USAGE */
function parsed(file: string): unknown {
  let content: string;
  try {
    content = readAtMost(file, mostRulesBytes).toString();
  } catch (error) {
    throw localError(file, error);
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new SherinError('USAGE', { what: `${file} is not JSON` });
  }
}

function whoText(who: AccessRule['who']): string {
  if (who === 'anyone') return who;
  if ('uid' in who) return `uid ${who.uid}`;
  return 'gid' in who ? `gid ${who.gid}` : `bot ${who.bot}`;
}
