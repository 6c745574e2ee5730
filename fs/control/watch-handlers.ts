import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** `watch`: events to who asked for them, until the connection ends. */
export class WatchHandlers {
  readonly #service: VaultService;
  readonly #watching = new Map<object, () => void>();

  constructor(service: VaultService) {
    this.#service = service;
  }

  handlers(): Pick<ControlHandlers, 'watch'> {
    return {
      watch: async (_, { connection, notify }) => {
        this.gone(connection);
        this.#watching.set(
          connection,
          this.#service.events.on((event) => notify('event', event)),
        );
        return { state: this.#service.stateName };
      },
    };
  }

  /** Ends what a connection watched. */
  gone(connection: object): void {
    this.#watching.get(connection)?.();
    this.#watching.delete(connection);
  }
}
