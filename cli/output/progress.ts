/** A bar with rate and time left, on stderr, only on a terminal and only once the work has lasted a moment. */
import { SingleBar } from 'cli-progress';
import { formatBytes, formatDuration } from './units.js';

export type Unit = 'bytes' | 'cubes' | 'records' | 'files' | 'segments';

/** Milliseconds before the bar shows: what ends sooner needs none. */
const patience = 500;
/** Milliseconds over which the rate is averaged. */
const rateWindow = 5000;

export class Progress {
  readonly #unit: Unit;
  readonly #label: string;
  readonly #enabled: boolean;
  readonly #started = Date.now();
  readonly #samples: { at: number; done: number }[] = [];
  #bar: SingleBar | null = null;
  #done = 0;
  #total = 0;
  #detail: () => string = () => '';

  constructor(label: string, unit: Unit, json: boolean) {
    this.#label = label;
    this.#unit = unit;
    this.#enabled = process.stderr.isTTY === true && !json;
  }

  /** False where no bar will ever show, so that totals need not be counted. */
  get enabled(): boolean {
    return this.#enabled;
  }

  /** `total` 0: not known yet. `detail`, asked for when a line is drawn, stands at the end, such as a number of files. */
  update(done: number, total: number, detail: () => string = () => ''): void {
    if (!this.#enabled) return;
    [this.#done, this.#total, this.#detail] = [done, total, detail];
    const now = Date.now();
    if ((this.#samples.at(-1)?.at ?? 0) < now - 100) this.#samples.push({ at: now, done });
    while (this.#samples.length > 2 && (this.#samples[0]?.at ?? now) < now - rateWindow)
      this.#samples.shift();
    if (this.#bar === null) {
      if (now - this.#started < patience) return;
      this.#bar = this.#show();
    }
    this.#bar.update(done);
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #show(): SingleBar {
    const bar = new SingleBar({
      format: () => this.#line(),
      stream: process.stderr,
      fps: 8,
      clearOnComplete: true,
      hideCursor: null,
      forceRedraw: true,
      gracefulExit: false,
    });
    bar.start(1, 0);
    return bar;
  }

  #line(): string {
    const rate = this.#rate();
    const amount = (value: number) =>
      this.#unit === 'bytes' ? formatBytes(value) : Math.round(value).toLocaleString('en-US');
    // Before the first of it is done there is no rate, and no end to be told.
    const known = this.#done > 0 && rate > 0;
    const speed = this.#unit === 'bytes' ? `${formatBytes(rate)}/s` : `${amount(rate)} ${this.#unit}/s`;
    const said = this.#detail();
    const detail = said === '' ? '' : `  ${said}`;
    if (this.#total === 0) {
      return `${this.#label}  ${amount(this.#done)}${known ? `  ${speed}` : ''}${detail}`;
    }
    const share = Math.min(1, this.#done / this.#total);
    const filled = Math.round(share * 24);
    const left = Math.max(0, this.#total - this.#done) / rate;
    const pace = known ? `  ${speed}  ${formatDuration(left)} left` : '';
    const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
    return `${this.#label} ${bar} ${Math.floor(share * 100)} %  ${amount(this.#done)} of ${amount(this.#total)}${pace}${detail}`;
  }

  /** Units per second over the last moments. */
  #rate(): number {
    const first = this.#samples[0];
    const seconds = (Date.now() - (first?.at ?? this.#started)) / 1000;
    return seconds > 0 ? Math.max(0, this.#done - (first?.done ?? 0)) / seconds : 0;
  }
}
