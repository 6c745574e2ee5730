import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { ControlClient } from './control-client.js';
import { processStart } from './process-start.js';
import { stopSherinFs } from './stop-sherin-fs.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-stop-'));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

it('ends a sherin-fs of another version, whose status is not understood', async () => {
  const path = join(folder, 's');
  const program = built(join(import.meta.dirname, 'older-fs.child.ts'));
  const older = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = older;
  const ended = once(older, 'exit');
  await once(older.stdout, 'data');
  const client = ControlClient.connect(path);
  await expect(client.call('status', {})).rejects.toMatchObject({ code: 'PROTOCOL' });
  expect(await stopSherinFs(client)).toEqual({ lazy: false });
  expect(processStart(older.pid ?? 0)).toBeNull();
  expect(await ended).toEqual([0, null]);
});
