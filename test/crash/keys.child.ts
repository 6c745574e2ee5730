/** Child of keys.test.ts: changes the key slots of a vault in every way, and says how far it has come. Preloaded with fault.c it dies on the way. */
import { readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { peer } from '../../fs/check/fsck.fixture.js';
import { Secret } from '../../native/index.js';
import { serve } from './opened.js';

const [home = ''] = process.argv.slice(2);
const seal = { pin: null, pcrs: [7], bank: 'sha256' } as const;

/** Of 32 zero bytes. */
function recoveryKey(): Secret {
  const text = Buffer.from('aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaojl5h');
  return Secret.take(text);
}

const service = await serve(home);
await service.unlock({ slot: 'tpm', pin: null }, peer);
const { keys } = service;
const first = (): number => keys.list().slots.find(({ type }) => type === 'tpm2')?.id ?? -1;

/** Drops the slot of the zero bytes. */
async function rekey(): Promise<void> {
  const { slots } = keys.list();
  const [own, other] = slots.filter(({ type }) => type === 'recovery').map(({ id }) => id);
  const text = Secret.take(Buffer.from(readFileSync(join(dirname(home), 'recovery'), 'latin1').trim()));
  const keep = new Map<number, Secret | null>([
    [first(), null],
    [own ?? -1, text],
  ]);
  await keys.rekey({ keep, drop: new Set([other ?? -1]), force: false }, peer);
  await service.reencryption.settled();
}

const steps: readonly (() => Promise<unknown>)[] = [
  () => keys.addRecovery(recoveryKey(), peer),
  () => keys.addTpm(seal, peer),
  () => keys.remove(first(), false, peer),
  () => keys.rotate(first(), null, peer),
  () => keys.reseal(first(), null, peer),
  () => keys.move(seal, peer),
  () => keys.remove(first(), false, peer),
  () => keys.addTpm(seal, peer),
  rekey,
];
for (const [number, step] of steps.entries()) {
  await step();
  writeSync(1, `${number}\n`);
}
process.kill(process.pid, 'SIGKILL');
