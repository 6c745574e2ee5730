/** What the journal has to be told of a file beside written blocks: the least length since it was told last, and slots that were put in as wholes. */
export interface Marks {
  readonly cut: number;
  readonly slots: ReadonlySet<number>;
}
