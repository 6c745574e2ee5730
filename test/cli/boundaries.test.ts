import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What sherinctl may load: nothing that holds a key or opens a vault. */
const allowed = [/^cli\//, /^common\//, /^daemon\/(protocol|client)\//, /^native\/(ipc|load)\.ts$/];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`);
}

function imports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, resolve(root, dirname(file), path.replace(/\.js$/, '.ts'))),
  );
}

test('all that sherinctl loads, directly or not, is free of keys and vault code', () => {
  const seen = new Set<string>();
  const waiting = sources('cli');
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const path = file;
    expect(
      allowed.some((pattern) => pattern.test(path)),
      `sherinctl reaches ${path}`,
    ).toBe(true);
    waiting.push(...imports(path));
  }
  expect(seen.size).toBeGreaterThan(40);
});

test('nothing of cli/ imports in a circle', () => {
  const done = new Set<string>();
  const visit = (file: string, above: readonly string[]): void => {
    expect(above, `${file} imports itself`).not.toContain(file);
    if (done.has(file)) return;
    for (const next of imports(file).filter((path) => path.startsWith('cli/'))) visit(next, [...above, file]);
    done.add(file);
  };
  for (const file of sources('cli')) visit(file, []);
  expect(done.size).toBeGreaterThan(40);
});
