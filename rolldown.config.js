/** The programs, and the bots that come along, each in one file (docs/decisions/0013-programs-in-one-file.md). */
import { chmodSync, copyFileSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { copyBotAddons } from './setup/steps/bot-addons.mjs';

const programs = ['cli', 'daemon', 'fs'].map((name) => ({
  input: { main: `${name}/main.ts` },
  platform: 'node',
  // It finds its addon beside its own files.
  external: ['better-sqlite3-multiple-ciphers'],
  output: { dir: `dist/${name}`, codeSplitting: false },
}));

/** A folder as `bot.register` takes it: bot.json, the program that it names, what that runs in sandboxes of its own, and the addon that it loads. */
function botFolder(from, to) {
  return {
    name: 'bot-folder',
    writeBundle() {
      copyFileSync(`${from}/bot.json`, `${to}/bot.json`);
      chmodSync(`${to}/bot.mjs`, 0o755);
      rmSync(`${to}/runners`, { recursive: true, force: true });
      if (existsSync(`${from}/runners`)) cpSync(`${from}/runners`, `${to}/runners`, { recursive: true });
      copyBotAddons();
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
    plugins: [botFolder(`daemon/bots/${name}`, `dist/bots/${name}`)],
  }));

export default [...programs, ...bots];
