import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { requireProgram } from '../../common/find-program.js';
import { openLocked } from './open.js';

const program = built(join(import.meta.dirname, 'create.child.ts'));
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'sherin-create-'));
});
afterAll(async () => {
  await rm(base, { recursive: true });
});

test('a kill in the middle leaves a whole vault or none', async () => {
  const places = {
    tcti: null,
    tpmState: join(base, 'tpm'),
    runtime: join(base, 'run'),
    knownVaults: join(base, 'known_vaults'),
  };
  const verdicts = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const names = Array.from({ length: 20 }, (_, n) => `vault-${round}-${n}`);
    const child = spawn(process.execPath, [program, base, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    // one is whole; the kill hits another, each round at another step
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
    await setTimeout(17 * round);
    child.kill('SIGKILL');
    await ended;
    for (const name of names) {
      const vault = await openLocked(join(base, name), places).catch((error: unknown) => error);
      if (vault instanceof Error) {
        expect(vault).toMatchObject({ code: 'VAULT_MISSING' });
        verdicts.add('none');
        continue;
      }
      const locked = vault as Awaited<ReturnType<typeof openLocked>>;
      expect(await readFile(locked.directory.inside('manifest.db'), 'utf8')).toBe('here');
      (await locked.unlockTpm(null)).wipe();
      await locked.close();
      verdicts.add('whole');
    }
  }
  expect([...verdicts].sort()).toEqual(['none', 'whole']);
});

test('a missing tool is named with its package', () => {
  const missing = { code: 'TOOL_MISSING', hint: 'install it with: apt-get install swtpm' };
  expect(() => requireProgram('no-such-tpm', 'swtpm')).toThrowError(expect.objectContaining(missing));
});
