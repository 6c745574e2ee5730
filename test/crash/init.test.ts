/** An init dies at a system call by which it changes files, or is asked to end: there is a vault whose recovery key is kept, or the next init makes one. */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../../common/project.js';
import { openVault, placesIn } from './opened.js';
import { sample } from './sample.js';

const all = process.env.SHERIN_CRASH === 'all';
const seed = Number(process.env.SHERIN_CRASH_SEED ?? 1);
const few = 5;
let base: string;
let home: string;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'sherin-crash-init-'));
  const source = join(projectRoot, 'test/crash/fault.c');
  execFileSync('cc', ['-O1', '-shared', '-fPIC', '-o', join(base, 'fault.so'), source, '-ldl']);
});
beforeEach(() => {
  home = mkdtempSync(join(base, 'home-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Code of the error that it handed back; empty: none. */
  readonly error: string;
}

/** @param began gets the process as soon as it runs */
async function init(
  env: NodeJS.ProcessEnv = {},
  began: (child: ReturnType<typeof spawn>, ended: () => boolean) => Promise<void> = async () => undefined,
): Promise<Ended> {
  const where = placesIn(home);
  const flags = ['--yes', '--no-pin', '--recovery-out', join(home, 'recovery'), '--vault', where.vault];
  const failure = openSync(join(home, 'failure'), 'w');
  const child = spawn(
    process.execPath,
    [join(projectRoot, 'dist/fs/main.js'), 'init', ...flags, '--failure-fd', '3'],
    {
      env: {
        ...process.env,
        ...{ SHERIN_RUNTIME_DIR: where.runtime, SHERIN_TPM_STATE: where.tpmState },
        ...{ SHERIN_KNOWN_VAULTS: where.knownVaults, ...env },
      },
      stdio: ['ignore', 'ignore', 'ignore', failure],
    },
  );
  closeSync(failure);
  let over = false;
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>((done) =>
    child.once('close', (code, signal) => {
      over = true;
      done({ code, signal });
    }),
  );
  await began(child, () => over);
  const end = await ended;
  const said = readFileSync(join(home, 'failure'), 'utf8');
  return { ...end, error: said === '' ? '' : String(JSON.parse(said).code) };
}

/** Dies before a call that changes the vault's directory. @returns the calls that were counted, or the last one */
async function dying(fault: string): Promise<{ readonly calls: string[]; readonly ended: Ended }> {
  const log = join(home, 'calls');
  writeFileSync(log, '');
  const ended = await init({
    ...{ LD_PRELOAD: join(base, 'fault.so'), SHERIN_FAULT: fault },
    ...{ SHERIN_FAULT_ROOT: `${placesIn(home).vault}/`, SHERIN_FAULT_LOG: log },
  });
  return { calls: readFileSync(log, 'utf8').split('\n').filter(Boolean), ended };
}

/** The recovery key opens it. */
async function opens(): Promise<void> {
  const { service } = await openVault(home);
  await service.stop(null);
}

it('goes on wherever the one before was killed', async () => {
  const { calls, ended } = await dying('count');
  expect(ended).toMatchObject({ code: 0 });
  await opens();
  const points = calls.map((_, index) => index + 1);
  expect(points.length).toBeGreaterThan(20);
  const whole = calls.findIndex((call) => /^\d+ rename\w* (.*\/)?vault\.json$/.test(call)) + 1;
  expect(whole).toBeGreaterThan(10);
  for (const point of all ? points : [...new Set([...sample(points, few, seed), whole, whole + 1])]) {
    home = mkdtempSync(join(base, 'home-'));
    expect((await dying(`kill:${point}`)).ended, `kill:${point}`).toMatchObject({ signal: 'SIGKILL' });
    const key = join(home, 'recovery');
    if (point > whole) {
      expect(await init(), `kill:${point}`).toMatchObject({ error: 'VAULT_EXISTS' });
    } else {
      await expect(openVault(home), `kill:${point}`).rejects.toMatchObject({ code: 'VAULT_MISSING' });
      // It has no key, or that of a vault that never was: nothing tells one from the other, so it is not replaced.
      expect(await init(), `kill:${point}`).toMatchObject({ error: 'USAGE' });
      rmSync(key);
      expect(await init(), `kill:${point}`).toMatchObject({ code: 0 });
    }
    await opens();
    expect(readdirSync(placesIn(home).vault)).toContain('vault.json');
  }
}, 3_600_000);

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'leaves nothing behind at %s, or a vault',
  async (signal) => {
    const { vault, tpmState, runtime } = placesIn(home);
    const outcomes = new Set<string>();
    const tpms = () => (existsSync(tpmState) ? readdirSync(tpmState) : []);
    // As soon as each of these is there; what comes behind the last step is too late.
    for (const sign of [tpmState, vault, join(vault, 'init.tmp'), join(vault, 'manifest.db')]) {
      const before = tpms();
      const ended = await init({}, async (child, over) => {
        while (!existsSync(sign) && !over()) await new Promise(setImmediate);
        child.kill(signal);
      });
      if (ended.code === 0) {
        await opens();
        rmSync(vault, { recursive: true });
        rmSync(join(home, 'recovery'));
        outcomes.add('whole');
        continue;
      }
      expect(ended).toEqual({ code: 1, signal: null, error: 'INTERRUPTED' });
      expect([vault, join(home, 'recovery')].filter((path) => existsSync(path))).toEqual([]);
      expect(
        existsSync(runtime) ? readdirSync(runtime).filter((name) => name.startsWith('tpm-')) : [],
      ).toEqual([]);
      expect(tpms()).toEqual(before);
      outcomes.add('none');
    }
    expect(outcomes).toContain('none');
  },
  120_000,
);
