import { SherinError } from '../../common/errors.js';

/** A word of a unit file as systemd.syntax(7) and systemd.service(5) read it back. @throws SherinError USAGE for one that holds what no unit can */
export function quoted(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[\u0000-\u001f\u007f]/.test(word))
    throw new SherinError('USAGE', { what: 'a unit can not name a path with control characters' });
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `"${withoutSpecifiers(escaped)}"`;
}

/** What stands there without quotes, where `%` would begin a specifier (systemd.unit(5)). */
export function withoutSpecifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A command. Of its program systemd takes the path as it is written: there `$` begins nothing. */
export function commandLine(program: string, ...words: string[]): string {
  return [quoted(program), ...words.map(commandWord)].join(' ');
}

/** A word of a command line behind its program, where `$` would begin a variable. */
export function commandWord(word: string): string {
  return quoted(word).replaceAll('$', '$$$$');
}
