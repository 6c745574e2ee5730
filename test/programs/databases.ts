/** SQLite with each kind of journal: locks, shared memory in a mapped file, and the order in which it syncs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

const modes = ['wal', 'delete', 'truncate', 'persist'] as const;
const script = fileURLToPath(new URL('scripts/commit_rows.py', import.meta.url));

export function databaseTests(place: Place): void {
  describe.each(modes)('sqlite with journal_mode=%s', (mode) => {
    it('keeps what two processes commit by turns', async () => {
      need('sqlite3', 'python3');
      const rows = place().scaled(60);
      const out = await place().run(`
for writer in 1 2; do python3 "$SCRIPTS/commit_rows.py" database ${mode} ${rows} > /dev/null & pids[$writer]=$!; done
for turn in 1 2 3; do sqlite3 -cmd '.timeout 60000' database 'SELECT count(*) FROM sqlite_schema' > /dev/null; done
wait "\${pids[1]}"; wait "\${pids[2]}"
sqlite3 database 'PRAGMA integrity_check; SELECT count(*), max(number) FROM row; VACUUM; PRAGMA integrity_check'`);
      expect(out).toBe(`ok\n${2 * rows}|${2 * rows}\nok\n`);
    });

    it('keeps every row that was committed before the writer is killed', async () => {
      need('sqlite3', 'python3');
      let committed = 0;
      for (let round = 1; round <= place().scaled(4); round++) {
        committed = await killedAfter(9 + 5 * round, place().path, mode);
        const out = await place().run(
          `sqlite3 database 'PRAGMA integrity_check; SELECT count(*), max(number) FROM row'`,
        );
        const [check, counts = ''] = out.trim().split('\n');
        expect(check).toBe('ok');
        const [count = 0, last = 0] = counts.split('|').map(Number);
        expect(count).toBe(last);
        // One more may have been committed, and not said yet.
        expect([committed, committed + 1]).toContain(last);
      }
    });
  });
}

/** Kills the writer the hard way when it has said so many rows; gives the last one that it has said. */
async function killedAfter(rows: number, folder: string, mode: string): Promise<number> {
  const child = spawn('python3', [script, 'database', mode, '1000000'], { cwd: folder });
  const ended = once(child, 'close');
  let last = 0;
  let said = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    said += 1;
    if (said === rows) child.kill('SIGKILL');
  }
  await ended;
  return last;
}
