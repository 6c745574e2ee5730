/** `npm run package`: build/sherin_VERSION_ARCH.deb, or into the folder that is named. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root, run } from '../steps/run.mjs';
import { layOut } from './contents.mjs';
import { writeControl } from './control.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
const file = resolve(process.argv[2] ?? join(root, 'build'), `sherin_${version}_${architecture}.deb`);
const target = mkdtempSync(join(tmpdir(), 'sherin-package-'));
try {
  const addons = layOut(target, version);
  writeControl(target, { version, architecture, addons });
  run(
    'dpkg-deb',
    ['--root-owner-group', '-Zxz', '-z3', '--build', target, file],
    'look at the message above',
  );
} finally {
  rmSync(target, { recursive: true, force: true });
}
process.stdout.write(`${file}\n`);
