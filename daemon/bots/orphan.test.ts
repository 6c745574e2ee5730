/** A bot whose sherind was killed while it started does not run: nobody would be there to stop it. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';

const child = built(join(import.meta.dirname, 'testing/orphan.child.ts'));
/** Milliseconds into a start: in all its parts. */
const moments = Array.from({ length: 24 }, (_, at) => at * 6);

test.runIf(process.getuid?.() === 0)(
  'neither a bot nor its sandbox outlives a sherind that was killed in the middle of its start',
  async () => {
    const said = moments.map((moment) => {
      const { stdout } = spawnSync(process.execPath, [child, `${moment}`], { encoding: 'utf8' });
      const [directory = '', uid = ''] = stdout.split(' ');
      return { directory, uid };
    });
    /** Of the bot's user, and of root before it has become that. */
    const processes = () =>
      said.flatMap(({ directory, uid }) =>
        [
          ['-u', uid],
          ['-f', directory],
        ].flatMap((which) => spawnSync('pgrep', ['-a', ...which], { encoding: 'utf8' }).stdout.trim() || []),
      );
    try {
      // The last of them may still be on its way.
      await sleep(1_500);
      expect(processes()).toEqual([]);
    } finally {
      for (const { directory, uid } of said) {
        spawnSync('pkill', ['-9', '-u', uid]);
        rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      }
    }
  },
);
