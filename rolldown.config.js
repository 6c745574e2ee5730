/** The programs, and the bots that come along, each in one file (docs/decisions/0013-programs-in-one-file.md). */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { copyBotAddons } from './setup/steps/bot-addons.mjs';

/**
 * A folder of dist/ as main.js finds it: the program as a function, and what V8 has compiled of it.
 * @param flags of Node, with which it is started besides none
 */
function program(name, ...flags) {
  const folder = `dist/${name}`;
  return {
    input: { program: `${name}/main.ts` },
    platform: 'node',
    // It finds its addon beside its own files.
    external: ['better-sqlite3-multiple-ciphers'],
    output: { dir: folder, codeSplitting: false, format: 'cjs', entryFileNames: '[name].cjs' },
    plugins: [
      {
        name: 'compile-ahead',
        generateBundle(_, { 'program.cjs': chunk }) {
          const body = chunk.code.replace(/^#!.*/, '');
          chunk.code = `(function (exports, require, module, __filename, __dirname) {${body}\n})`;
        },
        writeBundle() {
          copyFileSync('setup/launch.mjs', `${folder}/main.js`);
          chmodSync(`${folder}/main.js`, 0o755);
          for (const old of readdirSync(folder).filter((name) => name.endsWith('.compiled')))
            rmSync(`${folder}/${old}`);
          for (const set of flags.length === 0 ? [[]] : [[], flags]) {
            const compile = [...set, 'setup/steps/compile-ahead.mjs', folder, '--version'];
            execFileSync(process.execPath, compile, { stdio: ['ignore', 'ignore', 'inherit'] });
          }
        },
      },
    ],
  };
}

/** As daemon/client/start-sherind.ts and start-sherin-fs.ts have them. */
const programs = [
  program('cli'),
  program('daemon', '--max-semi-space-size=8'),
  program('fs', '--max-semi-space-size=8', '--expose-gc', '--no-concurrent-recompilation'),
];

/** sherin-verify is to be read and copied: one plain file. */
const verifier = {
  input: 'fs/verifier/main.ts',
  platform: 'node',
  output: { file: 'dist/sherin-verify.mjs', codeSplitting: false },
  plugins: [
    { name: 'executable', writeBundle: () => chmodSync('dist/sherin-verify.mjs', 0o755) },
  ],
};

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

export default [...programs, verifier, ...bots];
