/** A rekey dies on its way: the vault opens all the same, all of it is there, and in the end all of it is under the new master key. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { parseRecoveryKey } from '../reference/recovery-key.js';
import { openVault as readVault } from '../reference/vault.js';
import { placesIn, serve, unlock } from './opened.js';
import { createFilled, readAll, rekeyed, secretIn } from './rekeyed.js';

const program = built(join(import.meta.dirname, 'rekey.child.ts'));
const all = process.env.SHERIN_CRASH === 'all';
/** Where to go on with all. */
const from = Number(process.env.SHERIN_CRASH_FROM ?? 1);
let base: string;
let home: string;

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'sherin-crash-'));
  home = join(base, 'original');
  const source = join(import.meta.dirname.replace(/\/dist\//, '/'), 'fault.c');
  execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', join(base, 'fault.so'), source, '-ldl']);
  await createFilled(home);
  execFileSync('mv', [home, join(base, 'saved')]);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** @returns the calls that changed the disk; of a fault, the one before which it died */
async function run(fault: string): Promise<string[]> {
  rmSync(home, { recursive: true, force: true });
  execFileSync('cp', ['-a', join(base, 'saved'), home]);
  const log = join(base, 'calls');
  writeFileSync(log, '');
  const faults = {
    ...{ LD_PRELOAD: join(base, 'fault.so'), SHERIN_FAULT: fault },
    ...{ SHERIN_FAULT_ROOT: `${home}/`, SHERIN_FAULT_LOG: log },
  };
  const child = spawn(process.execPath, [program, home], {
    env: { ...process.env, ...faults },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const signal = await new Promise((done) => child.once('close', (_, by) => done(by)));
  expect(signal).toBe('SIGKILL');
  return readFileSync(log, 'utf8').split('\n').filter(Boolean);
}

const vault = () => placesIn(home).vault;
const header = () => JSON.parse(readFileSync(join(vault(), 'vault.json'), 'utf8'));

function epochs(): Set<number> {
  const cubes = join(vault(), 'cubes');
  const files = readdirSync(cubes).filter((name) => name.length === 2);
  const paths = files.flatMap((folder) =>
    readdirSync(join(cubes, folder)).map((name) => join(cubes, folder, name)),
  );
  return new Set(paths.map((path) => readFileSync(path).readUInt16LE(14)));
}

/** Opens it as its owner would, who does the rekey again where there was none. */
async function check(): Promise<void> {
  const { epoch } = header();
  const service = await serve(home);
  try {
    const lost = service.unlock(
      { slot: 'recovery', text: secretIn(home, 'lost'), acceptRollback: false },
      peer,
    );
    if (epoch > 0) await expect(lost).rejects.toMatchObject({ code: 'RECOVERY_KEY_WRONG' });
    else await lost;
    const { session } = await unlock(service, home);
    await readAll(session);
    await service.reencryption.settled();
    if (epoch === 0) await rekeyed(service, home);
    expect(service.reencryption.state).toBeNull();
    await readAll(session);
    await session.checks.audit();
    await session.checks.manifest();
    await service.lock(peer);
    await expect(
      service.unlock({ slot: 'recovery', text: secretIn(home, 'lost'), acceptRollback: false }, peer),
    ).rejects.toMatchObject({ code: 'RECOVERY_KEY_WRONG' });
    await unlock(service, home);
  } finally {
    await service.stop(null);
  }
  expect(header()).toMatchObject({ epoch: 1, keys: { former: [] } });
  expect(epochs()).toEqual(new Set([1]));
  const recoveryKey = parseRecoveryKey(readFileSync(join(home, 'recovery'), 'latin1').trim());
  expect(readVault(vault(), { recoveryKey }).root.children).toHaveLength(40);
}

it('opens wherever the process died, and comes to its end', async () => {
  const calls = await run('count');
  await check();
  const at = (what: RegExp, place = 0): number => {
    const found = calls.filter((call) => what.test(call)).at(place);
    expect(found, String(what)).toBeDefined();
    return Number(found?.split(' ')[0]);
  };
  expect(calls.filter((call) => /rename.*\.cube$/.test(call))).toHaveLength(40);
  const headers = calls.filter((call) => /rename.*vault\.json$/.test(call)).length;
  // Behind the header with the new key, behind the database, before the header without the key before.
  const few = [
    at(/rename.*vault\.json$/) + 1,
    at(/rename.*manifest\.db$/) + 4,
    at(/rename.*vault\.json$/, headers - 1),
  ];
  // A disk that is full from then on: the key holds, and who asked for it hears so.
  await run(`ENOSPC:${few[0]}`);
  expect(readFileSync(join(home, 'refused'), 'utf8')).toBe('KEY_REKEYED 1');
  expect(header().epoch).toBe(1);
  await check();
  // Before the header with the new key, and amid the cubes of the second batch.
  if (process.env.SHERIN_TESTS === 'all') few.push(at(/rename.*vault\.json$/), at(/rename.*\.cube$/, 35));
  for (const point of all ? calls.map((_, index) => index + 1).slice(from - 1) : few) {
    const [died] = await run(`kill:${point}`);
    await check().catch((error: unknown) => {
      throw new Error(`at ${died}`, { cause: error });
    });
  }
}, 14_400_000);
