import { closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { autoLockOf, locksBeforeSleep } from '../../common/auto-lock.js';
import { controlSocket, type Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { FreezeMark } from '../../common/freeze-mark.js';
import { makeLogger } from '../../common/log.js';
import { notifyManager } from '../../common/notify.js';
import { prepareRuntimeDirectory } from '../../common/runtime-directory.js';
import { requireKnownLogs } from '../backup/known-formats.js';
import { BackupHandlers } from '../control/backup-handlers.js';
import { ClientThreads } from '../control/client-threads.js';
import { controlHandlers } from '../control/handlers.js';
import { ControlServer } from '../control/server.js';
import { TransferHandlers } from '../control/transfer-handlers.js';
import { WatchHandlers } from '../control/watch-handlers.js';
import { VaultService } from '../service/service.js';
import { headerPublicKey } from '../vault/header.js';
import { openLocked } from '../vault/open.js';

export interface ServeOptions {
  readonly verify: 'vertex' | 'cube';
  readonly headerBackup: boolean;
  readonly autoLock?: string;
  readonly lockBeforeSleep: boolean;
}

/** The starter's descriptor: one JSON line says that the control socket answers, or why not. */
const readyFd = 3;

function tell(line: object): void {
  try {
    writeSync(readyFd, `${JSON.stringify(line)}\n`);
    closeSync(readyFd);
  } catch {
    // Started by hand: nobody listens there.
  }
}

/** Serves the vault until `stop` or a signal: locked at first, opened by the first access that needs the key. */
export async function serve(where: Places, options: ServeOptions): Promise<void> {
  const log = makeLogger('sherin-fs');
  try {
    prepareRuntimeDirectory(where.runtime);
    const autoLock = autoLockOf(options.autoLock);
    const lockBeforeSleep = locksBeforeSleep(options.lockBeforeSleep);
    const locked = await openLocked(where.vault, where, {
      header: options.headerBackup ? 'vault.json.bak' : 'vault.json',
    });
    const publicKey = headerPublicKey(locked.header);
    await requireKnownLogs(locked.fd, { uuid: locked.uuid, publicKey });
    const service = new VaultService(locked, log, {
      ...{ wholeCube: options.verify === 'cube', autoLock, lockBeforeSleep },
      freezeMark: new FreezeMark(join(where.daemonState, locked.header.uuid)),
    });
    await service.store.clean();
    await service.snapshots.drop();
    const transfers = new TransferHandlers(service);
    const backups = new BackupHandlers(service);
    const watching = new WatchHandlers(service);
    const threads = new ClientThreads();
    let server: ControlServer | null = null;
    let saidStopping = false;
    const sayStopping = (): void => {
      if (!saidStopping) notifyManager('STOPPING=1', log);
      saidStopping = true;
    };
    const end = (): void => {
      sayStopping();
      server?.close();
      log.info('stopped');
      // Threads of libfuse may still wait for a kernel that will not answer: nothing of ours is left to wait for.
      setTimeout(() => process.exit(0), 100).unref();
    };
    const handlers = controlHandlers(service, transfers, backups, watching, threads, end);
    server = new ControlServer(controlSocket(where), handlers, log, (connection) => {
      transfers.gone(connection);
      backups.gone(connection);
      watching.gone(connection);
      threads.gone(connection);
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        log.info({ signal }, 'stopping');
        sayStopping();
        service.stop(null).then(end, (error: unknown) => {
          // It has said so in the log already, and stopped.
          if (error instanceof SherinError && error.code === 'UNSEALED') return end();
          log.error({ err: error }, 'the clean stop failed');
          process.exit(1);
        });
      });
    }
    log.info({ vault: locked.header.uuid }, 'serving');
    tell({ ready: true });
    notifyManager('READY=1', log);
  } catch (error) {
    if (error instanceof SherinError) tell({ error: error.failure });
    throw error;
  }
}
