/** The manual page as roff with the man(7) macros. */
import { exitMeanings } from '../../common/exit.js';
import type { CommandDefinition, OptionSpec } from '../definition.js';
import { globalOptions } from '../global-options.js';

export function manualPage(commands: readonly CommandDefinition[], version: string): string {
  const visible = commands.filter((definition) => definition.hidden !== true);
  const lines = [
    '.\\" Made from the definitions of the commands: npm run build && node dist/cli/man.js > docs/man/sherinctl.1',
    `.TH SHERINCTL 1 "" "sherin ${version}" "Sherin"`,
    '.SH NAME',
    'sherinctl \\- encrypted, verified file vault',
    '.SH SYNOPSIS',
    '.B sherinctl',
    '.RI [ "global flags" ]',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    roff(
      'Sherin keeps files as encrypted, signed blocks whose keys are sealed in a TPM 2.0, and shows them as ordinary files at a mount. sherinctl makes vaults, starts and stops sherin-fs, which serves them, brings files in and out, and checks them.',
    ),
    '.SH COMMANDS',
    ...visible.flatMap((definition) => commandSection(definition, 'sherinctl')),
    '.SH GLOBAL FLAGS',
    ...globalOptions.flatMap(optionEntry),
    '.SH EXIT STATUS',
    ...Object.entries(exitMeanings).flatMap(([code, text]) => ['.TP', `.B ${code}`, roff(text)]),
    '.SH ERRORS',
    roff(
      'An error is one line on standard error: sherinctl: what happened — what to do next. With --json it is {"error":{"code","message","hint"}} on standard error; standard output then holds results only.',
    ),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, text]) => ['.TP', `.B ${name}`, roff(text)]),
    '.SH FILES',
    ...files.flatMap(([name, text]) => ['.TP', `.I ${roff(name)}`, roff(text)]),
  ];
  return `${lines.join('\n')}\n`;
}

const environment: readonly (readonly [string, string])[] = [
  ['SHERIN_VAULT', 'the vault; /var/lib/sherin for root, else $XDG_DATA_HOME/sherin'],
  ['SHERIN_MOUNT', 'where it is mounted; /mnt/sherin for root, else ~/sherin'],
  ['SHERIN_RUNTIME_DIR', 'directory of sockets and log; /run/sherin for root, else $XDG_RUNTIME_DIR/sherin'],
  ['SHERIN_TCTI', 'the TPM, as a TCTI of tpm2-tss; /dev/tpmrm0 where present, else a software TPM'],
  ['SHERIN_TPM_STATE', 'directory of software TPM states'],
  ['SHERIN_DAEMON_STATE', 'directory of what sherind keeps: tasks, patterns, a copy of the policy'],
  ['SHERIN_KNOWN_VAULTS', 'file of the vaults that this machine knows'],
  [
    'SHERIN_AUTO_LOCK',
    'lock the vault after so many minutes without use, or a time such as 90s or 2h; a flag can only shorten it',
  ],
  ['SHERIN_LOCK_BEFORE_SLEEP', '1: lock the vault before the machine sleeps, with the flag or without'],
  [
    'SHERIN_ANCHOR_FILE',
    'of sherin-fs: a file outside of the vault to which signed heads of the audit log are appended, one a second at most',
  ],
  ['SHERIN_ANCHOR_COMMAND', 'of sherin-fs: a program that gets each such head on its standard input'],
  ['SHERIN_ALLOW_OTHER', '1: sherind lets other users into its mount, under the modes of the files'],
  ['SHERIN_LOG', 'level of the log: error, warn, info, debug'],
  ['SHERIN_LOG_FORMAT', 'json: no priorities before the lines in the journal of systemd'],
];

const files: readonly (readonly [string, string])[] = [
  ['$SHERIN_RUNTIME_DIR/sherin-fs.sock', 'control socket of sherin-fs'],
  ['$SHERIN_RUNTIME_DIR/sherin-fs.log', 'its log'],
];

function commandSection(definition: CommandDefinition, above: string): string[] {
  const line = `${above} ${definition.name}`;
  const below = definition.commands.flatMap((child) => commandSection(child, line));
  if (definition.run === null) return below;
  const usage =
    definition.usage ?? ['[options]', ...(definition.args ?? []).map(({ form }) => form)].join(' ');
  const shown = definition.options.length === 0 ? usage.replace(/^\[options\] ?/, '') : usage;
  return [
    `.SS "${roff(`${line} ${shown}`.trimEnd())}"`,
    roff(`${definition.summary}.`),
    ...(definition.details ?? []).flatMap((text) => ['.PP', roff(text)]),
    ...(definition.args ?? []).flatMap(({ form, text }) => ['.TP', `.I ${roff(form)}`, roff(text)]),
    ...definition.options.flatMap(optionEntry),
    ...definition.examples.flatMap(({ text, line: example }) => [
      '.PP',
      roff(`${text}:`),
      '.PP',
      '.RS',
      '.nf',
      roff(example),
      '.fi',
      '.RE',
    ]),
    ...below,
  ];
}

function optionEntry({ flags, text }: OptionSpec<unknown>): string[] {
  return ['.TP', `.B ${roff(flags)}`, roff(text)];
}

/** Text that troff takes as it stands: backslashes, hyphens, quotes in macro arguments, and dots at the start of a line. */
function roff(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('…', '...')
    .replaceAll('—', '\\(em');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}
