#!/usr/bin/env node
/**
 * Finds out what is missing on this machine and installs it; quick when nothing is. Plain Node without npm packages, as it
 * runs before any is there. `--test`, `--bench` and `--package` add what the tests, the
 * benchmarks and the Debian package need.
 */
import { buildAddon } from './steps/addon.mjs';
import { copyBotAddons } from './steps/bot-addons.mjs';
import { installDebianPackages } from './steps/debian.mjs';
import { checkFuse, checkNode } from './steps/machine.mjs';
import { beginNpmAddons, beginNpmPackages } from './steps/npm.mjs';
import { SetupProblem, say } from './steps/run.mjs';
import { buildTypeScript } from './steps/typescript.mjs';

const flags = new Set(process.argv.slice(2));
const known = ['--test', '--bench', '--package', '--no-packages'];
const unknown = [...flags].filter((flag) => !known.includes(flag));

try {
  if (unknown.length > 0)
    throw new SetupProblem(`unknown option ${unknown[0]}`, `options: ${known.join(' ')}`);
  checkNode();
  // Either waits for the network and the disk more than for a processor.
  const npmPackages = beginNpmPackages();
  if (!flags.has('--no-packages')) {
    installDebianPackages([
      'run',
      ...(flags.has('--test') ? ['test'] : []),
      ...(flags.has('--test') && process.env.SHERIN_TESTS === 'all' ? ['programs'] : []),
      ...(flags.has('--package') || flags.has('--test') ? ['package'] : []),
      ...(flags.has('--bench') ? ['bench'] : []),
    ]);
  }
  await npmPackages();
  const npmAddons = beginNpmAddons();
  buildAddon();
  buildTypeScript();
  await npmAddons();
  copyBotAddons();
  checkFuse();
} catch (problem) {
  if (!(problem instanceof SetupProblem)) throw problem;
  say(problem.message);
  say(problem.remedy);
  process.exitCode = 1;
}
