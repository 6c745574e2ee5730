/** sherind as an ordinary user: the same sandbox, with the difference that it tells. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { projectRoot } from '../../common/project.js';

const child = relative(projectRoot, built(join(import.meta.dirname, 'testing/attempt.child.ts')));
const program = `import os
print([os.path.exists(path) for path in ("/etc/shadow", "/root", "/run", "/home", "/sherin/in")])
print(os.getuid())
try: open("/sherin/bot/x", "w")
except OSError as error: print(error.strerror)`;

/** Root of this machine is no ordinary user: it becomes one, with the project where that one can read it. */
const asRoot =
  'mount --bind "$1" "$2" && cd "$2" && exec setpriv --reuid 65534 --regid 65534 --clear-groups node "$3" "$4"';

test('a bot has no more rights than the user, and sees as little', () => {
  const place = mkdtempSync(join(tmpdir(), 'sherin-user-'));
  try {
    const project = join(place, 'project');
    mkdirSync(project);
    execFileSync('chmod', ['755', place]);
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
    const said =
      process.getuid?.() === 0
        ? execFileSync('unshare', ['-m', 'sh', '-c', asRoot, 'sh', projectRoot, project, child, program], {
            env,
            encoding: 'utf8',
          })
        : execFileSync(process.execPath, [join(projectRoot, child), program], { env, encoding: 'utf8' });
    const result = JSON.parse(said) as { said: string; limits: { user: string } };
    expect(result.said.split('\n')).toEqual([
      '[False, False, False, False, True]',
      '1000',
      expect.stringMatching(/^(Read-only file system|Permission denied)$/),
      'exit 0',
      '',
    ]);
    expect(result.limits).toMatchObject({ user: 'shared' });
  } finally {
    rmSync(place, { recursive: true });
  }
});

test.runIf(process.getuid?.() === 0)('without bubblewrap it says what to install', () => {
  // In a place of its own where the program is nothing that can be run.
  const hidden = 'mount --bind /dev/null "$(command -v bwrap)" && exec "$@"';
  const run = spawnSync(
    'unshare',
    ['-m', 'sh', '-c', hidden, 'sh', process.execPath, join(projectRoot, child), program],
    { encoding: 'utf8' },
  );
  expect(run.status).not.toBe(0);
  expect(run.stderr).toContain("code: 'TOOL_MISSING'");
  expect(run.stderr).toContain("package: 'bubblewrap'");
});
