/** The commands as a commander program: global flags, help with examples, usage errors as errors of the table. */
import { Command, CommanderError, Option } from 'commander';
import { places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { Exit, type ExitCode, exitMeanings } from '../common/exit.js';
import { version } from '../common/version.js';
import { commands } from './commands/index.js';
import type { CommandDefinition, RawOptions } from './definition.js';
import { globalOptions } from './global-options.js';
import { printError } from './output/failure.js';
import { Output } from './output/output.js';
import { Session } from './session.js';

/** Runs one command line (without node and script); resolves to the exit code and has printed what there is to say. */
export async function run(line: readonly string[]): Promise<ExitCode> {
  const beforeDashes = line.includes('--') ? line.slice(0, line.indexOf('--')) : line;
  const json = beforeDashes.includes('--json');
  let exit: ExitCode = Exit.done;
  const program = build(async (definition, args, raw, globals) => {
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
  });
  try {
    if (line.length === 0) {
      program.outputHelp({ error: true });
      return Exit.usage;
    }
    await program.parseAsync([...line], { from: 'user' });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error, json);
    if (error.exitCode === 0) return Exit.done;
    if (error.code === 'commander.help') return Exit.usage;
    return printError(
      new SherinError('USAGE', { what: error.message.replace(/^error: /, '').replaceAll('\n', ' ') }),
      json,
    );
  }
}

type Action = (
  definition: CommandDefinition,
  args: readonly string[],
  raw: RawOptions,
  globals: RawOptions,
) => Promise<void>;

/** The whole program; man page and completion walk the definitions instead. */
export function build(action: Action): Command {
  const program = new Command('sherinctl')
    .description('Encrypted, verified file vault: commands of Sherin')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command');
  for (const option of globalOptions) program.addOption(new Option(option.flags, option.text));
  program.addHelpText('after', footer);
  inherit(program);
  for (const definition of commands) add(program, definition, action);
  return program;
}

function add(parent: Command, definition: CommandDefinition, action: Action): void {
  const command = parent.command(definition.name, { hidden: definition.hidden ?? false });
  inherit(command);
  command.summary(definition.summary);
  command.description([`${definition.summary}.`, ...(definition.details ?? [])].join('\n\n'));
  if (definition.usage !== undefined) command.usage(definition.usage);
  for (const argument of definition.args ?? []) command.argument(argument.form, argument.text);
  for (const option of definition.options) command.addOption(new Option(option.flags, option.text));
  command.addHelpText('after', exampleText(definition));
  for (const child of definition.commands) add(command, child, action);
  if (definition.run !== null) {
    command.action(() => action(definition, command.args, command.opts(), command.optsWithGlobals()));
  }
}

/** Errors are thrown and printed in one place; help is as wide as it reads well. */
function inherit(command: Command): void {
  command.exitOverride();
  command.configureOutput({ outputError: () => undefined });
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
