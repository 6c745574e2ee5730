/** The files of an audit log, in the vault and where old segments were put. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface AuditFiles {
  /** Number of the first of `segments`, which have no gap up to the last one in the vault. */
  readonly first: number;
  readonly segments: readonly Uint8Array[];
  /** `archived.json`, where there is one. */
  readonly statement: Uint8Array | null;
}

const read = (file: string): Uint8Array => Uint8Array.from(readFileSync(file));

export function readAuditFiles(dir: string, archive: string | null = null): AuditFiles {
  const numbers = readdirSync(dir).flatMap((name) => /^(\d{8})\.jsonl$/.exec(name)?.[1] ?? []);
  const segments: Uint8Array[] = [];
  let first = Math.max(0, ...numbers.map(Number)) + 1;
  for (; first > 1; first--) {
    const name = `${String(first - 1).padStart(8, '0')}.jsonl`;
    const place = [dir, archive].find((each) => each !== null && existsSync(join(each, name)));
    if (place === undefined || place === null) break;
    segments.unshift(read(join(place, name)));
  }
  const statement = join(dir, 'archived.json');
  return { first, segments, statement: existsSync(statement) ? read(statement) : null };
}
