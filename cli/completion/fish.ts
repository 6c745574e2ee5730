import type { Completes } from '../definition.js';
import type { OptionWord, Row } from './words.js';

/** Fish: one `complete` line for each word, under the condition that its command is typed. */
export function fishScript(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => [
    ...row.commands.map(
      ({ name, text }) => `complete -c sherinctl -n ${condition(row)} -f -a ${name} -d ${quote(text)}`,
    ),
    ...row.options.map((option) => optionLine(row, option)),
    ...row.args.map((completes) => `complete -c sherinctl -n ${condition(row)} ${offer(completes)}`),
  ]);
  return `# fish completion of sherinctl; made by: sherinctl completion fish
function __sherinctl_at
    set -l words (commandline -opc)[2..-1]
    set -l names (string match -v -- '-*' $words)
    test "$argv" = "$names[1..(count $argv)]"; and return 0
    return 1
end
function __sherinctl_start
    test (count (string match -v -- '-*' (commandline -opc)[2..-1])) -eq 0
end
function __sherinctl_paths
    sherinctl complete-path -- (commandline -ct) 2>/dev/null
end
complete -c sherinctl -f
${lines.join('\n')}
`;
}

function condition(row: Row): string {
  if (row.path === '') return '__sherinctl_start';
  const below = row.commands.map(({ name }) => `; and not __sherinctl_at ${row.path} ${name}`).join('');
  return quote(`__sherinctl_at ${row.path}${below}`);
}

function optionLine(row: Row, { names, text, value }: OptionWord): string {
  const forms = names
    .map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`))
    .join(' ');
  const takes = value === null ? '' : ` -r ${offer(value)}`;
  return `complete -c sherinctl -n ${condition(row)} ${forms}${takes} -d ${quote(text)}`;
}

function offer(completes: Completes): string {
  switch (completes) {
    case 'file':
      return '-F';
    case 'directory':
      return "-f -a '(__fish_complete_directories)'";
    case 'vault-path':
      return "-f -a '(__sherinctl_paths)'";
    case 'nothing':
      return '-f';
    default:
      return `-f -a ${quote(completes.join(' '))}`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
