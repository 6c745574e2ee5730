import { type Gate, gates } from '../../common/policy-floor.js';
import { modes } from '../../common/policy-scales.js';
import type { DaemonResult } from '../../daemon/protocol/daemon.js';
import { choice, command, group, text } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatTime } from '../output/units.js';
import { withDaemon } from '../service/daemon.js';
import { threshold } from '../service/threshold.js';
import { floor } from './policy-floor.js';
import { rules } from './policy-rules.js';
import { test } from './policy-test.js';

const actionId = { form: '<action>', text: 'an action ID, as queue tells it', completes: 'nothing' } as const;

const get = command({
  name: 'get',
  summary: 'Show mode, thresholds, emergency stop and how many actions wait',
  examples: [{ text: 'Now', line: 'sherinctl policy get' }],
  run: async (session) => {
    const policy = await withDaemon(session, (client) => client.call('policy.get'));
    const { output } = session;
    output.result(policy, () => {
      const { mode, stop, modification, thresholds, floor, waiting } = policy;
      output.line(`mode:         ${mode}`);
      output.line(`stop:         ${stop}`);
      output.line(`modification: ${modification ? 'allowed' : 'disabled'}`);
      for (const gate of gates)
        output.line(`${`${gate}:`.padEnd(13)} at least ${thresholds[gate]} (floor ${floor[gate]})`);
      output.line(`waiting:      ${waiting}`);
    });
  },
});

const set = command({
  name: 'set',
  summary: 'Set the mode, thresholds, or whether modifications are allowed',
  details: ['For administrators. No threshold goes below its floor.'],
  options: {
    mode: choice('--mode <mode>', 'how much is done without a person', modes),
    modification: choice('--modification <state>', 'whether anything may be modified', [
      'on',
      'off',
    ] as const),
    ...{ confidence: least('confidence'), empathy: least('empathy'), safety: least('safety') },
  },
  examples: [
    { text: 'Ask about more', line: 'sherinctl policy set --mode supervised' },
    { text: 'Be more careful', line: 'sherinctl policy set --safety 0.98' },
  ],
  run: async (session, _args, { mode, modification, ...given }) => {
    const thresholds = Object.fromEntries(
      gates.flatMap((gate) => (given[gate] === undefined ? [] : [[gate, threshold(given[gate])]])),
    );
    const answer = await withDaemon(session, (client) =>
      client.call('policy.set', {
        ...(mode === undefined ? {} : { mode }),
        ...(modification === undefined ? {} : { modification: modification === 'on' }),
        ...(Object.keys(thresholds).length === 0 ? {} : { thresholds }),
      }),
    );
    session.output.result(answer, () => session.output.line(`policy version ${answer.version}`));
  },
});

const queue = command({
  name: 'queue',
  summary: 'List the actions that wait for a person, the oldest first',
  details: ['For administrators.'],
  examples: [{ text: 'All of them', line: 'sherinctl policy queue' }],
  run: async (session) => {
    const actions: DaemonResult<'policy.queue'>['actions'] = [];
    await withDaemon(session, async (client) => {
      let page: string | null = null;
      do {
        const found: DaemonResult<'policy.queue'> = await client.call(
          'policy.queue',
          page === null ? {} : { page },
        );
        actions.push(...found.actions);
        page = found.next;
      } while (page !== null);
    });
    const { output } = session;
    output.result({ actions }, () => {
      if (actions.length === 0) return output.line('nothing waits');
      const cells = actions.map(({ action_id, type, level, risk, component, expires }) => [
        ...[action_id, type, level, risk ?? '', component, formatTime(`${BigInt(expires) * 1_000_000n}`)],
      ]);
      printTable(output, ['action', 'type', 'level', 'risk', 'wanted by', 'until'], cells);
    });
  },
});

const approve = command({
  name: 'approve',
  summary: 'Have an action that waits done, once',
  details: ['For administrators.'],
  args: [actionId],
  examples: [{ text: 'One', line: 'sherinctl policy approve gc-1' }],
  run: async (session, [id = '']) => {
    await withDaemon(session, (client) => client.call('policy.approve', { action_id: id }));
    session.output.result({ action_id: id }, () => session.output.line(`${id} approved`));
  },
});

const reject = command({
  name: 'reject',
  summary: 'Have an action that waits not done',
  details: ['For administrators.'],
  args: [actionId],
  examples: [{ text: 'One', line: 'sherinctl policy reject gc-1' }],
  run: async (session, [id = '']) => {
    await withDaemon(session, (client) => client.call('policy.reject', { action_id: id }));
    session.output.result({ action_id: id }, () => session.output.line(`${id} rejected`));
  },
});

export const policy = group(
  {
    name: 'policy',
    summary: 'What may be done without a person, and what waits for one',
    examples: [{ text: 'Now', line: 'sherinctl policy get' }],
  },
  [get, set, queue, approve, reject, test, rules, floor],
);

function least(gate: Gate) {
  return text(`--${gate} <least>`, `threshold of ${gate}, 0 to 1`, 'nothing');
}
