/** The programs, and the bots that come along, each in one file (docs/decisions/0013-programs-in-one-file.md). */
import { chmodSync, copyFileSync, existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';

const programs = ['cli', 'daemon', 'fs'].map((name) => ({
  input: { main: `${name}/main.ts` },
  platform: 'node',
  // It finds its addon beside its own files.
  external: ['better-sqlite3-multiple-ciphers'],
  output: { dir: `dist/${name}`, codeSplitting: false },
}));

/** Addons, by the bot that loads them from beside its program. */
const addons = {
  knowledge: 'node_modules/better-sqlite3-multiple-ciphers/build/Release/better_sqlite3.node',
};

/** A folder as `bot.register` takes it: bot.json, the program that it names, and what that loads. */
function botFolder(from, to, addon) {
  return {
    name: 'bot-folder',
    writeBundle() {
      copyFileSync(`${from}/bot.json`, `${to}/bot.json`);
      chmodSync(`${to}/bot.mjs`, 0o755);
      if (addon !== undefined) copyFileSync(addon, `${to}/${basename(addon)}`);
    },
  };
}

const bots = readdirSync('daemon/bots')
  .filter((name) => existsSync(`daemon/bots/${name}/bot.json`))
  .map((name) => ({
    input: `daemon/bots/${name}/main.ts`,
    platform: 'node',
    output: {
      file: `dist/bots/${name}/bot.mjs`,
      banner: '#!/usr/bin/env node',
      codeSplitting: false,
    },
    plugins: [botFolder(`daemon/bots/${name}`, `dist/bots/${name}`, addons[name])],
  }));

export default [...programs, ...bots];
