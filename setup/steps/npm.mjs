/** npm packages, exactly those of package-lock.json. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildEnvironment } from './machine.mjs';
import { ask, begin, root, SetupProblem, say } from './run.mjs';

/** Built from source here, so that no prebuilt binary is downloaded beside the registry. */
const builtHere = 'better-sqlite3-multiple-ciphers';

/**
 * Lays the packages out, beside what follows; those that build an addon have yet to be built: {@link beginNpmAddons}.
 * @returns what waits for its end
 */
export function beginNpmPackages() {
  if (installedAsLocked()) return async () => undefined;
  say('installing npm packages (under a minute)');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  return begin('npm', args, 'look at the message above; by hand it is: npm ci', buildEnvironment());
}

/**
 * Builds the addons of npm packages, beside what follows: most of it is one file of SQLite, for which the compiler has one processor.
 * @returns what waits for its end
 */
export function beginNpmAddons() {
  if (addonsLoad()) return async () => undefined;
  say('building the addons of npm packages for this Node (two to four minutes: SQLite is compiled here)');
  // The last word on optimisation: -O3 takes the compiler a quarter longer, and what stores tasks is as fast without.
  const flags = { CFLAGS: '-O2', CXXFLAGS: '-O2' };
  const environment = { ...buildEnvironment(), ...flags, npm_config_build_from_source: builtHere };
  const ended = begin('npm', ['rebuild', ...withAddons], 'look at the message above', environment);
  return async () => {
    await ended();
    if (addonsLoad()) return;
    throw new SetupProblem(
      'an addon among the npm packages does not load on this Node',
      `see why with: node -e '${loadAddons}'`,
    );
  };
}

/** npm keeps a lock file of what it laid into node_modules: equal to ours means nothing to do. */
function installedAsLocked() {
  const laid = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(laid)) return false;
  const have = JSON.parse(readFileSync(laid, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([path, entry]) =>
      path === '' || have[path]?.version === entry.version || (entry.optional && !have[path]),
  );
}

/** The packages that may run install scripts are those that build an addon. */
const withAddons = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).allowScripts);
const loadAddons = `${withAddons.map((name) => `require("${name}")`).join('; ')}; new (require("${builtHere}"))(":memory:")`;

/** True when all addons were built, for this Node's ABI, and find their libraries. */
function addonsLoad() {
  return ask(process.execPath, ['-e', loadAddons]) !== undefined;
}
