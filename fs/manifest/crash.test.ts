/** kill -9 while it commits: what is found after is some committed state, and never less than what commit had returned. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { nextBatch } from './testing/committer.js';
import { attributes, Fixture } from './testing/fixture.js';
import { pictureOf, ReferenceModel } from './testing/reference-model.js';

const rounds = 100;
const committer = built(join(import.meta.dirname, 'testing/committer.ts'));

function start(vault: Fixture): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [
    committer,
    vault.directory,
    vault.seed.toString('hex'),
    vault.key.toString('hex'),
  ]);
}

/** Lets a committer run until it has said something `lines` times and some more microseconds; gives the last size it said. */
function crash(child: ChildProcessWithoutNullStreams, lines: number, more: number): Promise<number> {
  const said: string[] = [];
  let complaints = '';
  child.stderr.on('data', (data: Buffer) => {
    complaints += data.toString();
  });
  child.stdout.on('data', (data: Buffer) => {
    const before = said.length;
    said.push(...data.toString().trim().split('\n'));
    if (before >= lines || said.length < lines) return;
    const until = process.hrtime.bigint() + BigInt(more) * 1000n;
    while (process.hrtime.bigint() < until);
    child.kill('SIGKILL');
  });
  child.stdin.write('!');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(said.at(-1)));
      else reject(new Error(`the committer ended by itself: ${complaints}`));
    });
  });
}

describe('a crash', () => {
  it(`loses nothing that was committed, ${rounds} times`, async () => {
    const vault = new Fixture();
    vault.create().close();
    const model = new ReferenceModel();
    model.apply({ type: 'attributes', inode: 1, attributes: attributes('directory', { mode: 0o755 }) });
    let size = 1;
    let next = start(vault);
    try {
      for (let round = 0; round < rounds; round++) {
        const child = next;
        next = start(vault);
        const returned = await crash(child, 1 + (round % 5), (round * 137) % 3000);
        const manifest = vault.open();
        expect(manifest.head.size).toBeGreaterThanOrEqual(returned);
        while (size < manifest.head.size) {
          const batch = nextBatch(size);
          for (const mutation of batch) model.apply(mutation);
          size += batch.length;
        }
        expect(size, 'a batch is all there or not at all').toBe(manifest.head.size);
        if (round % 10 === 9) expect(pictureOf(manifest.tree, size + 2)).toEqual(model.picture());
        expect(manifest.tree.counts().inodes).toBe(model.inodes.size);
        manifest.close();
      }
      const manifest = vault.open();
      await manifest.verifyLog();
      manifest.close();
    } finally {
      next.kill('SIGKILL');
      vault.remove();
    }
  }, 600_000);
});
