import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { version } from '../../common/version.js';
import { allCommands, commandNames, oneCommand } from '../commands/index.js';
import { completionScript, shells } from '../completion/script.js';
import { manualPage } from './page.js';

const commands = await allCommands();

test('a command is found under its own name', async () => {
  for (const name of commandNames) expect((await oneCommand(name))?.name).toBe(name);
  expect(await oneCommand('no-such-command')).toBeUndefined();
  expect(await oneCommand('toString')).toBeUndefined();
});

test('the manual page in docs/ is the one that the definitions make', () => {
  const stored = readFileSync(new URL('../../docs/man/sherinctl.1', import.meta.url), 'utf8');
  expect(
    stored === manualPage(commands, version),
    'run: npm run build && node dist/cli/man.js > docs/man/sherinctl.1',
  ).toBe(true);
});

test('every command that is shown has an example that calls it', () => {
  const visit = (all: typeof commands, above: string): void => {
    for (const { name, examples, commands: below, hidden } of all) {
      if (hidden === true) continue;
      expect(
        examples.some(({ line }) => line.includes(`${above} ${name}`)),
        `${above} ${name}`,
      ).toBe(true);
      visit(below, `${above} ${name}`);
    }
  };
  visit(commands, 'sherinctl');
});

test.each(shells)('%s completion knows every command', (shell) => {
  const script = completionScript(shell, commands) ?? '';
  for (const { name, hidden } of commands) {
    if (hidden !== true) expect(script).toMatch(new RegExp(`\\b${name}\\b`));
  }
  expect(completionScript('tcsh', commands)).toBeUndefined();
});
