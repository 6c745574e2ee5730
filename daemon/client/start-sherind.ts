/** Starts sherind as a process of its own, in the background, and waits until its socket answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { daemonSocket, type Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { projectRoot } from '../../common/project.js';
import { prepareRuntimeDirectory } from '../../common/runtime-directory.js';
import { DaemonClient, DaemonError } from './daemon-client.js';
import { placeFlags } from './sherin-fs-program.js';

/** Seconds until a start that says nothing is given up, and milliseconds between two looks. */
const patience = 30;
const lookMs = 25;

/** A service that waits for most of its time: a young generation half as wide as Node's; a narrower one is collected all the time where much is asked. */
const memoryFlags = ['--max-semi-space-size=8'];

/**
 * Harmless where one runs.
 * @param seconds until it is given up; it goes on starting then, and nobody waits for it
 * @throws SherinError IO when it ended, TIMEOUT, TOOL_MISSING before it was built
 */
export async function startSherind(where: Places, seconds = patience): Promise<void> {
  const known = await connected(where);
  known?.close();
  if (known !== null) return;
  const program = join(projectRoot, 'dist/daemon/main.js');
  if (!existsSync(program))
    throw new SherinError('TOOL_MISSING', { tool: program, package: 'sherin (npm run build)' });
  prepareRuntimeDirectory(where.runtime);
  const logPath = join(where.runtime, 'sherind.log');
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  const log = openSync(logPath, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  const { NOTIFY_SOCKET: _, ...env } = process.env;
  // A session of its own: it outlives its starter and the terminal.
  const child = spawn(process.execPath, [...memoryFlags, program, ...placeFlags(where)], {
    ...{ cwd: '/', detached: true, env, stdio: ['ignore', log, log] },
  });
  closeSync(log);
  try {
    await served(where, child, seconds, logPath);
  } finally {
    child.unref();
  }
}

async function served(where: Places, child: ChildProcess, seconds: number, logPath: string): Promise<void> {
  let end: string | null = null;
  child.once('error', (error) => {
    end = error.message;
  });
  child.once('exit', (code, signal) => {
    end = `it ended with ${signal ?? `code ${code}`}`;
  });
  const deadline = Date.now() + seconds * 1000;
  while (!(await serves(where))) {
    if (end !== null)
      throw new SherinError('IO', { what: 'starting sherind', part: `${end}; its log is ${logPath}` });
    if (Date.now() > deadline) throw new SherinError('TIMEOUT', { what: 'starting sherind', seconds });
    await sleep(lookMs);
  }
}

/** Stops the one that runs, and its bots; sherin-fs goes on. Harmless where none does. @throws SherinError TIMEOUT; DaemonError where the caller may not */
export async function stopSherind(where: Places): Promise<void> {
  const client = await connected(where);
  if (client === null) return;
  await client.call('system.stop').finally(() => client.close());
  const deadline = Date.now() + patience * 1000;
  while (existsSync(daemonSocket(where))) {
    if (Date.now() > deadline)
      throw new SherinError('TIMEOUT', { what: 'the end of sherind', seconds: patience });
    await sleep(lookMs);
  }
}

/** It has taken over sherin-fs, and there are tasks. */
async function serves(where: Places): Promise<boolean> {
  const client = await connected(where);
  if (client === null) return false;
  try {
    await client.call('bot.list', {});
    return true;
  } catch (error) {
    // Where there can't be any tasks it serves all the same.
    return !(error instanceof DaemonError && error.code === 'EBUSY');
  } finally {
    client.close();
  }
}

async function connected(where: Places): Promise<DaemonClient | null> {
  return DaemonClient.connect(daemonSocket(where)).catch(() => null);
}
