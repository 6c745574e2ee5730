import { startSherinFs } from '../../daemon/client/start-sherin-fs.js';
import { command, descriptor } from '../definition.js';
import { pcrList, refuseIdlePin, sealOptions } from '../service/key-slots.js';
import { unlock, withNewSecret } from '../service/secret.js';

export const move = command({
  name: 'move',
  summary: 'Seal the vault to the TPM of this machine, which it has come to',
  details: [
    'Where the vault is not open it is opened with the recovery key, as it is: whether the copy is the newest one nobody can tell here. Then it gets a TPM slot and a rollback counter of this machine, and the slots of the TPM before are dropped.',
    'sherin-fs is started where it does not run; mount with sherinctl up afterwards.',
  ],
  options: {
    ...sealOptions,
    pinFd: descriptor('--pin-fd <n>', 'read the new PIN from descriptor n'),
    recoveryFd: descriptor('--recovery-fd <n>', 'read the recovery key from descriptor n'),
  },
  examples: [
    { text: 'On the new machine', line: 'sherinctl key move' },
    {
      text: 'From a script',
      line: 'sherinctl key move --vault /srv/vault --no-pin --recovery-fd 3 3< vault.recovery',
    },
  ],
  run: async (session, _args, { pin, pcrs, bank, pinFd, recoveryFd }) => {
    refuseIdlePin(pin, pinFd);
    const wish = { pcrs: pcrList(pcrs), bank };
    if (session.connectIfRunning() === null) await startSherinFs(session.places, []);
    const client = session.connect();
    const { vault } = await client.call('status', {});
    if (vault.state !== 'unlocked')
      await unlock(client, { recovery: true, recoveryFd, pinFd: undefined, acceptRollback: true });
    const call = (fds: readonly number[]) => client.call('key.move', wish, { fds });
    const moved = pin === false ? await call([]) : await withNewSecret(pinFd, 'PIN', '--pin-fd N', call);
    session.output.result(moved, () => {
      session.output.line(`the vault is sealed to this machine's TPM: slot ${moved.slot}`);
      if (moved.unretired > 0)
        session.output.line('the TPM before did not answer: with it, an old copy of the vault opens still');
    });
  },
});
