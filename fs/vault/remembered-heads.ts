/** What this machine remembers of an open vault outside of it: its identity and its newest head. */
import type { KnownHeads } from './known-heads.js';
import type { KnownIdentity, KnownVault, KnownVaults } from './known-vaults.js';
import type { PinnedHead } from './pinned-head.js';

type Pinned = KnownIdentity & { readonly head: PinnedHead };

export class RememberedHeads {
  readonly #vaults: KnownVaults;
  readonly #heads: KnownHeads;
  #known: KnownVault | null;
  /** What stands in the line that heads are noted on top of; null: there is none of this session. */
  #line: Pinned | null = null;

  /** @param known what is remembered of it; null for a vault that is new here */
  constructor(vaults: KnownVaults, uuid: string, known: KnownVault | null) {
    this.#vaults = vaults;
    this.#heads = vaults.headsOf(uuid);
    this.#known = known;
  }

  /** The newest head that this machine saw; null for a vault that is new here. */
  get newest(): PinnedHead | null {
    return this.#known?.head ?? null;
  }

  /** Durable when it resolves. A line for each value of the counter, and a note for each head in between; without a counter a line for each. */
  async pin(identity: KnownIdentity, head: PinnedHead, isCounted: boolean): Promise<void> {
    const known = { ...identity, head };
    if (isCounted && this.#line !== null && isOnTop(this.#line, known)) await this.#heads.note(head);
    else {
      this.#line = null;
      await this.#vaults.put(known);
      await this.#heads.begin(head);
      this.#line = known;
    }
    this.#known = known;
  }

  /** A header that names another TPM is known before it is there: a crash in between leaves a vault that is known. */
  async announce({ primaryName }: KnownIdentity): Promise<void> {
    const known = this.#known;
    if (known === null || known.primaryName === primaryName) return;
    this.#line = null;
    const announced = { ...known, nextPrimaryName: primaryName };
    await this.#vaults.put(announced);
    this.#known = announced;
  }

  /** Another process may have written a line since. */
  forgetLine(): void {
    this.#line = null;
  }

  close(): Promise<void> {
    return this.#heads.close();
  }
}

/** Whether a head can be noted on top of a line: nothing else of it has changed, and the counter has not risen. */
function isOnTop(line: Pinned, { primaryName, publicKey, head }: Pinned): boolean {
  return line.primaryName === primaryName && line.publicKey.equals(publicKey) && line.head.nv === head.nv;
}
