import { Admins } from '../common/admins.js';
import { controlSocket, daemonSocket, type Places } from '../common/environment.js';
import { exposition } from '../common/exposition.js';
import type { Logger } from '../common/log.js';
import { keepWatchdog, notifyManager } from '../common/notify.js';
import { prepareRuntimeDirectory } from '../common/runtime-directory.js';
import { EmotionalState } from './emotion/emotional-state.js';
import { FsEvents } from './events/fs-events.js';
import type { Subscribers } from './events/subscribers.js';
import { FsLink } from './fs-link.js';
import { daemonHandlers } from './handlers.js';
import { subscribersBy } from './methods/event.js';
import { onBehalf } from './methods/on-behalf.js';
import { MetricsPort } from './metrics-port.js';
import type { DaemonMethod } from './protocol/daemon.js';
import { daemonMetrics } from './protocol/daemon-metrics.js';
import { fsMetrics } from './protocol/fs-metrics.js';
import { RequestMetrics } from './request-metrics.js';
import { type Caller, callersBy } from './socket/caller.js';
import { answerWith, busyLine } from './socket/dispatch.js';
import { LineServer } from './socket/line-server.js';
import { TokenBuckets } from './socket/token-buckets.js';
import { Supervisor } from './supervision/supervisor.js';
import { TaskService } from './task-service.js';

export interface SherindOptions {
  /** Port of the loopback addresses where metrics are given; none: nowhere. */
  readonly metricsAt?: number | undefined;
  /** Descriptor of the socket that the service manager has opened; none: it is made here. */
  readonly inherited?: number | undefined;
}

/** The daemon: the supervision of sherin-fs, and the socket that tells about it. */
export class Sherind {
  readonly #where: Places;
  readonly #log: Logger;
  readonly #supervisor: Supervisor;
  readonly #fs: FsLink;
  readonly #subscribers: Subscribers;
  readonly #events: FsEvents;
  readonly #tasks: TaskService;
  readonly #metrics = new RequestMetrics();
  readonly #options: SherindOptions;
  #server: LineServer | null = null;
  #metricsPort: MetricsPort | null = null;
  #endWatchdog: () => void = () => undefined;
  #stopping: Promise<void> | null = null;
  readonly #ended = deferred();

  constructor(where: Places, log: Logger, options: SherindOptions) {
    this.#where = where;
    this.#options = options;
    this.#log = log;
    this.#supervisor = new Supervisor(where, log);
    this.#fs = new FsLink(controlSocket(where));
    this.#subscribers = subscribersBy(this.#fs);
    const emotions = new EmotionalState();
    this.#events = new FsEvents(
      controlSocket(where),
      (event) => {
        this.#tasks.heard(event);
        if (event.kind !== 'mount') this.#subscribers.tell(event);
      },
      () => this.#tasks.lost(),
    );
    this.#tasks = new TaskService({
      ...{ log, state: where.daemonState, runtime: where.runtime, emotions, fs: this.#fs },
      tell: (event) => this.#subscribers.tell(event),
      vault: async () => (await this.#supervisor.status())?.vault ?? null,
      mount: async () => (await this.#supervisor.status())?.mount?.path ?? null,
    });
  }

  get stopping(): boolean {
    return this.#stopping !== null;
  }

  /**
   * Resolves when the vault is mounted and the socket answers.
   * @throws SherinError DAEMON_RUNNING, RUNTIME_UNSAFE; as {@link Supervisor.start}
   */
  async start(): Promise<void> {
    prepareRuntimeDirectory(this.#where.runtime);
    const path = daemonSocket(this.#where);
    const metrics = this.#metrics;
    const answer = answerWith({
      metrics,
      handlers: daemonHandlers({
        ...{ supervisor: this.#supervisor, fs: this.#fs, subscribers: this.#subscribers, metrics },
        ...{ tasks: this.#tasks, stop: () => void this.stop('alone') },
      }),
      callerOf: callersBy(new Admins()),
      buckets: new TokenBuckets(),
      log: this.#log,
      recordDenied: (method, caller) => this.#recordDenied(method, caller),
    });
    // The socket first: of two sherinds the second ends before it touches anything.
    const { metricsAt, inherited } = this.#options;
    const refused = () => this.#metrics.note('connection', 'EBUSY', 0);
    this.#server = await LineServer.listen({
      path,
      inherited,
      answer,
      busy: busyLine,
      refused,
      log: this.#log,
    });
    try {
      if (metricsAt !== undefined)
        this.#metricsPort = await MetricsPort.listen(metricsAt, () => this.#metricsText(), this.#log);
      await this.#supervisor.start();
    } catch (error) {
      await this.#metricsPort?.close();
      await this.#server.close();
      throw error;
    }
    await this.#tasks.start();
    if (this.stopping) return;
    void this.#events.run();
    this.#log.info('serving');
    notifyManager('READY=1', this.#log);
    this.#endWatchdog = keepWatchdog(this.#log);
  }

  /** Of both processes; of sherind alone while the other one does not answer. */
  async #metricsText(): Promise<string> {
    const status = await this.#supervisor.status();
    const methods = this.#metrics.after(undefined).map((one) => ({ ...one, buckets: [...one.buckets] }));
    const domains = [...(this.#tasks.known?.counts() ?? [])];
    return exposition([
      ...(status === null ? [] : fsMetrics(status)),
      ...daemonMetrics({ methods, domains }),
    ]);
  }

  async #recordDenied(method: DaemonMethod, caller: Caller): Promise<void> {
    const events = [{ event: 'AUDIT_DAEMON_DENIED', id: null, meta: { method } }];
    try {
      await this.#fs.call('audit.append', { entries: [{ events, caller: onBehalf(caller) }], durable: true });
    } catch (error) {
      // Refused it is all the same.
      this.#log.error({ err: error, method }, 'a refusal could not be recorded');
    }
  }

  /**
   * Stops bots, closes the socket and removes it.
   * @param how whether sherin-fs is stopped, too @throws SherinError TIMEOUT
   */
  stop(how: 'alone' | 'with-fs'): Promise<void> {
    if (this.#stopping === null) {
      this.#stopping = this.#end(how);
      this.#stopping.then(this.#ended.resolve, this.#ended.reject);
    }
    return this.#stopping;
  }

  /** Resolves when it has stopped, whoever wanted it. @throws as {@link stop} */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  async #end(how: 'alone' | 'with-fs'): Promise<void> {
    notifyManager('STOPPING=1', this.#log);
    try {
      this.#events.stop();
      // Bots first: what they hold goes back to the queue.
      try {
        await this.#tasks.stop();
      } finally {
        // Whatever becomes of tasks: the vault is closed, where that is wanted.
        if (how === 'with-fs') await this.#supervisor.stop();
        else await this.#supervisor.leave();
      }
    } finally {
      this.#endWatchdog();
      await this.#metricsPort?.close();
      await this.#server?.close();
      this.#fs.close();
    }
    this.#log.info('stopped');
  }
}

function deferred() {
  let [resolve, reject]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
  const promise = new Promise<void>((settle, refuse) => {
    [resolve, reject] = [settle, refuse];
  });
  return { promise, resolve, reject };
}
