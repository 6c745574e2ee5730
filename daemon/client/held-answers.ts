/** The most answers that are held; beyond it all are asked for anew. */
const usualMost = 4_096;
/** Milliseconds for which one is held. */
const usualMs = 1_000;

interface Held<Answer> {
  readonly answer: Answer;
  /** On the clock. */
  readonly until: number;
}

export interface HeldAnswersOptions {
  readonly most?: number;
  readonly milliseconds?: number;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

/** Answers of one generation. With the next one all of them are gone. */
export class HeldAnswers<Answer> {
  readonly #most: number;
  readonly #milliseconds: number;
  readonly #clock: () => number;
  readonly #held = new Map<string, Held<Answer>>();
  #generation = 0;

  constructor({
    most = usualMost,
    milliseconds = usualMs,
    clock = () => performance.now(),
  }: HeldAnswersOptions = {}) {
    this.#most = most;
    this.#milliseconds = milliseconds;
    this.#clock = clock;
  }

  /** @param generation the present one; 0: there is none */
  get(question: string, generation: number): Answer | undefined {
    if (generation === 0 || generation !== this.#generation) return undefined;
    const held = this.#held.get(question);
    return held !== undefined && this.#clock() < held.until ? held.answer : undefined;
  }

  /** @param generation the one that it was given in @param asked when it was asked for, on the clock */
  keep(question: string, answer: Answer, generation: number, asked: number): void {
    if (generation !== this.#generation || this.#held.size >= this.#most) this.clear();
    this.#generation = generation;
    this.#held.set(question, { answer, until: asked + this.#milliseconds });
  }

  clear(): void {
    this.#held.clear();
  }
}
