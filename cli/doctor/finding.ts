/** One line of `sherinctl doctor`. */
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly subject: string;
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

export function ok(subject: string, text: string): Finding {
  return { level: 'ok', subject, text };
}

export function warn(subject: string, text: string, fix: string): Finding {
  return { level: 'warn', subject, text, fix };
}

export function fail(subject: string, text: string, fix: string): Finding {
  return { level: 'fail', subject, text, fix };
}
