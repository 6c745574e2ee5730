import type { SignedHead } from './signed-head.js';

/** Told of heads as they become durable. It is never waited for while the log is open. */
export interface HeadListener {
  /** There is a new one. @param read the newest, when it is wanted */
  made(read: () => Promise<SignedHead>): void;
  /** The log is about to be closed: there comes no other. Resolves within seconds. */
  end(read: () => Promise<SignedHead>): Promise<void>;
}
