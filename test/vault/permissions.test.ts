/** Under a umask that takes nothing away: what is made is its owner's alone, or stands here with the reason. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Machine } from './machine.js';

let machine: Machine;
let umask: number;

beforeAll(() => {
  umask = process.umask(0);
  machine = Machine.empty();
  machine.withDaemon = true;
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up');
  writeFileSync(join(machine.home, 'source'), 'content', { mode: 0o600 });
  machine.ok('put', join(machine.home, 'source'), 'files/a');
  writeFileSync(join(machine.mount, 'files/b'), 'more', { mode: 0o600 });
  mkdirSync(join(machine.home, 'out'), { mode: 0o700 });
  machine.ok('key', 'add', 'recovery', '--recovery-out', join(machine.home, 'out/recovery-2'), '--yes');
  machine.ok('manifest', 'export', join(machine.home, 'out/manifest.json'));
  machine.ok('backup', join(machine.home, 'backup'));
});
afterAll(() => {
  machine.end();
  process.umask(umask);
});

/** Made by this test, or by Machine. */
const own = ['mnt', 'source', 'out'];

/** Everything that there is, and its mode. */
const table: readonly (readonly [RegExp, string])[] = [
  [/^(vault|backup)$/, '700'],
  [/^(vault|backup)\/(audit|cubes|cubes\/tmp|cubes\/[a-z2-7]{2}|log|quarantine)$/, '700'],
  [/^(vault|backup)\/cubes\/[a-z2-7]{2}\/[a-z2-7]{52}\.cube$/, '600'],
  [/^(vault|backup)\/(vault\.json(\.bak)?|manifest\.db|audit\/\d{8}\.jsonl|log\/\d{8}\.log)$/, '600'],
  [/^(vault|backup)\/journal$/, '700'],
  [/^(vault|backup)\/journal\/\d{8}\.journal$/, '600'],
  [/^vault\/(manifest\.db-wal|audit\/reserve|audit\/pending\.jsonl)$/, '600'],
  [/^(recovery|out\/recovery-2|out\/manifest\.json)$/, '600'],
  [/^known$/, '700'],
  [/^known\/known_vaults(\.lock|\.[0-9a-f-]{36})?$/, '600'],
  [/^tpm(\/[0-9a-f-]{36})?$/, '700'],
  [/^tpm\/[0-9a-f-]{36}\/(\.lock|swtpm\.pid|swtpm\.sockets|tpm2-00\.[a-z]+)$/, '600'],
  [/^daemon(\/[0-9a-f-]{36}(\/bots)?)?$/, '700'],
  [/^daemon\/[0-9a-f-]{36}\/sherind\.db(-wal|-shm)?$/, '600'],
  // Others may reach the socket of sherind in there, whom its group lets.
  [/^run$/, process.getuid?.() === 0 ? '711' : '700'],
  [/^run\/sherind\.sock$/, process.getuid?.() === 0 ? '660' : '600'],
  [/^run\/(sherin-fs\.sock|sherin-fs\.log|sherind\.log)$/, '600'],
  [/^run\/tpm-[A-Za-z0-9]{6}$/, '700'],
  [/^run\/tpm-[A-Za-z0-9]{6}\/s(\.ctrl)?$/, '600'],
];

interface Made {
  readonly path: string;
  readonly mode: string;
  readonly uid: number;
}

function made(): Made[] {
  const found = execFileSync(
    'find',
    [machine.home, '-xdev', '-mindepth', '1', '-printf', '%P\\t%m\\t%U\\n'],
    {
      encoding: 'utf8',
    },
  );
  const all = found
    .split('\n')
    .filter(Boolean)
    .map((line): Made => {
      const [path = '', mode = '', uid = ''] = line.split('\t');
      return { path, mode, uid: Number(uid) };
    });
  return all.filter(({ path }) => !own.includes(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

it('every file, folder and socket is as the table has it, and is there', () => {
  const all = made();
  const wrong = all.filter(({ path, mode, uid }) => {
    const [, wanted] = table.find(([pattern]) => pattern.test(path)) ?? [];
    return mode !== wanted || uid !== process.getuid?.();
  });
  expect(wrong).toEqual([]);
  for (const name of [
    'run/sherin-fs.sock',
    'run/sherind.sock',
    'known/known_vaults',
    'out/recovery-2',
    'backup/manifest.db',
  ])
    expect(all.map(({ path }) => path)).toContain(name);
});
