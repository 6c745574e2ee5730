/** K1: from the wish to unlock to the first byte of a file, beside what the TPM alone takes to unseal. */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SoftwareTpm } from '../../fs/vault/software-tpm.js';
import { type SealPolicy, Secret, Tpm } from '../../native/index.js';
import { inTurn, type Row, seconds } from '../measure.js';
import type { SherinStore } from '../stores/sherin.js';
import type { Part, PartOptions } from './part.js';
import { type OpenStores, withStores } from './stores.js';

export const unlock: Part = async (options) => {
  const rows: Row[] = [];
  await withStores({ ...options, peers: [] }, async (stores) => {
    const source = join(stores.place.path, 'first-byte');
    writeFileSync(source, 'x'.repeat(4096));
    await stores.sherin.bring(source, 'first-byte');
    rows.push(...(await unlockRows(options, stores)));
  });
  return rows;
};

async function unlockRows(options: PartOptions, { place, sherin }: OpenStores): Promise<Row[]> {
  const alone = await AloneTpm.start(place.path);
  try {
    const row = async (work: string, measure: () => Promise<number>): Promise<Row> => {
      options.say(`${work} (${place.name})`);
      const candidates = [
        { name: 'sherin', measure },
        { name: 'TPM alone', measure: () => alone.unseal() },
      ];
      const samples = await inTurn(options.rounds, candidates, (candidate) => candidate.measure());
      return { id: 'K1', work, place: place.name, unit: 'ms', better: 'less', samples };
    };
    return [
      await row('`unlock` to first byte at the mount', () => afterLock(sherin)),
      await row('first access after `up` to first byte', () => afterStart(sherin)),
    ];
  } finally {
    await alone.stop();
  }
}

async function afterLock(sherin: SherinStore): Promise<number> {
  return await sherin.control(async (client) => {
    await client.call('lock', {});
    return await milliseconds(async () => {
      await client.call('unlock', { slot: 'tpm' });
      firstByte(sherin);
    });
  });
}

async function afterStart(sherin: SherinStore): Promise<number> {
  await sherin.restart();
  return await milliseconds(() => firstByte(sherin));
}

function firstByte(sherin: SherinStore): void {
  const byte = Buffer.alloc(1);
  const fd = openSync(sherin.path('first-byte'), 'r');
  try {
    if (readSync(fd, byte) !== 1 || byte.toString() !== 'x') throw new Error('sherin gave another byte');
  } finally {
    closeSync(fd);
  }
}

async function milliseconds(work: () => void | Promise<void>): Promise<number> {
  return (await seconds(work)) * 1000;
}

/** A software TPM like the vault's, used through ESAPI alone: what a slot seals, unsealed as a slot is opened. */
class AloneTpm {
  readonly #process: SoftwareTpm;
  readonly #tpm: Tpm;
  readonly #sealed: Awaited<ReturnType<Tpm['seal']>>;
  readonly #policy: SealPolicy;

  private constructor(
    process: SoftwareTpm,
    tpm: Tpm,
    sealed: Awaited<ReturnType<Tpm['seal']>>,
    policy: SealPolicy,
  ) {
    this.#process = process;
    this.#tpm = tpm;
    this.#sealed = sealed;
    this.#policy = policy;
  }

  static async start(directory: string): Promise<AloneTpm> {
    const process = await SoftwareTpm.create({
      stateDir: join(directory, 'alone-tpm'),
      runtimeDir: join(directory, 'alone-tpm-socket'),
    });
    try {
      const tpm = await Tpm.connect(process.tcti);
      const counter = await tpm.counterDefine(null);
      const policy: SealPolicy = {
        pcrs: [7],
        bank: 'sha256',
        slotCounter: counter,
        slotGeneration: counter.value,
        auth: null,
      };
      return new AloneTpm(process, tpm, await tpm.seal(Secret.random(32), policy), policy);
    } catch (error) {
      await process.stop();
      throw error;
    }
  }

  /** Milliseconds. */
  async unseal(): Promise<number> {
    let secret: Secret | null = null;
    const time = await milliseconds(async () => {
      secret = await this.#tpm.unseal(this.#sealed, this.#policy);
    });
    (secret as Secret | null)?.wipe();
    return time;
  }

  async stop(): Promise<void> {
    await this.#tpm.close();
    await this.#process.stop();
  }
}
