/** Starts `sherin-fs serve` as a process of its own and waits until it serves or says why not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Places } from '../../common/environment.js';
import { errorOf, SherinError } from '../../common/errors.js';
import { prepareRuntimeDirectory } from '../../common/runtime-directory.js';
import { failureSchema } from '../protocol/rpc.js';
import { childWord } from './child-word.js';
import { placeFlags, sherinFs } from './sherin-fs-program.js';

/** Seconds until a start that says nothing is given up. */
const patience = 60;

/**
 * A service that sits idle most of the time: small young generation, so that an import of many files leaves no heap
 * three times 16 MiB wide behind; and the means to collect garbage when much of it has come at once.
 */
const memoryFlags = ['--max-semi-space-size=8', '--expose-gc'];
/** glibc otherwise keeps the megabyte buffers of each worker thread in an arena of its own (mallopt(3)). */
const memoryEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
};

/**
 * sherin-fs overwrites the memory it frees (native/system/harden.cc), except what glibc keeps at hand for each thread: a
 * cache that only the environment of a new process switches off (ld.so(8)).
 */
const noThreadCaches = 'glibc.malloc.tcache_count=0';

/** Word between the service manager and whoever starts sherin-fs: none of its own. */
const ofManager = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'] as const;

/** What the child writes to descriptor 3, one line. */
const reportSchema = z.union([z.object({ ready: z.literal(true) }), z.object({ error: failureSchema })]);

/** @throws SherinError as the child reports it; IO when it ended without a word, START_KILLED when a signal ended it; TIMEOUT */
export async function startSherinFs(where: Places, flags: readonly string[]): Promise<void> {
  prepareRuntimeDirectory(where.runtime);
  const logPath = join(where.runtime, 'sherin-fs.log');
  const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
  const log = openSync(logPath, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  // Readiness is told to the starter; whether and when to tell systemd is the starter's own affair.
  const { GLIBC_TUNABLES: given = '', ...env } = process.env;
  for (const name of ofManager) delete env[name];
  const tunables = { GLIBC_TUNABLES: given === '' ? noThreadCaches : `${given}:${noThreadCaches}` };
  const child = spawn(
    process.execPath,
    [...memoryFlags, sherinFs(), 'serve', ...placeFlags(where), ...flags],
    {
      cwd: '/',
      // A session of its own: it outlives its starter and the terminal.
      detached: true,
      env: { ...env, ...memoryEnvironment, ...tunables },
      stdio: ['ignore', log, log, 'pipe'],
    },
  );
  closeSync(log);
  const report = child.stdio[3] as Readable;
  try {
    await firstWord(child, report, logPath);
  } finally {
    report.destroy();
    child.unref();
  }
}

async function firstWord(child: ChildProcess, report: Readable, logPath: string): Promise<void> {
  const lines = createInterface({ input: report });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (part: string) =>
        reject(new SherinError('IO', { what: 'starting sherin-fs', part: `${part}; its log is ${logPath}` }));
      timer = setTimeout(
        () => reject(new SherinError('TIMEOUT', { what: 'starting sherin-fs', seconds: patience })),
        patience * 1000,
      );
      child.once('error', (error) => failed(error.message));
      lines.once('line', (line) => {
        try {
          settle(line);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
      // `close` comes after the last line was read, `exit` may come before.
      child.once('close', (code, signal) => {
        if (signal === null) failed(`it ended with code ${code}`);
        else reject(new SherinError('START_KILLED', { signal, path: logPath }));
      });
    });
  } finally {
    clearTimeout(timer);
    lines.close();
    child.removeAllListeners();
  }
}

function settle(line: string): void {
  const report = childWord(line, reportSchema);
  if ('error' in report) throw errorOf(report.error);
}
