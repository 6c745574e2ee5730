/** What can follow what: the definitions as flat rows, one for each command line prefix. */
import type { CommandDefinition, Completes, OptionSpec } from '../definition.js';
import { longName } from '../definition.js';
import { globalOptions } from '../global-options.js';

export interface OptionWord {
  /** `--json`, and `-l` where there is a short form. */
  readonly names: readonly string[];
  readonly text: string;
  /** What its value is completed with; null when it takes none. */
  readonly value: Completes | null;
}

export interface Row {
  /** `quarantine list`; empty for sherinctl itself. */
  readonly path: string;
  readonly summary: string;
  readonly commands: readonly { readonly name: string; readonly text: string }[];
  readonly options: readonly OptionWord[];
  /** What each argument is completed with; the last one repeats when it is variadic. */
  readonly args: readonly Completes[];
  readonly variadic: boolean;
}

export function words(commands: readonly CommandDefinition[]): readonly Row[] {
  const visible = commands.filter((definition) => definition.hidden !== true);
  const top: Row = {
    path: '',
    summary: '',
    commands: [...visible.map(nameAndText), { name: 'help', text: 'print help for a command' }],
    options: [...globalOptions.map(optionWord), help],
    args: [],
    variadic: false,
  };
  const names = visible.map(({ name }) => name);
  const helpRow: Row = {
    path: 'help',
    summary: '',
    commands: [],
    options: [],
    args: [names],
    variadic: false,
  };
  return [top, ...visible.flatMap((definition) => rows(definition, '')), helpRow];
}

const help: OptionWord = { names: ['-h', '--help'], text: 'print help', value: null };

function rows(definition: CommandDefinition, above: string): Row[] {
  const path = above === '' ? definition.name : `${above} ${definition.name}`;
  const row: Row = {
    path,
    summary: definition.summary,
    commands: definition.commands.map(nameAndText),
    options: [...definition.options, ...globalOptions].map(optionWord).concat(help),
    args: (definition.args ?? []).map(({ completes }) => completes),
    variadic: (definition.args ?? []).at(-1)?.form.includes('...') ?? false,
  };
  return [row, ...definition.commands.flatMap((child) => rows(child, path))];
}

function nameAndText({ name, summary }: CommandDefinition): { name: string; text: string } {
  return { name, text: summary };
}

function optionWord({ flags, text, completes }: OptionSpec<unknown>): OptionWord {
  const short = /^-[a-zA-Z]\b/.exec(flags)?.[0];
  return {
    names: short === undefined ? [longName(flags)] : [short, longName(flags)],
    text,
    value: flags.includes('<') ? completes : null,
  };
}
