import type { Completes } from '../definition.js';
import type { Row } from './words.js';

/** Bash: one function; the command words so far choose a row. */
export function bashScript(rows: readonly Row[]): string {
  return `# bash completion of sherinctl; made by: sherinctl completion bash
_sherinctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' argument=0 i=1
  COMPREPLY=()
  while (( i < COMP_CWORD )); do
    local each=\${COMP_WORDS[i]}
    case "$path:$each" in
${valueCases(rows)}
      *:-*) ;;
${pathCases(rows)}
      *) (( argument++ )) ;;
    esac
    (( i++ ))
  done
  case "$path:$previous" in
${previousCases(rows)}
  esac
  if [[ $word == -* ]]; then
    case "$path" in
${rows.map((row) => `      '${row.path}') COMPREPLY=($(compgen -W '${optionNames(row)}' -- "$word")) ;;`).join('\n')}
    esac
    return
  fi
  case "$path" in
${rows.flatMap(wordCase).join('\n')}
  esac
}
# Not through compgen -W, which would run $(…) in a file's name.
_sherinctl_paths() {
  mapfile -t COMPREPLY < <(sherinctl complete-path -- "$1" 2>/dev/null)
  compopt -o nospace -o filenames 2>/dev/null
}
complete -F _sherinctl sherinctl
`;
}

function optionNames(row: Row): string {
  return row.options.flatMap(({ names }) => names).join(' ');
}

/** Options whose value is the next word: it is no argument. */
function valueCases(rows: readonly Row[]): string {
  const names = new Set(
    rows.flatMap(({ options }) => options.filter(({ value }) => value !== null).flatMap((o) => o.names)),
  );
  return `      ${[...names].map((name) => `*:${name}`).join('|')}) (( i++ )) ;;`;
}

function pathCases(rows: readonly Row[]): string {
  return rows
    .filter(({ path }) => path !== '')
    .map(({ path }) => {
      const at = path.lastIndexOf(' ');
      return `      '${at < 0 ? '' : path.slice(0, at)}:${path.slice(at + 1)}') path='${path}' ;;`;
    })
    .join('\n');
}

function previousCases(rows: readonly Row[]): string {
  return rows
    .flatMap(({ path, options }) =>
      options.flatMap(({ names, value }) =>
        value === null
          ? []
          : [`    ${names.map((name) => `'${path}:${name}'`).join('|')}) ${reply(value)}; return ;;`],
      ),
    )
    .join('\n');
}

function wordCase(row: Row): string[] {
  if (row.commands.length > 0) {
    return [
      `    '${row.path}') COMPREPLY=($(compgen -W '${row.commands.map(({ name }) => name).join(' ')}' -- "$word")) ;;`,
    ];
  }
  const cases = row.args.map((completes, index) => {
    const pattern = row.variadic && index === row.args.length - 1 ? '*' : String(index);
    return `${pattern}) ${reply(completes)} ;;`;
  });
  return cases.length === 0 ? [] : [`    '${row.path}') case $argument in ${cases.join(' ')} esac ;;`];
}

function reply(completes: Completes): string {
  switch (completes) {
    case 'file':
      return 'compopt -o default';
    case 'directory':
      return 'COMPREPLY=($(compgen -d -- "$word")); compopt -o filenames';
    case 'vault-path':
      return '_sherinctl_paths "$word"';
    case 'nothing':
      return ':';
    default:
      return `COMPREPLY=($(compgen -W '${completes.join(' ')}' -- "$word"))`;
  }
}
