/** The documents speak of what is there: links, commands, flags and npm scripts exist; nothing of one machine is in them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { figuresFile, withFigures } from '../bench/readme.js';
import { fromJson } from '../bench/report.js';
import { allCommands } from '../cli/commands/index.js';
import type { CommandDefinition } from '../cli/definition.js';
import { globalOptions } from '../cli/global-options.js';

const commands = await allCommands();
const root = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

describe.each(documents)('$name', ({ name, text }) => {
  test('links lead somewhere', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !/^https?:/.test(target))) {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? join(root, name) : join(root, dirname(name), path);
      expect(existsSync(file), link).toBe(true);
      if (anchor !== undefined) expect(headings(readFileSync(file, 'utf8')), link).toContain(anchor);
    }
  });

  test('commands and flags exist', () => {
    for (const line of sherinctlLines(text)) expect(problem(line), line.join(' ')).toBeNull();
  });

  test('npm scripts exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    for (const line of codeLines(text)) {
      const script = /^npm (?:run )?([a-z]+)/.exec(line)?.[1];
      if (script !== undefined) expect(Object.keys(scripts), line).toContain(script);
    }
  });

  test('holds no path of one machine', () => {
    expect(text).not.toContain(root);
    expect(text).not.toContain(`${homedir()}/`);
    expect(text).not.toMatch(/\/home\/\w/);
  });
});

test('figures are those of a kept run', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const file = figuresFile(readme) ?? '';
  const kept = fromJson(readFileSync(join(root, file), 'utf8'));
  expect(readme).toBe(withFigures(readme, file, kept));
});

test('SECURITY.md cites tests that exist', () => {
  const security = documents.find(({ name }) => name === 'SECURITY.md')?.text ?? '';
  const cited = [...security.matchAll(/\[[^\]]+\]\(([^)]+\.ts)\)|“([^”]+)”/g)];
  let file = '';
  let titles = 0;
  for (const [, link, title] of cited) {
    if (link !== undefined) file = readFileSync(join(root, link), 'utf8');
    if (title === undefined) continue;
    expect(file, title).toContain(title);
    titles += 1;
  }
  expect(titles).toBeGreaterThan(30);
});

test('the documents name many commands', () => {
  const named = new Set(documents.flatMap(({ text }) => sherinctlLines(text)).map(([first]) => first));
  expect(named.size).toBeGreaterThan(15);
});

/** Anchors as GitHub makes them of headings. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Lines of shell blocks, and inline code. */
function codeLines(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh|console)\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...text.replace(/^```.*?^```/gms, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, code = '']) => code,
  );
  return [...blocks, ...inline];
}

/** Words after `sherinctl` in code. */
function sherinctlLines(text: string): string[][] {
  return codeLines(text).flatMap((line) => {
    const words = /(?:^|[\s$])(?:npx )?sherinctl((?: [^\s#|>]+)+)/.exec(line)?.[1];
    return words === undefined ? [] : [words.trim().split(' ')];
  });
}

/** Why a command line can't be one of ours, or null. */
function problem(words: readonly string[]): string | null {
  let level: readonly CommandDefinition[] = commands;
  let found: CommandDefinition | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word.startsWith('-')) {
      const flags = [...globalOptions, ...(found?.options ?? [])].map(({ flags }) => flags.split(/[ ,]+/));
      const option = flags.find((names) => names.includes(word));
      if (option === undefined && word !== '--help')
        return `${word} is no flag of ${found?.name ?? 'sherinctl'}`;
      if (option?.some((name) => name.startsWith('<'))) at++;
      continue;
    }
    if (found === null && word === 'help') return null;
    const next = level.find(({ name }) => name === word);
    if (next !== undefined) {
      found = next;
      level = next.commands;
    } else if (found === null || level.length > 0) return `${word} is no command`;
  }
  return null;
}
