import { type DaemonAuditEntry, mostEntries } from '../protocol/engine.js';

interface Waiting {
  readonly entry: DaemonAuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Groups of users that go into one message: whoever is in thousands of them must not make it too long for the others. */
const mostGroups = 4096;

/** Records that come in one turn of the event loop go to the log in one message, in their order. Each is waited for. */
export class GroupedRecords {
  readonly #send: (entries: DaemonAuditEntry[]) => Promise<unknown>;
  #waiting: Waiting[] = [];

  /** @param send resolves when all of them are appended */
  constructor(send: (entries: DaemonAuditEntry[]) => Promise<unknown>) {
    this.#send = send;
  }

  /** Resolves when it is appended. @throws what `send` throws: then it may not be */
  append(entry: DaemonAuditEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let group: Waiting[] = [];
    let groups = 0;
    for (const one of waiting) {
      const more = one.entry.caller?.groups.length ?? 0;
      if (group.length === mostEntries || (group.length > 0 && groups + more > mostGroups)) {
        void this.#sendTogether(group);
        [group, groups] = [[], 0];
      }
      group.push(one);
      groups += more;
    }
    void this.#sendTogether(group);
  }

  async #sendTogether(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#send(group.map(({ entry }) => entry));
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
