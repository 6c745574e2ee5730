/** What a command is: the one definition from which parsing, help, man page and completion come. */
import { SherinError } from '../common/errors.js';
import { Exit, type ExitCode } from '../common/exit.js';
import type { Session } from './session.js';

/** What a shell offers where this value goes. */
export type Completes = 'vault-path' | 'file' | 'directory' | 'nothing' | readonly string[];

export interface ArgumentSpec {
  /** As usage shows it: `<target>`, `[dir]`, `<src...>`. */
  readonly form: string;
  readonly text: string;
  readonly completes: Completes;
}

/** An option; `read` turns what the parser found (or undefined) into the value that the command gets. */
export interface OptionSpec<T> {
  readonly flags: string;
  readonly text: string;
  readonly completes: Completes;
  readonly read: (raw: unknown) => T;
}

export interface Example {
  readonly text: string;
  readonly line: string;
}

interface Facts {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** Paragraphs for help and man page. */
  readonly details?: readonly string[];
  /** Where the usual form does not tell enough. */
  readonly usage?: string;
  readonly args?: readonly ArgumentSpec[];
  readonly examples: readonly Example[];
  /** Left out of help, man page and completion. */
  readonly hidden?: boolean;
}

export interface CommandDefinition extends Facts {
  readonly options: readonly OptionSpec<unknown>[];
  readonly commands: readonly CommandDefinition[];
  readonly run: ((session: Session, args: readonly string[], raw: RawOptions) => Promise<ExitCode>) | null;
}

export type RawOptions = Readonly<Record<string, unknown>>;
type Specs = Readonly<Record<string, OptionSpec<unknown>>>;
type Values<O extends Specs> = { readonly [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never };

/** A command that does something. Options are keyed by the camel-case name of their flag. */
export function command<O extends Specs>(
  facts: Facts & {
    readonly options?: O;
    /** Resolves to an exit code; nothing means done. */
    readonly run: (
      session: Session,
      args: readonly string[],
      options: Values<O>,
      // biome-ignore lint/suspicious/noConfusingVoidType: a command that says nothing is done
    ) => Promise<ExitCode | void>;
  },
): CommandDefinition {
  const specs = facts.options ?? ({} as O);
  const run: CommandDefinition['run'] = async (session, args, raw) => {
    const values = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name, spec.read(raw[name])]),
    );
    return (await facts.run(session, args, values as Values<O>)) ?? Exit.done;
  };
  return { ...facts, options: Object.values(specs), commands: [], run };
}

/** A noun with commands below it. */
export function group(facts: Facts, commands: readonly CommandDefinition[]): CommandDefinition {
  return { ...facts, options: [], commands, run: null };
}

/** `--yes`: true or false. */
export function flag(flags: string, text: string): OptionSpec<boolean> {
  return { flags, text, completes: 'nothing', read: (raw) => raw === true };
}

/** Half of a pair such as `--pin`, `--no-pin`: undefined when neither is given. */
export function either(flags: string, text: string): OptionSpec<boolean | undefined> {
  return { flags, text, completes: 'nothing', read: (raw) => (typeof raw === 'boolean' ? raw : undefined) };
}

/** `--no-mount` alone: true unless given. */
export function unless(flags: string, text: string): OptionSpec<boolean> {
  return { flags, text, completes: 'nothing', read: (raw) => raw !== false };
}

/** `--recovery-out FILE`. */
export function text(flags: string, about: string, completes: Completes): OptionSpec<string | undefined> {
  return { flags, text: about, completes, read: (raw) => (typeof raw === 'string' ? raw : undefined) };
}

/** One or more values; an empty list where the option is not given. */
export function many(flags: string, about: string, completes: Completes): OptionSpec<readonly string[]> {
  return { flags, text: about, completes, read: (raw) => (Array.isArray(raw) ? raw.map(String) : []) };
}

/** One of several words. */
export function choice<W extends string>(
  flags: string,
  about: string,
  words: readonly W[],
): OptionSpec<W | undefined> {
  return {
    flags,
    text: about,
    completes: words,
    read: (raw) => {
      if (typeof raw !== 'string') return undefined;
      const chosen = words.find((word) => word === raw);
      if (chosen === undefined) {
        throw new SherinError('USAGE', {
          what: `${longName(flags)} takes one of ${words.join(', ')}, not '${raw}'`,
        });
      }
      return chosen;
    },
  };
}

/** A whole number within bounds. */
export function number(
  flags: string,
  about: string,
  bounds: { readonly least: number; readonly most: number },
): OptionSpec<number | undefined> {
  return {
    flags,
    text: about,
    completes: 'nothing',
    read: (raw) => {
      if (typeof raw !== 'string') return undefined;
      const value = Number(raw);
      if (/^\d+$/.test(raw) && value >= bounds.least && value <= bounds.most) return value;
      throw new SherinError('USAGE', {
        what: `${longName(flags)} takes a number from ${bounds.least} to ${bounds.most}, not '${raw}'`,
      });
    },
  };
}

/** A descriptor that the caller opened, such as 3 in `3<secret`. */
export function descriptor(flags: string, about: string): OptionSpec<number | undefined> {
  return number(flags, about, { least: 0, most: 65_535 });
}

/** `--recovery-fd` of `--recovery-fd <n>`. */
export function longName(flags: string): string {
  return /--[a-z0-9-]+/.exec(flags)?.[0] ?? flags;
}
