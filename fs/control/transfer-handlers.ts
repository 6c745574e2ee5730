import { SherinError } from '../../common/errors.js';
import type { VaultService } from '../service/service.js';
import type { Import } from '../transfer/import.js';
import type { ControlHandlers } from './server.js';

interface Transfer {
  readonly connection: object;
  readonly run: Import;
}

/** `put.*`: imports, each bound to the connection that began it. */
export class TransferHandlers {
  readonly #service: VaultService;
  readonly #transfers = new Map<number, Transfer>();
  #next = 1;

  constructor(service: VaultService) {
    this.#service = service;
  }

  handlers(): Pick<ControlHandlers, 'put.begin' | 'put.entries' | 'put.stop' | 'put.end'> {
    return {
      'put.begin': async ({ destination, checksum }, { peer, connection, cancelled }) => {
        const run = await this.#service.imports.begin(destination, checksum, peer);
        // Nobody would end it: that the connection is gone was told before it began.
        if (cancelled()) {
          await run.abandon();
          throw new SherinError('INTERRUPTED', { what: 'the import did not begin' });
        }
        const transfer = this.#next++;
        this.#transfers.set(transfer, { connection, run });
        return { transfer };
      },
      'put.entries': async ({ transfer, entries }, { fds, connection, progress }) => {
        return { outcomes: await this.#find(transfer, connection).entries(entries, fds, progress) };
      },
      'put.stop': async ({ transfer }, { connection }) => {
        this.#find(transfer, connection).stop();
        return {};
      },
      'put.end': async ({ transfer }, { connection }) => {
        const totals = await this.#find(transfer, connection).end();
        this.#transfers.delete(transfer);
        await this.#service.imports.end(totals);
        return totals;
      },
    };
  }

  /** Ends what a connection left unfinished; committed batches stay. */
  gone(connection: object): void {
    for (const [number, transfer] of this.#transfers) {
      if (transfer.connection !== connection) continue;
      this.#transfers.delete(number);
      void transfer.run.abandon();
    }
  }

  #find(number: number, connection: object): Import {
    const transfer = this.#transfers.get(number);
    if (transfer === undefined || transfer.connection !== connection) {
      throw new SherinError('PROTOCOL', { part: `no import ${number} on this connection` });
    }
    return transfer.run;
  }
}
