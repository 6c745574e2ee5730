/** The commands as a commander program: global flags, help with examples, usage errors as errors of the table. */
import { Command, CommanderError, Option } from 'commander';
import { places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { Exit, type ExitCode, exitMeanings } from '../common/exit.js';
import { version } from '../common/version.js';
import { allCommands, oneCommand } from './commands/index.js';
import { type CommandDefinition, longName, type RawOptions } from './definition.js';
import { globalOptions } from './global-options.js';
import { printError } from './output/failure.js';
import { Output } from './output/output.js';
import { Session } from './session.js';

/** Runs one command line (without node and script); resolves to the exit code and has printed what there is to say. */
export async function run(line: readonly string[]): Promise<ExitCode> {
  const beforeDashes = line.includes('--') ? line.slice(0, line.indexOf('--')) : line;
  const json = beforeDashes.includes('--json');
  let exit: ExitCode = Exit.done;
  const commands = await commandsFor(line);
  const program = build(
    commands,
    async (definition, args, raw, globals) => {
      const output = new Output(json);
      const session = new Session(
        places({
          vault: ownText(globals.vault),
          mount: ownText(globals.mount),
          runtimeDir: ownText(globals.runtimeDir),
        }),
        output,
      );
      try {
        exit = (await definition.run?.(session, args, raw)) ?? Exit.done;
      } finally {
        session.close();
      }
    },
    json,
  );
  const help = helpFor(line, commands);
  try {
    if (line.length === 0) {
      program.outputHelp({ error: true });
      return Exit.usage;
    }
    await program.parseAsync(helpOfChild(line), { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error, json, help);
    if (error.exitCode === 0) return Exit.done;
    if (error.code === 'commander.help') {
      if (json) printError(new SherinError('USAGE', { what: 'a command is missing' }), json, help);
      return Exit.usage;
    }
    const what = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    return printError(new SherinError('USAGE', { what }), json, help);
  }
}

/** `help quarantine purge` as the parser takes it: its own help command knows one word only. */
function helpOfChild(line: readonly string[]): string[] {
  const [first, ...rest] = line;
  return first === 'help' && rest.length > 1 ? [...rest, '--help'] : [...line];
}

/** The command that a line calls; all of them where it asks for help, or for none that there is. */
async function commandsFor(line: readonly string[]): Promise<readonly CommandDefinition[]> {
  let at = 0;
  while (isGlobalFlag(line[at])) at += takesValue(line[at]) ? 2 : 1;
  const called = await oneCommand(line[at] ?? '');
  return called === undefined ? allCommands() : [called];
}

/** `--vault` and `--vault=…` alike. */
function isGlobalFlag(word = ''): boolean {
  return globalOptions.some(({ flags }) => longName(flags) === word.replace(/=.*/s, ''));
}

/** True where the value is the next word. */
function takesValue(word = ''): boolean {
  return globalOptions.some(({ flags }) => flags.startsWith(`${word} <`));
}

/** The command that prints the help of what a line calls. */
function helpFor(line: readonly string[], commands: readonly CommandDefinition[]): string {
  const path: string[] = [];
  let level = commands;
  for (let at = 0; at < line.length && level.length > 0; at++) {
    const word = line[at] ?? '';
    if (word.startsWith('-')) {
      if (takesValue(word)) at++;
      continue;
    }
    const found = level.find(({ name, hidden }) => name === word && hidden !== true);
    if (found === undefined) break;
    path.push(word);
    level = found.commands;
  }
  return ['sherinctl help', ...path].join(' ');
}

type Action = (
  definition: CommandDefinition,
  args: readonly string[],
  raw: RawOptions,
  globals: RawOptions,
) => Promise<void>;

function build(commands: readonly CommandDefinition[], action: Action, json: boolean): Command {
  const program = new Command('sherinctl')
    .description('Encrypted, verified file vault: commands of Sherin')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command...]', 'print help for a command');
  for (const option of globalOptions) program.addOption(new Option(option.flags, option.text));
  program.addHelpText('after', footer);
  inherit(program, json);
  for (const definition of commands) add(program, definition, action, json);
  return program;
}

function add(parent: Command, definition: CommandDefinition, action: Action, json: boolean): void {
  const command = parent.command(definition.name, { hidden: definition.hidden ?? false });
  inherit(command, json);
  command.summary(definition.summary);
  command.description([`${definition.summary}.`, ...(definition.details ?? [])].join('\n\n'));
  if (definition.usage !== undefined) command.usage(definition.usage);
  for (const argument of definition.args ?? []) command.argument(argument.form, argument.text);
  for (const option of definition.options) command.addOption(new Option(option.flags, option.text));
  command.addHelpText('after', exampleText(definition));
  for (const child of definition.commands) add(command, child, action, json);
  if (definition.run !== null) {
    command.action(() => {
      // An option that the command above has as well, such as that of attest verify, is found by that one.
      const above = parent.parent === null ? {} : parent.opts();
      return action(definition, command.args, { ...above, ...command.opts() }, command.optsWithGlobals());
    });
  }
}

/** Errors are thrown and printed in one place, with --json without help around them; help is as wide as it reads well. */
function inherit(command: Command, json: boolean): void {
  command.exitOverride();
  command.configureOutput({
    outputError: () => undefined,
    ...(json ? { writeErr: () => undefined } : {}),
  });
  command.configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 100, 100) });
  command.showSuggestionAfterError(true);
}

function exampleText(definition: CommandDefinition): string {
  const lines = definition.examples.flatMap(({ text, line }) => [`  ${text}:`, `    $ ${line}`]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}\n\nGlobal flags: see sherinctl --help`;
}

const footer = `
Exit codes: ${Object.entries(exitMeanings)
  .map(([code, meaning]) => `${code} ${meaning}`)
  .join('; ')}

Examples:
  First steps:
    $ sherinctl init && sherinctl up
    $ sherinctl put ~/Documents
    $ sherinctl ls`;

function ownText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
