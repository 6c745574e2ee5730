#!/usr/bin/env node
/** sherind: starts sherin-fs, mounts the vault and keeps both so. It holds no key and no content. See `sherind --help`. */
import { Command } from 'commander';
import { places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { takeListenFds } from '../common/listen-fds.js';
import { makeLogger } from '../common/log.js';
import { version } from '../common/version.js';
import { daemonMethods } from './protocol/daemon.js';
import { Sherind } from './sherind.js';

/** An error as one line for people, and the documented exit code. */
function fail(error: unknown): never {
  if (error instanceof SherinError) {
    process.stderr.write(`sherind: ${error.message} — ${error.hint}\n`);
    process.exit(error.exit);
  }
  process.stderr.write(
    `sherind: an internal error: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
}

function methodsHelp(): string {
  const lines = Object.entries(daemonMethods).map(([name, { summary }]) => `  ${name.padEnd(15)} ${summary}`);
  return ['', 'Methods of its socket sherind.sock (JSON-RPC 2.0, one object a line):', ...lines].join('\n');
}

const program = new Command('sherind')
  .version(version)
  .description('Keeps the vault mounted: starts sherin-fs, starts it again when it dies, stops it on SIGTERM')
  .option('--vault <dir>', 'vault directory (SHERIN_VAULT)')
  .option('--mount <dir>', 'mount point (SHERIN_MOUNT)')
  .option('--runtime-dir <dir>', 'directory of the sockets (SHERIN_RUNTIME_DIR)')
  .option('--metrics-port <port>', 'gives metrics at this port of 127.0.0.1 and ::1 (SHERIN_METRICS_PORT)')
  .allowExcessArguments(false)
  .addHelpText('after', methodsHelp())
  .exitOverride();

/** The socket that the service manager has opened. @throws SherinError SOCKET_PASSED for several */
function passedSocket(): number | undefined {
  const passed = takeListenFds();
  if (passed.length <= 1) return passed[0];
  throw new SherinError('SOCKET_PASSED', { part: `${passed.length} descriptors instead of one` });
}

/** @throws SherinError USAGE */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw new SherinError('USAGE', { what: `a port for metrics is a number from 1 to 65535, not '${text}'` });
}

async function run(): Promise<void> {
  const { metricsPort = process.env.SHERIN_METRICS_PORT } = program.opts<{ metricsPort?: string }>();
  const options = { metricsAt: portOf(metricsPort), inherited: passedSocket() };
  const sherind = new Sherind(places(program.opts()), makeLogger('sherind'), options);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      void sherind.stop('with-fs');
    });
  }
  sherind.ended.then(() => process.exit(0), fail);
  await sherind.start().catch((error: unknown) => {
    // Stopped while it started: the end has the last word.
    if (!sherind.stopping) throw error;
  });
}

program
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    const code = error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : 1;
    if (error instanceof Error && 'exitCode' in error) process.exit(code === 0 ? 0 : 2);
    fail(error);
  });
