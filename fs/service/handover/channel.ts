/** The socket between the sherin-fs that serves and the one that it has started to go on: it has no name, and two ends. */
import { closeSync } from 'node:fs';
import { z } from 'zod';
import { errorOf, SherinError } from '../../../common/errors.js';
import { failureSchema } from '../../../daemon/protocol/rpc.js';
import { attach, type Connection } from '../../../native/ipc.js';
import { within } from '../../mount/within.js';

const messageSchema = z.discriminatedUnion('say', [
  /** The new one runs: which version, and which documents it understands. */
  z.strictObject({ say: z.literal('hello'), version: z.string().max(64), document: z.int() }),
  /** The vault is closed; with it come the descriptors of its directory, control socket, document, key and, where it is mounted, connection. */
  z.strictObject({ say: z.literal('take') }),
  /** The new one has the vault open, and could serve. */
  z.strictObject({ say: z.literal('prepared') }),
  z.strictObject({ say: z.literal('failed'), error: failureSchema }),
  /** The old one will never serve again. */
  z.strictObject({ say: z.literal('go') }),
  z.strictObject({ say: z.literal('serving') }),
]);
type Message = z.infer<typeof messageSchema>;
type Said<S extends Message['say']> = Extract<Message, { readonly say: S }>;

/** Words that are said before the first of them is heard: there are no more in either direction. */
const mostUnheard = 4;

interface Received {
  readonly message: Message;
  readonly fds: readonly number[];
}

export class Channel {
  readonly #connection: Connection;
  readonly #received: Received[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  /** @param fd one end, which it owns */
  constructor(fd: number) {
    this.#connection = attach(fd, {
      message: (bytes, fds) => this.#take(bytes, fds),
      close: () => {
        this.#ended = true;
        this.#wake();
      },
    });
  }

  async say(message: Message, fds: readonly number[] = []): Promise<void> {
    await this.#connection.send(Buffer.from(JSON.stringify(message)), fds);
  }

  /**
   * The next message, which is to be this one, and what came with it: for the caller to close.
   * @param milliseconds for which it is waited
   * @throws SherinError as the other end says it; UPGRADE_FAILED when it is gone, late, or says something else
   */
  async hear<S extends Message['say']>(
    say: S,
    milliseconds: number,
  ): Promise<{ readonly message: Said<S>; readonly fds: readonly number[] }> {
    if ((await within(this.#somethingSaid(), milliseconds)) === undefined)
      throw failed(`it said nothing for ${milliseconds / 1000} s`);
    const next = this.#received.shift();
    if (next === undefined) throw failed('it has ended');
    const { message, fds } = next;
    if (message.say === say) return { message: message as Said<S>, fds };
    closeAll(fds);
    throw message.say === 'failed' ? errorOf(message.error) : failed('it said what was not asked');
  }

  /** Nothing is heard any more. */
  close(): void {
    this.#connection.close();
    for (const { fds } of this.#received.splice(0)) closeAll(fds);
  }

  /** Or the other one has ended. */
  async #somethingSaid(): Promise<true> {
    while (this.#received.length === 0 && !this.#ended) {
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    return true;
  }

  #take(bytes: Buffer, fds: readonly number[]): void {
    try {
      const message = messageSchema.parse(JSON.parse(bytes.toString('utf8')));
      if (fds.length > 0 && message.say !== 'take') throw failed(`descriptors came with ${message.say}`);
      if (this.#received.length >= mostUnheard) throw failed('it does not wait');
      this.#received.push({ message, fds });
      this.#wake();
    } catch {
      closeAll(fds);
      this.#connection.close();
    }
  }
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}

function failed(part: string): SherinError {
  return new SherinError('UPGRADE_FAILED', { part });
}
