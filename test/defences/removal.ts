/** Words that a file has once, and what stands there without a defence. It compiles. */
export interface Edit {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

/** A test that SECURITY.md cites. */
export interface CitedTest {
  /** Its file. */
  readonly test: string;
  readonly title: string;
  /** It stands on those before it in its file. */
  readonly whole?: true;
}

/** A defence that is taken away, and the test that fails then. */
export interface Removal extends Edit, CitedTest {
  /** The row of the table in SECURITY.md: its first cell. */
  readonly attack: string;
  /** Further defences that would each do alone. */
  readonly also?: readonly Edit[];
}
