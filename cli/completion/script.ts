/** Completion scripts of the three shells, from the commands' definitions. */
import type { CommandDefinition } from '../definition.js';
import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { words } from './words.js';
import { zshScript } from './zsh.js';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** The script, or undefined for a shell that is not known. */
export function completionScript(shell: string, commands: readonly CommandDefinition[]): string | undefined {
  const table = words(commands);
  switch (shell) {
    case 'bash':
      return bashScript(table);
    case 'zsh':
      return zshScript(table);
    case 'fish':
      return fishScript(table);
    default:
      return undefined;
  }
}
