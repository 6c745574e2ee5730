import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectRoot } from '../../common/project.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-start-'));
});
afterEach(() => {
  const pid = join(home, 'pid');
  if (existsSync(pid)) process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

/** Makes sherind stand still before it does anything. */
const stands = (pid: string): string => `
if (process.argv[1]?.endsWith('/daemon/main.js')) {
  require('node:fs').writeFileSync(${JSON.stringify(pid)}, String(process.pid));
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}`;

const starter = `
import { places } from '${projectRoot}/dist/common/environment.js';
import { startSherind } from '${projectRoot}/dist/daemon/client/start-sherind.js';
await startSherind(places({}), 1).catch((error) => console.log(error.code));`;

it('one that does not serve in time is given up, and keeps nobody who has started it', async () => {
  writeFileSync(join(home, 'stands.cjs'), stands(join(home, 'pid')));
  const env = {
    ...process.env,
    ...{ NODE_OPTIONS: `--require ${join(home, 'stands.cjs')}`, SHERIN_RUNTIME_DIR: join(home, 'run') },
    ...{ SHERIN_VAULT: join(home, 'vault'), SHERIN_DAEMON_STATE: join(home, 'daemon') },
  };
  const child = spawn(process.execPath, ['--input-type=module', '-e', starter], {
    ...{ env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const said = text(child.stdout);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await said).toBe('TIMEOUT\n');
  expect(existsSync(join(home, 'pid'))).toBe(true);
});
