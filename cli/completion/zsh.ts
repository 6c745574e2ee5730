import type { Completes } from '../definition.js';
import type { OptionWord, Row } from './words.js';

/** Zsh: `_arguments` with one function for each command. */
export function zshScript(rows: readonly Row[]): string {
  return `#compdef sherinctl
# zsh completion of sherinctl; made by: sherinctl completion zsh
_sherinctl_paths() {
  local -a found
  found=("\${(@f)$(sherinctl complete-path -- "$PREFIX" 2>/dev/null)}")
  compadd -S '' -- \${found:#}
}
${rows.map(shellFunction).join('\n')}
if [ "$funcstack[1]" = _sherinctl ]; then
  _sherinctl "$@"
else
  compdef _sherinctl sherinctl
fi
`;
}

function functionName(path: string): string {
  return path === '' ? '_sherinctl' : `_sherinctl_${path.replaceAll(/[ -]/g, '_')}`;
}

function shellFunction(row: Row): string {
  const options = row.options.flatMap((option) => option.names.map((name) => optionSpec(name, option)));
  const args = row.args.map((completes, index) => {
    const last = row.variadic && index === row.args.length - 1;
    return quote(`${last ? '*' : index + 1}:${' '}:${action(completes)}`);
  });
  if (row.commands.length === 0) {
    return `${functionName(row.path)}() {\n  _arguments -S ${[...options, ...args].join(' \\\n    ')}\n}`;
  }
  const described = row.commands.map(({ name, text }) => quote(`${name}:${text}`));
  const cases = row.commands.map(({ name }) => {
    const below = row.path === '' ? name : `${row.path} ${name}`;
    return `      ${name}) ${functionName(below)} ;;`;
  });
  return `${functionName(row.path)}() {
  local state line
  local -a names=(${described.join(' ')})
  _arguments -C ${options.join(' \\\n    ')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe command names ;;
    rest) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function optionSpec(name: string, { text, value }: OptionWord): string {
  const about = text.replaceAll(/[[\]:]/g, (character) => `\\${character}`);
  return quote(`${name}[${about}]${value === null ? '' : `: :${action(value)}`}`);
}

function action(completes: Completes): string {
  switch (completes) {
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'vault-path':
      return '_sherinctl_paths';
    case 'nothing':
      return ' ';
    default:
      return `(${completes.join(' ')})`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
