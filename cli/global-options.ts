/** Flags that every command takes; they win over the environment. */
import { flag, type OptionSpec, text } from './definition.js';

export const globalOptions: readonly OptionSpec<unknown>[] = [
  text('--vault <dir>', 'directory of the vault (SHERIN_VAULT)', 'directory'),
  text('--mount <dir>', 'where the vault is mounted (SHERIN_MOUNT)', 'directory'),
  text('--runtime-dir <dir>', 'directory of the sockets (SHERIN_RUNTIME_DIR)', 'directory'),
  flag(
    '--json',
    'print one JSON value for machines (tree: one a line; not for cat, help, completion); errors as {"error":{code,message,hint}} on stderr',
  ),
];
