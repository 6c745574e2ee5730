import { emotionClock } from '../../common/emotion-clock.js';
import { gates } from '../../common/policy-floor.js';
import { nowNanoseconds } from '../../common/time.js';
import type { Engine } from '../engine/engine.js';
import { evaluate } from '../policy/evaluate.js';
import { reject } from '../policy/queue.js';
import { setPolicy } from '../policy/set.js';
import type { PolicyState } from '../policy/state.js';
import { stopInForce } from '../policy/stop.js';
import { emotionPage, queuePage } from '../protocol/methods/policy.js';
import type { DaemonHandlers } from '../socket/dispatch.js';
import { onBehalf } from './on-behalf.js';

type Handlers = Pick<
  DaemonHandlers,
  | 'policy.get'
  | 'policy.set'
  | 'policy.queue'
  | 'policy.approve'
  | 'policy.reject'
  | 'policy.estop'
  | 'policy.test'
  | 'emotion.get'
>;

/** `policy.*` and `emotion.get`. */
export function policyHandlers(engine: () => Engine): Handlers {
  const feelings = () => engine().policy.feelings();
  return {
    'policy.get': async () => {
      const { version, mode, stop, modification, thresholds, floor, queue } = await engine().keeper.state();
      return { version, mode, stop, modification, thresholds, floor, waiting: queue.length };
    },
    'policy.set': async (settings, caller) => {
      const { state } = await engine().keeper.change(
        (before) => setPolicy(before, settings),
        onBehalf(caller),
      );
      return { version: state.version };
    },
    'policy.queue': async ({ page }) => pageOf(await engine().keeper.state(), page),
    'policy.approve': async ({ action_id }, caller) => {
      await engine().approved.approve(action_id, onBehalf(caller));
      return {};
    },
    'policy.reject': async ({ action_id }, caller) => {
      const answer = { actionId: action_id, uid: caller.peer.uid, now: nowNanoseconds() };
      await engine().keeper.change((state) => reject(state, answer), onBehalf(caller));
      return {};
    },
    'policy.estop': async ({ on, freeze }, caller) => {
      const { keeper } = engine();
      // Only `off` loosens.
      const stop = on ? stopInForce(keeper.stop, freeze ? 'freeze' : 'on') : 'off';
      await keeper.setStop(stop, onBehalf(caller));
      return { stop: engine().keeper.stop };
    },
    'policy.test': async (action) => evaluate(await engine().keeper.state(), action, feelings()),
    'emotion.get': async ({ page }) => {
      const { thresholds } = await engine().keeper.state();
      const all = [...engine().emotions.feelings(emotionClock())];
      const left = all.slice(all.findIndex(([name]) => name === page) + 1);
      const dimensions = left.slice(0, emotionPage).map(([name, { value, inputs }]) => {
        const gate = gates.find((known) => known === name);
        return { name, value, threshold: gate === undefined ? null : thresholds[gate], ...inputs };
      });
      return { dimensions, next: left.length > emotionPage ? (dimensions.at(-1)?.name ?? null) : null };
    },
  };
}

/** Actions after the one with this ID; all of them where it waits no more. */
function pageOf({ queue }: PolicyState, page: string | undefined) {
  const left = queue.slice(queue.findIndex(({ action_id }) => action_id === page) + 1);
  const actions = left.slice(0, queuePage).map(({ ts, expires, ...action }) => {
    return { ...action, ts: milliseconds(ts), expires: milliseconds(expires) };
  });
  return { actions, next: left.length > queuePage ? (actions.at(-1)?.action_id ?? null) : null };
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}
