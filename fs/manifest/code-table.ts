import { MalformedBytes } from '../../common/bytes.js';

/** The entry of a code table. @throws MalformedBytes when the table has none */
export function pick<T>(table: readonly T[], code: number, what: string): Exclude<T, undefined> {
  const value = table[code];
  if (value === undefined) throw new MalformedBytes(`${what} ${code}`);
  return value as Exclude<T, undefined>;
}
