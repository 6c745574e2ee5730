/** Under a umask that takes nothing away: what is made is its owner's alone, or stands here with the reason. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { places } from '../../common/environment.js';
import { bootNames, fixture } from '../../fs/event-log/fixtures.fixture.js';
import { createWhole } from '../../fs/service/create.js';
import { instancesOf } from '../daemon/bots/traces.js';
import { flip } from './damage.js';
import { Machine } from './machine.js';
import { until } from './wait.js';

const isRoot = process.getuid?.() === 0;
let machine: Machine;
let umask: number;

beforeAll(async () => {
  umask = process.umask(0);
  machine = Machine.empty();
  machine.withDaemon = true;
  machine.env.SHERIN_ANCHOR_FILE = join(machine.home, 'anchors');
  await makeMeasured();
  machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile);
  machine.ok('up', ...(isRoot ? ['--allow-other'] : []));
  if (isRoot) chmodSync(machine.home, 0o711);
  writeFileSync(join(machine.home, 'source'), 'content', { mode: 0o600 });
  machine.ok('put', join(machine.home, 'source'), 'files/a');
  writeFileSync(join(machine.mount, 'files/b'), 'more', { mode: 0o600 });
  mkdirSync(join(machine.home, 'out'), { mode: 0o700 });
  machine.ok('key', 'add', 'recovery', '--recovery-out', join(machine.home, 'out/recovery-2'), '--yes');
  machine.ok('manifest', 'export', join(machine.home, 'out/manifest.json'));
  machine.ok('backup', join(machine.home, 'backup'));
  machine.ok('get', 'files/a', join(machine.home, 'out/a'));
  machine.ok('restore-backup', join(machine.home, 'backup'), join(machine.home, 'restored'));
  machine.ok('audit', 'archive', join(machine.home, 'archive'));
  machine.ok('attest', '--nonce', 'ab'.repeat(16));
  flip(await machine.cubeOf('files/a'), 5000);
  machine.run('verify');
  if (isRoot) await until('no bot runs', () => instancesOf(machine.home).length > 0);
});
afterAll(() => {
  machine.end();
  process.umask(umask);
});

/** A vault of a boot that was measured: its slot keeps the event log. Made by this process, whose umask stays, unlike that of sherin-fs. */
async function makeMeasured(): Promise<void> {
  const env = { SHERIN_VAULT: join(machine.home, 'measured'), SHERIN_TPM_STATE: join(machine.home, 'swtpm') };
  const where = places({}, { ...machine.env, ...env });
  const measured = { ...where, eventLog: join(machine.home, 'boot.log') };
  writeFileSync(measured.eventLog, fixture(`${bootNames[0]}.log`));
  const { recovery } = await createWhole(measured, { pin: null, pcrs: [7], pad: '4k', owned: false });
  recovery.wipe();
}

/** Made by this test, by Machine, or by the swtpm that this process starts, which has no modes of its own but those of the umask. */
const own = /^(mnt|source|out|boot\.log|swtpm(\/.*)?)$/;

/** Everything that there is, and its mode. */
const table: readonly (readonly [RegExp, string])[] = [
  [/^(vault|backup|restored|measured)$/, '700'],
  [/^(vault|backup|restored|measured)\/(audit|cubes|cubes\/tmp|cubes\/[a-z2-7]{2}|log|quarantine)$/, '700'],
  [/^(vault|backup|restored)\/cubes\/[a-z2-7]{2}\/[a-z2-7]{52}\.cube$/, '600'],
  [
    /^(vault|backup|restored|measured)\/(vault\.json(\.bak)?|manifest\.db|audit\/\d{8}\.jsonl|log\/\d{8}\.log)$/,
    '600',
  ],
  [/^(vault|backup|restored)\/journal$/, '700'],
  [/^(vault|backup|restored)\/journal\/\d{8}\.journal$/, '600'],
  [/^(vault|measured)\/(manifest\.db-wal|audit\/reserve|audit\/pending\.jsonl)$/, '600'],
  [/^vault\/(attestation\.json|audit\/archived\.json|quarantine\/[a-z2-7]{52}\.cube)$/, '600'],
  [/^measured\/event-logs$/, '700'],
  [/^measured\/event-logs\/0$/, '600'],
  [/^anchors$/, '600'],
  [/^archive$/, '700'],
  [/^archive\/\d{8}\.jsonl$/, '600'],
  [/^(recovery|out\/(recovery-2|manifest\.json|a))$/, '600'],
  [/^known$/, '700'],
  [/^known\/known_vaults(\.lock|\.[0-9a-f-]{36})?$/, '600'],
  [/^tpm(\/[0-9a-f-]{36})?$/, '700'],
  [/^tpm\/[0-9a-f-]{36}\/(\.lock|swtpm\.pid|swtpm\.sockets|tpm2-00\.[a-z]+)$/, '600'],
  [/^daemon(\/[0-9a-f-]{36}(\/bots)?)?$/, '700'],
  [/^daemon\/[0-9a-f-]{36}\/(sherind\.db(-wal|-shm)?|freeze)$/, '600'],
  // Others may reach the socket of sherind in there, whom its group lets.
  [/^run$/, process.getuid?.() === 0 ? '711' : '700'],
  [/^run\/sherind\.sock$/, process.getuid?.() === 0 ? '660' : '600'],
  [/^run\/(sherin-fs\.sock|sherin-fs\.log|sherind\.log)$/, '600'],
  [/^run\/tpm-[A-Za-z0-9]{6}$/, '700'],
  // A bot, a user of its own, passes through to what it is shown there.
  [/^run\/[a-z]+-\d+-[0-9a-f]{12}(\/sockets)?$/, '711'],
  [/^run\/[a-z]+-\d+-[0-9a-f]{12}\/(in|out|program)$/, '755'],
  [/^run\/[a-z]+-\d+-[0-9a-f]{12}\/node$/, '644'],
  // Its own root is shown there, to it alone.
  [/^run\/[a-z]+-\d+-[0-9a-f]{12}\/root$/, '700'],
  [/^run\/tpm-[A-Za-z0-9]{6}\/s(\.ctrl)?$/, '600'],
];

interface Made {
  readonly path: string;
  readonly mode: string;
  readonly uid: number;
}

/** The user of the bot that a socket is for: sherind sends, the bot's own end has the other. */
const botSocket = /^run\/[a-z]+-\d+-[0-9a-f]{12}\/sockets\/(sherind|bot)\.sock$/;
const firstBotUser = 1_900_000_000;

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
  return all.filter(({ path }) => !own.test(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What is not as the table has it. */
function wrongOf(all: readonly Made[]): Made[] {
  return all.filter(({ path, mode, uid }) => {
    if (/\/sherind\.sock$/.test(path) && botSocket.test(path)) return mode !== '600' || uid < firstBotUser;
    if (botSocket.test(path)) return mode !== '600' || uid !== process.getuid?.();
    const [, wanted] = table.find(([pattern]) => pattern.test(path)) ?? [];
    return mode !== wanted || uid !== process.getuid?.();
  });
}

it('every file, folder and socket is as the table has it, and is there', () => {
  const all = made();
  expect(wrongOf(all)).toEqual([]);
  for (const name of [
    'run/sherin-fs.sock',
    'run/sherind.sock',
    'known/known_vaults',
    'out/recovery-2',
    'backup/manifest.db',
    'restored/manifest.db',
    'archive/00000001.jsonl',
    'vault/attestation.json',
    'vault/audit/archived.json',
    'measured/event-logs/0',
    'anchors',
    'out/a',
  ])
    expect(all.map(({ path }) => path)).toContain(name);
  expect(all.some(({ path }) => /^vault\/quarantine\/./.test(path))).toBe(true);
});

it('and so is the mark of a freeze that the vault does not have yet', () => {
  machine.ok('lock');
  machine.ok('estop', 'on', '--freeze');
  const all = made();
  expect(wrongOf(all)).toEqual([]);
  expect(all.some(({ path }) => /^daemon\/[0-9a-f-]{36}\/freeze$/.test(path))).toBe(true);
});
