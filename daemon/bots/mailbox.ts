import { chmodSync, chownSync, closeSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bindDatagrams, type DatagramSocket, type Sender } from '../../native/ipc.js';
import { answerLimit, type BotMessage, decodeBotMessage, encodeTask, type TaskMessage } from './messages.js';
import type { Refusal, RefusalReason } from './refusal.js';

export interface MailboxHandlers {
  /** Whether a process, by its pid here, is one of the bot's. */
  readonly holds: (pid: number) => boolean;
  readonly message: (message: BotMessage, sender: Sender) => void;
  readonly refused: (refusal: Refusal) => void;
}

/**
 * The datagram sockets of one instance. Both are bound by sherind, in a folder that the bot sees read-only: one in which it could
 * bind would be one in which it could fill the disk or plant a link.
 */
export class Mailbox {
  readonly folder: string;
  readonly #uid: number;
  readonly #handlers: MailboxHandlers;
  readonly #socket: DatagramSocket;
  #peerOpen = true;

  /** @param uid the bot's user outside @throws with an errno code */
  constructor(folder: string, uid: number, handlers: MailboxHandlers) {
    this.folder = folder;
    this.#uid = uid;
    this.#handlers = handlers;
    mkdirSync(folder, { mode: 0o700 });
    try {
      const path = join(folder, 'sherind.sock');
      this.#socket = bindDatagrams(path, join(folder, 'bot.sock'), answerLimit, {
        message: (message, sender) => this.#take(message, sender),
        refused: (reason, sender) => this.#refuse(reason, sender),
      });
      if (uid !== process.getuid?.()) chownSync(path, uid, uid);
      chmodSync(folder, 0o711);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** The bot's end, to be handed on; see {@link handedOn}. */
  get botFd(): number {
    return this.#socket.peerFd;
  }

  /** The bot has its end now: with the last process that has it, it is closed. */
  handedOn(): void {
    if (this.#peerOpen) closeSync(this.#socket.peerFd);
    this.#peerOpen = false;
  }

  /** False when the bot takes nothing any more. @throws ZodError for what is no task */
  send(task: TaskMessage): boolean {
    const message = encodeTask(task);
    try {
      return this.#socket.send(message);
    } catch {
      // ECONNREFUSED: nobody has the other end.
      return false;
    }
  }

  /** Closes the sockets and removes their folder. Harmless twice. */
  close(): void {
    this.handedOn();
    this.#socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #take(bytes: Buffer, sender: Sender): void {
    // Who has the bot's end is one of the bot's, also when it is gone by now; who sends by the path must be there to be known.
    const own = sender.fromPeer || this.#handlers.holds(sender.pid);
    if (sender.uid !== this.#uid || !own) {
      this.#refuse('forged-sender', sender);
      return;
    }
    const message = decodeBotMessage(bytes);
    if (message === undefined) this.#refuse('malformed', sender);
    else this.#handlers.message(message, sender);
  }

  #refuse(reason: RefusalReason, sender: Sender): void {
    this.#handlers.refused({ reason, sender, taskId: null });
  }
}
