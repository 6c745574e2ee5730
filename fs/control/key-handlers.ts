import { SherinError } from '../../common/errors.js';
import type { Secret } from '../../native/index.js';
import type { VaultService } from '../service/service.js';
import { takeNewSecret, takeSecret } from './secrets.js';
import type { Call, ControlHandlers } from './server.js';

type Handlers = Pick<
  ControlHandlers,
  | 'key.list'
  | 'key.add'
  | 'key.add-tpm'
  | 'key.remove'
  | 'key.rotate'
  | 'key.reseal'
  | 'key.rekey'
  | 'key.move'
>;

const pinLeast = 4;
/** Nobody counts who guesses a passphrase. */
const passphraseLeast = 8;

/** `key.*`. */
export function keyHandlers({ keys, reencryption }: Pick<VaultService, 'keys' | 'reencryption'>): Handlers {
  return {
    async 'key.list'() {
      const { slots, counter } = keys.list();
      const { state } = reencryption;
      const rekey = state === null ? null : { ...state, former: [...state.former] };
      return { slots: [...slots], counter, rekey };
    },

    'key.add': ({ type }, call) => {
      if (type === 'recovery')
        return wiping(needed(takeSecret(call)), (key) => keys.addRecovery(key, call.peer));
      const words = needed(takeNewSecret(call, 'passphrase', passphraseLeast));
      return wiping(words, (secret) => keys.addPassphrase(secret, call.peer));
    },

    'key.add-tpm': ({ pcrs, bank }, call) =>
      withPin(call, (pin) => keys.addTpm({ pcrs: sorted(pcrs), bank, pin }, call.peer)),

    async 'key.remove'({ slot, force }, { peer }) {
      await keys.remove(slot, force, peer);
      return {};
    },

    'key.rotate': ({ slot }, call) =>
      wiping(takeSecret(call), (secret) => keys.rotate(slot, secret, call.peer)),

    'key.reseal': ({ slot }, call) => withPin(call, (pin) => keys.reseal(slot, pin, call.peer)),

    async 'key.rekey'({ keep, drop, force }, { fds, peer }) {
      const secrets: Secret[] = [];
      try {
        const given = keep.map(({ slot, secret }): [number, Secret | null] => {
          if (!secret) return [slot, null];
          const taken = needed(takeSecret({ fds: fds.slice(secrets.length) }));
          secrets.push(taken);
          return [slot, taken];
        });
        return { epoch: await keys.rekey({ keep: new Map(given), drop: new Set(drop), force }, peer) };
      } finally {
        for (const secret of secrets) secret.wipe();
      }
    },

    'key.move': ({ pcrs, bank }, call) =>
      withPin(call, (pin) => keys.move({ pcrs: sorted(pcrs), bank, pin }, call.peer)),
  };
}

async function wiping<S extends Secret | null, R>(secret: S, use: (secret: S) => Promise<R>): Promise<R> {
  try {
    return await use(secret);
  } finally {
    secret?.wipe();
  }
}

async function withPin<R>(call: Call, use: (pin: Secret | null) => Promise<R>): Promise<R> {
  return wiping(takeNewSecret(call, 'PIN', pinLeast), use);
}

function needed(secret: Secret | null): Secret {
  if (secret === null) throw new SherinError('USAGE', { what: 'the secret of the new slot is missing' });
  return secret;
}

function sorted(pcrs: readonly number[]): number[] {
  return [...new Set(pcrs)].sort((a, b) => a - b);
}
