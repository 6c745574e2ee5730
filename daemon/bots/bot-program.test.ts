import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mostEntries } from './bot-folder.js';
import { manifestLimit, readBot } from './bot-program.js';

const least = {
  bot_id: 'adder',
  version: '1.0.0',
  layer: 'worker',
  domain: 'calculations',
  exec: ['./bot.sh', '-v'],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-bot-'));
  writeFileSync(join(folder, 'bot.sh'), '#!/bin/sh\n', { mode: 0o755 });
  describeAs(least);
});
afterEach(() => rmSync(folder, { recursive: true }));

function describeAs(manifest: unknown): void {
  writeFileSync(join(folder, 'bot.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
}

/** Code and the part that tells what is wrong. */
function refusal(): string {
  try {
    readBot(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'context' in error) {
      return `${error.code}: ${(error.context as { part: string }).part}`;
    }
    throw error;
  }
  return 'taken';
}

test('what is not said has its usual value', () => {
  const { manifest, folder: real } = readBot(folder);
  expect(real).toBe(folder);
  expect(manifest).toEqual({
    ...least,
    subdomain: null,
    specialty: null,
    department: null,
    connection_points: [],
    max_concurrent: 1,
    limits: {
      memory: 512 * 2 ** 20,
      cpu_seconds: 3600,
      processes: 64,
      files: 256,
      file_size: 256 * 2 ** 20,
      tmp: 64 * 2 ** 20,
      task_seconds: 30,
    },
    inputs: 'pure',
    nests: false,
  });
});

describe('refuses', () => {
  test.each([
    ['no object', '[]'],
    ['no JSON', '{'],
    ['nesting', '['.repeat(8_000)],
    ['a field that is not known', { ...least, colour: 'red' }],
    ['a name in capitals', { ...least, bot_id: 'Adder' }],
    ['a name that is a path', { ...least, bot_id: '../x' }],
    ['a long name', { ...least, bot_id: 'a'.repeat(33) }],
    ['the layer of the router', { ...least, layer: 'router' }],
    ['no program', { ...least, exec: [] }],
    ['a program of the system', { ...least, exec: ['/bin/sh'] }],
    ['a program outside', { ...least, exec: ['./../bot.sh'] }],
    ['a program outside, in the middle', { ...least, exec: ['./a/../../bot.sh'] }],
    ['a zero byte', { ...least, exec: ['./bot.sh', 'a\0b'] }],
    ['many arguments', { ...least, exec: ['./bot.sh', ...Array(16).fill('x')] }],
    ['no task at all', { ...least, max_concurrent: 0 }],
    ['more tasks than a queue holds', { ...least, max_concurrent: 9 }],
    ['memory of nothing', { ...least, limits: { memory: 0 } }],
    ['a limit that is not known', { ...least, limits: { ram: 1 } }],
    ['a task of days', { ...least, limits: { task_seconds: 1e6 } }],
    ['a namespace that is none', { ...least, inputs: ['files'] }],
    ['no namespace', { ...least, inputs: [] }],
    ['more than the limit', `${JSON.stringify(least)}${' '.repeat(manifestLimit)}`],
  ])('%s', (_, manifest) => {
    describeAs(manifest);
    expect(refusal()).toMatch(/^BOT_MANIFEST: /);
  });

  test('names the field', () => {
    describeAs({ ...least, limits: { files: 5 } });
    expect(refusal()).toMatch(/^BOT_MANIFEST: limits\.files: /);
  });

  test('a folder or a bot.json that is not there', () => {
    expect(() => readBot(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'BOT_MANIFEST' }));
    rmSync(join(folder, 'bot.json'));
    expect(refusal()).toBe('BOT_MANIFEST: ENOENT');
  });

  test('a bot.json that is a link, a folder or a pipe', () => {
    const path = join(folder, 'bot.json');
    rmSync(path);
    symlinkSync('/etc/hostname', path);
    expect(refusal()).toBe('BOT_MANIFEST: it is a link');
    rmSync(path);
    mkdirSync(path);
    expect(refusal()).toBe('BOT_MANIFEST: it is no file');
  });

  test('a program that a link takes out of the folder, and takes one that stays', () => {
    rmSync(join(folder, 'bot.sh'));
    symlinkSync('/bin/sh', join(folder, 'bot.sh'));
    expect(refusal()).toBe('BOT_UNSAFE: it leads out of the bot’s folder');
    rmSync(join(folder, 'bot.sh'));
    writeFileSync(join(folder, 'real.sh'), '#!/bin/sh\n', { mode: 0o755 });
    symlinkSync('real.sh', join(folder, 'bot.sh'));
    expect(refusal()).toBe('taken');
  });

  test('a program that is missing, no file or can not be executed', () => {
    chmodSync(join(folder, 'bot.sh'), 0o644);
    expect(refusal()).toMatch(/^BOT_MANIFEST: it can not be executed/);
    rmSync(join(folder, 'bot.sh'));
    expect(refusal()).toBe('BOT_MANIFEST: ENOENT');
    mkdirSync(join(folder, 'bot.sh'));
    expect(refusal()).toBe('BOT_MANIFEST: it is no file');
  });

  test('what others may write to', () => {
    for (const path of [folder, join(folder, 'bot.json'), join(folder, 'bot.sh')]) {
      chmodSync(path, 0o777);
      expect(refusal()).toBe('BOT_UNSAFE: others may write to it');
      chmodSync(path, 0o755);
    }
  });

  test('a folder that others may rename, as they may write to one above it', () => {
    const above = join(folder, 'above');
    mkdirSync(join(above, 'bot'), { recursive: true });
    for (const name of ['bot.sh', 'bot.json']) renameSync(join(folder, name), join(above, 'bot', name));
    const refused = expect.objectContaining({
      ...{ code: 'BOT_UNSAFE', context: { path: above, part: 'others may write to it' } },
    });
    chmodSync(above, 0o777);
    expect(() => readBot(join(above, 'bot'))).toThrow(refused);
    chmodSync(above, 0o1777);
    expect(readBot(join(above, 'bot')).folder).toBe(join(above, 'bot'));
  });

  test('anything in it, however deep, that others may write to', () => {
    const [library, deep] = [join(folder, 'lib'), join(folder, 'lib/deep')];
    mkdirSync(deep, { recursive: true });
    writeFileSync(join(deep, 'words.py'), 'words = []\n', { mode: 0o644 });
    expect(refusal()).toBe('taken');
    for (const path of [library, deep, join(deep, 'words.py')]) {
      chmodSync(path, 0o775);
      expect(refusal()).toBe('BOT_UNSAFE: others may write to it');
      chmodSync(path, 0o755);
    }
  });

  test('a link that leads out, and takes those that stay, or lead to what every sandbox has', () => {
    mkdirSync(join(folder, 'bin'));
    symlinkSync('../bot.sh', join(folder, 'bin/bot'));
    symlinkSync('/usr/bin/env', join(folder, 'bin/env'));
    expect(refusal()).toBe('taken');
    for (const target of ['/etc/hostname', '../..', '/tmp']) {
      symlinkSync(target, join(folder, 'bin/out'));
      expect(refusal()).toBe('BOT_UNSAFE: it leads out of the bot’s folder');
      rmSync(join(folder, 'bin/out'));
    }
    symlinkSync('nothing', join(folder, 'bin/nowhere'));
    expect(refusal()).toBe('BOT_MANIFEST: ENOENT');
  });

  test('a socket or a pipe, through which a bot would speak to somebody outside', async () => {
    const listening = createServer().listen(join(folder, 'socket'));
    await once(listening, 'listening');
    chmodSync(join(folder, 'socket'), 0o755);
    expect(refusal()).toBe('BOT_UNSAFE: it is neither a file nor a folder');
    listening.close();
    await once(listening, 'close');
    execFileSync('mkfifo', ['-m', '644', join(folder, 'pipe')]);
    expect(refusal()).toBe('BOT_UNSAFE: it is neither a file nor a folder');
  });

  test('more entries than anybody looks through', () => {
    mkdirSync(join(folder, 'many'));
    for (let at = 3; at < mostEntries; at++) writeFileSync(join(folder, 'many', `${at}`), '');
    expect(refusal()).toBe('taken');
    writeFileSync(join(folder, 'many/more'), '');
    expect(refusal()).toBe(`BOT_MANIFEST: there are more than ${mostEntries} entries in it`);
  });

  test.runIf(process.getuid?.() === 0)('a file system that is mounted in it', () => {
    mkdirSync(join(folder, 'mounted'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=0755', 'sherin-test', join(folder, 'mounted')]);
    try {
      expect(refusal()).toBe('BOT_UNSAFE: another file system is mounted there');
    } finally {
      execFileSync('umount', [join(folder, 'mounted')]);
    }
  });

  test.runIf(process.getuid?.() === 0)('what is another user’s, somewhere in it', () => {
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib/words.py'), '', { mode: 0o644 });
    chownSync(join(folder, 'lib/words.py'), 65534, 65534);
    expect(refusal()).toBe('BOT_UNSAFE: it belongs to uid 65534');
  });

  test.runIf(process.getuid?.() === 0)('a folder in one of another user', () => {
    const above = join(folder, 'above');
    mkdirSync(join(above, 'bot'), { recursive: true });
    for (const name of ['bot.sh', 'bot.json']) renameSync(join(folder, name), join(above, 'bot', name));
    chownSync(above, 65534, 65534);
    expect(() => readBot(join(above, 'bot'))).toThrow(expect.objectContaining({ code: 'BOT_UNSAFE' }));
  });

  test.runIf(process.getuid?.() === 0)('what belongs to another user', () => {
    chownSync(join(folder, 'bot.sh'), 65534, 65534);
    expect(refusal()).toBe('BOT_UNSAFE: it belongs to uid 65534');
  });
});
