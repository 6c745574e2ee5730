import { SherinError } from '../../common/errors.js';
import { completionScript, shells } from '../completion/script.js';
import { type CommandDefinition, command } from '../definition.js';
import { escapeForTerminal } from '../output/escape.js';
import { entriesOf } from '../transfer/listing.js';
import { vaultPath } from '../vault-path.js';

/** @param all every command, itself included */
export const completion = (all: () => Promise<readonly CommandDefinition[]>): CommandDefinition =>
  command({
    name: 'completion',
    summary: 'Print the completion script of a shell',
    args: [{ form: '<shell>', text: 'bash, zsh or fish', completes: shells }],
    examples: [
      { text: 'bash, for this session', line: 'source <(sherinctl completion bash)' },
      {
        text: 'fish, for good',
        line: 'sherinctl completion fish > ~/.config/fish/completions/sherinctl.fish',
      },
    ],
    run: async (session, [shell = '']) => {
      const script = completionScript(shell, await all());
      if (script === undefined)
        throw new SherinError('USAGE', {
          what: `there is completion for ${shells.join(', ')}, not for '${shell}'`,
        });
      session.output.line(script.trimEnd());
    },
  });

/** What completion scripts ask while a path of the vault is typed; silent when it can not be told. */
export const completePath = command({
  name: 'complete-path',
  summary: 'List paths of the vault that begin as given',
  args: [{ form: '[prefix]', text: 'what is typed so far', completes: 'nothing' }],
  examples: [],
  hidden: true,
  run: async (session, [prefix = '']) => {
    try {
      const client = session.connect();
      const { vault } = await client.call('status', {});
      // Completion must not unseal a locked vault.
      if (vault.state !== 'unlocked') return;
      const typed = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      const begin = prefix.slice(typed.length);
      for await (const { name, kind } of entriesOf(client, vaultPath(typed, session.places))) {
        if (name.startsWith(begin) && escapeForTerminal(name) === name)
          session.output.line(`${typed}${name}${kind === 'directory' ? '/' : ''}`);
      }
    } catch {
      // Nothing to offer.
    }
  },
});
