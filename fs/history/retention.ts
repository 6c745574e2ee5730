/** Which states of a path are kept. */

/** How many of what is kept; none by number means none for that reason. */
export interface Retention {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** Nanoseconds: what was shown at any time since so long ago; null: none for that reason. */
  readonly within: bigint | null;
}

/** A state began to be shown then; it ended with the next one. */
interface Begun {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
}

/**
 * For each state of a path, oldest first, whether it is kept. As restic's `forget` counts: the newest state of each of
 * the last hours, days, weeks, months and years that have one; a removal is a state, too. Hours and days are local ones.
 * The last state is what the path shows now, and stays.
 */
export function retained(states: readonly Begun[], policy: Retention, now: bigint): boolean[] {
  const kept = states.map((_, at) => at === states.length - 1 || at >= states.length - policy.last);
  if (policy.within !== null) {
    for (const [at] of states.entries()) {
      const end = states[at + 1]?.time;
      if (end === undefined || end > now - policy.within) kept[at] = true;
    }
  }
  for (const [count, period] of periods(policy)) keepNewest(states, kept, count, period);
  return kept;
}

type Period = (time: Date) => string;

function periods(policy: Retention): readonly (readonly [number, Period])[] {
  const day: Period = (time) => `${month(time)}-${time.getDate()}`;
  const month: Period = (time) => `${time.getFullYear()}-${time.getMonth()}`;
  return [
    [policy.hourly, (time) => `${day(time)} ${time.getHours()} ${time.getTimezoneOffset()}`],
    [policy.daily, day],
    [policy.weekly, (time) => day(monday(time))],
    [policy.monthly, month],
    [policy.yearly, (time) => String(time.getFullYear())],
  ];
}

/** The day that a week begins with. */
function monday(time: Date): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() - ((time.getDay() + 6) % 7));
}

function keepNewest(states: readonly Begun[], kept: boolean[], count: number, period: Period): void {
  let [left, last] = [count, ''];
  for (let at = states.length - 1; at >= 0 && left > 0; at--) {
    const name = period(new Date(Number((states[at]?.time ?? 0n) / 1_000_000n)));
    if (name === last) continue;
    kept[at] = true;
    last = name;
    left -= 1;
  }
}
