/** The process dies at every system call by which changes of key slots come to the disk: the vault opens all the same. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { createWhole } from '../../fs/service/create.js';
import { Secret } from '../../native/index.js';
import { placesIn, serve } from './opened.js';
import { sample } from './sample.js';

const program = built(join(import.meta.dirname, 'keys.child.ts'));
const all = process.env.SHERIN_CRASH === 'all';
const seed = Number(process.env.SHERIN_CRASH_SEED ?? 1);
/** Where to go on with all. */
const from = Number(process.env.SHERIN_CRASH_FROM ?? 1);
const few = 3;
/** Behind it the header is one ahead of the newest head, which is signed next; where it is not all, one such point comes along. */
const headerTakesPlace = /^\d+ rename\w* (.*\/)?vault\.json$/;
/** Steps of keys.child.ts, and those between which the vault has no TPM slot, or may not have one. */
const steps = 9;
const withoutTpm = 6;
const withTpm = 8;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sherin-crash-'));
  const original = join(home, 'original');
  mkdirSync(original);
  const options = { pin: null, pcrs: [7], pad: '4k', owned: false } as const;
  const { recovery } = await createWhole(placesIn(original), options);
  const text = join(home, 'recovery');
  execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', join(home, 'fault.so'), faultSource(), '-ldl']);
  const fd = openSync(text, 'wx', 0o600);
  Secret.writeRecoveryKey(recovery, fd);
  closeSync(fd);
  recovery.wipe();
  execFileSync('mv', [original, join(home, 'saved')]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function faultSource(): string {
  return join(import.meta.dirname.replace(/\/dist\//, '/'), 'fault.c');
}

/** Runs all steps up to the fault, from the beginning. @returns steps that had ended, and calls that were counted */
async function run(fault: string): Promise<{ readonly ended: number; readonly calls: string[] }> {
  const places = join(home, 'original');
  rmSync(places, { recursive: true, force: true });
  execFileSync('cp', ['-a', join(home, 'saved'), places]);
  const log = join(home, 'calls');
  rmSync(log, { force: true });
  writeFileSync(log, '');
  const faults = {
    ...{ LD_PRELOAD: join(home, 'fault.so'), SHERIN_FAULT: fault },
    ...{ SHERIN_FAULT_ROOT: `${places}/`, SHERIN_FAULT_LOG: log },
  };
  const child = spawn(process.execPath, [program, places], {
    env: { ...process.env, ...faults },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  const signal = await new Promise((done) => child.once('close', (_, by) => done(by)));
  expect(signal).toBe('SIGKILL');
  const ended = out.split('\n').filter(Boolean).length;
  return { ended, calls: readFileSync(log, 'utf8').split('\n').filter(Boolean) };
}

/** Opens the vault as its owner would, checks all logs, and does the next change. */
async function check(ended: number): Promise<void> {
  const service = await serve(join(home, 'original'));
  try {
    const text = () => Secret.take(Buffer.from(readFileSync(join(home, 'recovery'), 'latin1').trim()));
    if (ended < withoutTpm || ended >= withTpm) await service.unlock({ slot: 'tpm', pin: null }, peer);
    await service.unlock({ slot: 'recovery', text: text(), acceptRollback: false }, peer);
    const session = await service.unlocked();
    await service.reencryption.settled();
    expect(service.reencryption.state).toBeNull();
    await session.checks.audit();
    await session.checks.manifest();
    await service.keys.addTpm({ pin: null, pcrs: [7], bank: 'sha256' }, peer);
    await service.lock(peer);
    await service.unlock({ slot: 'tpm', pin: null }, peer);
  } finally {
    await service.stop(null);
  }
}

it('opens wherever the process died', async () => {
  const { ended, calls } = await run('count');
  expect(ended).toBe(steps);
  await check(ended);
  const points = calls.map((_, index) => index + 1);
  expect(points.length).toBeGreaterThan(60);
  const behind = calls.flatMap((call, index) => (headerTakesPlace.test(call) ? [index + 2] : []));
  expect(behind.length).toBeGreaterThanOrEqual(steps);
  const chosen = [...sample(points, few, seed), ...sample(behind, 1, seed)];
  for (const point of all ? points.slice(from - 1) : chosen) {
    const died = await run(`kill:${point}`);
    await check(died.ended).catch((error: unknown) => {
      throw new Error(`after step ${died.ended}, at ${died.calls[0]}`, { cause: error });
    });
  }
}, 14_400_000);
