/** A datagram that was not taken, for the audit log: who sent it, by the kernel's word, and why; nothing of what was in it. */
import type { SherinId } from '../../common/ids.js';
import type { Sender } from '../../native/ipc.js';

export type RefusalReason =
  /** Longer than the limit. */
  | 'oversize'
  /** Descriptors came along. */
  | 'descriptors'
  /** No message of the protocol. */
  | 'malformed'
  /** Not of this bot's user; or neither through the bot's end nor of a process that is seen in this sandbox. */
  | 'forged-sender'
  /** About a task that this instance was not given. */
  | 'unknown-task'
  /** About a task that it has answered. */
  | 'second-answer';

export interface Refusal {
  readonly reason: RefusalReason;
  readonly sender: Sender;
  /** The task it was about, where the message was one of the protocol. */
  readonly taskId: SherinId | null;
}
