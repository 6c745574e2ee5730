/** The architecture as a test: which room may use which, no circles, no file that wants to be two. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * What each room may import besides itself. A file belongs to the room whose name begins its path, the longest one; what
 * is allowed are rooms and single files. Nothing points back: a room stands below those that use it.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  common: [],
  native: ['common'],
  'daemon/protocol': ['common', 'daemon/domains', 'daemon/emotion'],
  'daemon/client': ['common', 'daemon/protocol', 'native/ipc.ts'],
  'daemon/policy': ['common', 'daemon/protocol'],
  'daemon/emotion': ['common'],
  'daemon/database': ['common'],
  'daemon/tasks': ['common', 'daemon/database', 'daemon/protocol'],
  'daemon/patterns': ['common', 'daemon/database', 'daemon/protocol'],
  'daemon/domains': [],
  'daemon/engine': [
    ...['common', 'daemon/protocol', 'daemon/client', 'daemon/policy', 'daemon/emotion', 'daemon/database'],
    ...['daemon/router', 'daemon/fs-link.ts'],
  ],
  'daemon/fs-link.ts': ['common', 'daemon/protocol', 'daemon/client', 'daemon/supervision/within.ts'],
  'daemon/router': [
    ...['common', 'daemon/protocol', 'daemon/policy', 'daemon/emotion'],
    ...['daemon/database', 'daemon/tasks', 'daemon/patterns', 'daemon/domains'],
  ],
  // Bots run in sandboxes, where requests and results are; nothing of sherind may import them.
  'daemon/bots/kit': [],
  'daemon/bots/planning': ['daemon/domains', 'daemon/bots/kit'],
  'daemon/bots/safety': ['daemon/domains', 'daemon/bots/kit'],
  'daemon/bots/merging': ['daemon/bots/kit'],
  // It makes sandboxes as sherind does.
  'daemon/bots/coding': [
    ...['daemon/bots/kit', 'daemon/bots/seccomp.ts', 'daemon/bots/top-folders.ts'],
    'daemon/bots/memory-in-use.ts',
  ],
  'daemon/bots/calculations': ['daemon/bots/kit'],
  'daemon/bots/knowledge': ['common/collection.ts', 'daemon/bots/kit'],
  'daemon/bots': ['common', 'native/ipc.ts', 'daemon/client', 'daemon/supervision/backoff.ts'],
  'daemon/supervision': ['common', 'daemon/protocol', 'daemon/client'],
  'daemon/request-metrics.ts': ['common', 'daemon/protocol'],
  'daemon/socket': ['common', 'native/ipc.ts', 'daemon/protocol', 'daemon/request-metrics.ts'],
  'daemon/events': [
    ...['common', 'daemon/protocol', 'daemon/client', 'daemon/socket', 'daemon/engine', 'daemon/tasks'],
  ],
  'daemon/fs-objects.ts': [
    ...['common', 'daemon/protocol', 'daemon/client', 'daemon/fs-link.ts', 'daemon/router'],
  ],
  'daemon/roster': [
    ...['common', 'daemon/bots', 'daemon/database', 'daemon/domains', 'daemon/fs-link.ts'],
    ...['daemon/patterns', 'daemon/router'],
  ],
  'daemon/task-service.ts': [
    ...['common', 'daemon/protocol', 'daemon/database', 'daemon/emotion', 'daemon/engine', 'daemon/events'],
    ...['daemon/fs-link.ts', 'daemon/fs-objects.ts', 'daemon/patterns', 'daemon/router', 'daemon/roster'],
    'daemon/bots/leftovers.ts',
  ],
  'daemon/methods': [
    ...['common', 'daemon/protocol', 'daemon/policy', 'daemon/tasks', 'daemon/patterns', 'daemon/router'],
    ...['daemon/engine', 'daemon/fs-link.ts', 'daemon/roster', 'daemon/events', 'daemon/socket'],
    ...['daemon/supervision', 'daemon/request-metrics.ts', 'daemon/task-service.ts'],
  ],
  'daemon/manual': ['daemon/protocol'],
  daemon: [
    ...['common', 'daemon/protocol', 'daemon/emotion', 'daemon/supervision', 'daemon/socket'],
    ...['daemon/request-metrics.ts', 'daemon/fs-link.ts', 'daemon/events', 'daemon/task-service.ts'],
    ...['daemon/methods', 'daemon/manual'],
  ],
  cli: ['common', 'daemon/protocol', 'daemon/client', 'native/ipc.ts'],
  'fs/disk': [],
  'fs/event-log': ['common'],
  'fs/manifest': ['common', 'native/index.ts'],
  'fs/vault': ['common', 'native/index.ts', 'fs/disk', 'fs/event-log'],
  'fs/audit': ['common', 'fs/disk'],
  'fs/proof': ['common', 'fs/audit', 'fs/manifest', 'fs/disk'],
  // A program without the addon.
  'fs/verifier': ['common', 'fs/proof', 'fs/audit', 'fs/disk'],
  'fs/cube': ['common', 'native/index.ts', 'fs/manifest', 'fs/disk'],
  'fs/mount': ['common', 'native/index.ts', 'fs/manifest'],
  'fs/writing': ['common', 'native/index.ts', 'fs/manifest', 'fs/cube', 'fs/mount/source.ts'],
  'fs/tree-path.ts': ['common'],
  'fs/history': ['common', 'fs/manifest', 'fs/tree-path.ts'],
  'fs/transfer': [
    'common',
    'native/index.ts',
    'daemon/protocol',
    'fs/manifest',
    'fs/cube',
    'fs/tree-path.ts',
  ],
  'fs/log-copy': ['common', 'native/index.ts', 'fs/manifest'],
  'fs/backup': [
    ...['common', 'native/index.ts', 'fs/disk', 'fs/manifest', 'fs/cube', 'fs/vault', 'fs/audit'],
    'fs/log-copy',
  ],
  'fs/service': [
    ...['common', 'native/index.ts', 'native/ipc.ts', 'daemon/protocol'],
    ...[
      'fs/manifest',
      'fs/vault',
      'fs/event-log',
      'fs/disk',
      'fs/audit',
      'fs/cube',
      'fs/mount',
      'fs/writing',
      'fs/history',
      'fs/log-copy',
      'fs/transfer',
      'fs/backup',
      'fs/proof',
    ],
    'fs/tree-path.ts',
  ],
  'fs/check': [
    'common',
    'native/index.ts',
    'daemon/protocol',
    'fs/manifest',
    'fs/cube',
    'fs/service',
    'fs/log-copy',
  ],
  'fs/control': [
    ...['common', 'native/index.ts', 'native/ipc.ts', 'daemon/protocol'],
    ...['fs/manifest', 'fs/cube', 'fs/transfer', 'fs/tree-path.ts', 'fs/service', 'fs/check', 'fs/log-copy'],
  ],
  'fs/commands': [
    ...[
      'common',
      'native/index.ts',
      'native/ipc.ts',
      'fs/vault',
      'fs/audit',
      'fs/backup',
      'fs/service',
      'fs/control',
    ],
  ],
  'fs/main.ts': ['common', 'fs/commands', 'fs/service'],
  bench: [
    ...['common', 'native/index.ts', 'daemon/client', 'fs/manifest', 'fs/audit', 'fs/vault/software-tpm.ts'],
  ],
  setup: ['common', 'daemon/protocol'],
};

/** Files of `extensions` below the top folders, as paths from the root. */
function files(extensions: RegExp): string[] {
  const folders = ['common', 'native', 'fs', 'daemon', 'cli', 'setup', 'bench', 'test'];
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => extensions.test(name))
      .map((name) => `${folder}/${name}`),
  );
}

/** Modules of this project that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    normalize(join(dirname(file), path)).replace(/\.js$/, '.ts'),
  );
}

function isTest(file: string): boolean {
  return /\.(test|fixture|child)\.ts$/.test(file) || /(^|\/)(test|testing)\//.test(file);
}

function inside(file: string, place: string): boolean {
  return file === place || file.startsWith(`${place}/`);
}

function roomOf(file: string): string | undefined {
  const names = Object.keys(rooms).filter((name) => inside(file, name));
  return names.sort((a, b) => b.length - a.length)[0];
}

const modules = new Map(files(/\.ts$/).map((file) => [file, importsOf(file)]));
const product = [...modules.keys()].filter((file) => !isTest(file));

test('every file has a room', () => {
  expect(product.filter((file) => roomOf(file) === undefined)).toEqual([]);
  expect(product.length).toBeGreaterThan(200);
});

describe.each(Object.entries(rooms))('%s', (room, allowed) => {
  const own = product.filter((file) => roomOf(file) === room);

  test('imports only what stands below it', () => {
    const wrong = own.flatMap((file) =>
      (modules.get(file) ?? [])
        .filter((target) => roomOf(target) !== room)
        .filter((target) => !allowed.some((place) => inside(target, place)))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});

test('every room holds files', () => {
  const empty = Object.keys(rooms).filter((room) => !product.some((file) => roomOf(file) === room));
  expect(empty).toEqual([]);
});

test('nothing that sherinctl or the daemon loads, directly or not, reaches keys or the vault', () => {
  const seen = new Set<string>();
  const waiting = product.filter((file) => inside(file, 'cli') || inside(file, 'daemon'));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    waiting.push(...(modules.get(file) ?? []));
  }
  expect([...seen].filter((file) => inside(file, 'fs') || file === 'native/index.ts')).toEqual([]);
  expect(seen.size).toBeGreaterThan(60);
});

test('policy and emotional state compute only: no module of Node, no clock, no chance', () => {
  const places = ['daemon/policy', 'daemon/emotion', 'common/access'];
  const pure = product.filter((file) => places.some((place) => inside(file, place)));
  const wrong = pure.filter((file) =>
    /'node:|\b(?:Date|performance|process|setTimeout|setInterval|Math\.random)\b/.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  );
  expect(wrong).toEqual([]);
  expect(pure.length).toBeGreaterThan(15);
});

test("what Node's mkdir does with `recursive` is done in one place, which ends", () => {
  const wrong = product.filter((file) =>
    /\bmkdir(?:Sync)?\([^;]*?recursive/.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong.filter((file) => !inside(file, 'bench'))).toEqual([]);
});

test('no product code imports a test', () => {
  const wrong = product.filter((file) => (modules.get(file) ?? []).some(isTest));
  expect(wrong).toEqual([]);
});

test('every import leads to a file', () => {
  const lost = [...modules].flatMap(([file, targets]) =>
    targets.filter((target) => target.endsWith('.ts') && !modules.has(target)).map((to) => `${file}: ${to}`),
  );
  expect(lost).toEqual([]);
});

test('no module imports itself in a circle', () => {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, above: readonly string[]): void => {
    if (above.includes(file)) circles.push([...above.slice(above.indexOf(file)), file].join(' → '));
    if (done.has(file) || above.includes(file)) return;
    for (const target of modules.get(file) ?? []) visit(target, [...above, file]);
    done.add(file);
  };
  for (const file of modules.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

test('no file has more than 400 lines', () => {
  const long = files(/\.(ts|mjs|cc|h|py)$/)
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});
