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
import { type Call, ControlServer } from '../control/server.js';
import { TransferHandlers } from '../control/transfer-handlers.js';
import { WatchHandlers } from '../control/watch-handlers.js';
import { Predecessor } from '../service/handover/predecessor.js';
import { VaultService } from '../service/service.js';
import { headerPublicKey } from '../vault/header.js';
import { openLocked } from '../vault/open.js';

export interface ServeOptions {
  readonly verify: 'vertex' | 'cube';
  readonly headerBackup: boolean;
  readonly autoLock?: string;
  readonly lockBeforeSleep: boolean;
  /** Descriptor of the channel to the sherin-fs that hands everything over. */
  readonly takeOver?: number;
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
  let before: Predecessor | null = null;
  try {
    if (options.takeOver !== undefined) before = await Predecessor.at(options.takeOver);
    prepareRuntimeDirectory(where.runtime);
    const autoLock = autoLockOf(options.autoLock);
    const lockBeforeSleep = locksBeforeSleep(options.lockBeforeSleep);
    const locked = await openLocked(where.vault, where, {
      header: options.headerBackup ? 'vault.json.bak' : 'vault.json',
      ...(before && { directory: before.vault }),
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
    const exit = (): void => {
      // Threads of libfuse may still wait for a kernel that will not answer: nothing of ours is left to wait for.
      setTimeout(() => process.exit(0), 100).unref();
    };
    const end = (): void => {
      sayStopping();
      server?.close();
      log.info('stopped');
      exit();
    };
    /** Another process serves, or nobody: it is not unmounted here, and the socket's file stays. */
    const leave = (): void => {
      server?.leave();
      exit();
    };
    const upgrade = async (_: unknown, { peer }: Call) => {
      if (server === null) throw new SherinError('UPGRADE_REFUSED', { part: 'it has not begun to serve' });
      try {
        const handed = await server.alone((listener) => service.handover.run(peer, listener));
        notifyManager(`MAINPID=${handed.pid}`, log);
        return handed;
      } finally {
        if (service.handover.gone) setImmediate(leave);
      }
    };
    const handlers = controlHandlers(service, transfers, backups, watching, threads, end, upgrade);
    const gone = (connection: object): void => {
      transfers.gone(connection);
      backups.gone(connection);
      watching.gone(connection);
      threads.gone(connection);
    };
    const begin = before && (await service.handover.takeOver(before));
    await before?.prepared();
    server = new ControlServer(controlSocket(where), handlers, log, gone, before?.listener);
    begin?.();
    await before?.serving();
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
    await before?.failed(error);
    if (error instanceof SherinError) tell({ error: error.failure });
    throw error;
  }
}
