/** Addons of npm packages that bots load from beside their programs: copied into their folders, which are all that a bot sees. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { root } from './run.mjs';

/** By bot. */
const addons = {
  knowledge: 'node_modules/better-sqlite3-multiple-ciphers/build/Release/better_sqlite3.node',
};

/** Those that are compiled by now; the last step of the set-up finds all. */
export function copyBotAddons() {
  for (const [bot, addon] of Object.entries(addons)) {
    const folder = join(root, 'dist/bots', bot);
    if (!existsSync(join(root, addon))) continue;
    mkdirSync(folder, { recursive: true });
    bring(join(root, addon), join(folder, basename(addon)));
  }
}

/** A bot that runs has its addon in memory as the file is: that is never written to, another one takes its name. */
function bring(from, to) {
  if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) return;
  const beside = `${to}.${process.pid}`;
  copyFileSync(from, beside);
  renameSync(beside, to);
}
