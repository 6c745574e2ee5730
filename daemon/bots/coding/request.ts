/** A request: a program with its tests as one text (docs/bots.md, coding). */

export const languages = ['python', 'javascript', 'c'] as const;
export type Language = (typeof languages)[number];

export interface SourceFile {
  readonly name: string;
  readonly text: string;
}

export interface Request {
  readonly language: Language;
  /** For each test; in JavaScript for each file of tests. */
  readonly seconds: number;
  /** What is to be tested, and what it needs. */
  readonly program: readonly SourceFile[];
  readonly tests: readonly SourceFile[];
}

export type Parsed = { readonly request: Request } | { readonly error: string };

/** Bytes of a request, and files in it. */
export const requestLimit = 262_144;
export const filesLimit = 16;
export const secondsRange = { least: 1, most: 20, usual: 5 } as const;

/** No folders, nothing hidden, no option of a program. */
const nameForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const border = /^--- (\S+)[ \t]*$/;
const setting = /^([a-z]+):[ \t]*(\S+)[ \t]*$/;
const testForms: Readonly<Record<Language, RegExp>> = {
  python: /^test_\w*\.py$/,
  javascript: /^test_[\w.-]*\.[cm]?js$/,
  c: /^test_[\w.-]*\.c$/,
};
/** A file of this name is the bot's own. */
const taken = 'check.h';

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function parseRequest(bytes: Buffer): Parsed {
  if (bytes.length > requestLimit) return { error: 'too-long' };
  const text = textOf(bytes);
  if (text === null) return { error: 'not-text' };
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => border.test(line));
  const settings = readSettings(first < 0 ? lines : lines.slice(0, first));
  if ('error' in settings) return settings;
  const files = first < 0 ? [] : readFiles(lines.slice(first));
  if (!Array.isArray(files)) return files;
  return divide(settings, files);
}

function textOf(bytes: Buffer): string | null {
  try {
    const text = utf8.decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

type Settings = Pick<Request, 'language' | 'seconds'>;

/** What stands before the first file: settings, empty lines, and lines for people that begin with #. */
function readSettings(lines: readonly string[]): Settings | { readonly error: string } {
  const found = new Map<string, string>();
  for (const line of lines) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', value = ''] = setting.exec(line) ?? [];
    if (!['language', 'seconds'].includes(name) || found.has(name)) return { error: 'bad-setting' };
    found.set(name, value);
  }
  const language = languages.find((known) => known === found.get('language'));
  if (language === undefined) return { error: found.has('language') ? 'unknown-language' : 'no-language' };
  const seconds = found.get('seconds') ?? `${secondsRange.usual}`;
  if (!/^\d{1,2}$/.test(seconds)) return { error: 'bad-setting' };
  if (Number(seconds) < secondsRange.least || Number(seconds) > secondsRange.most)
    return { error: 'bad-setting' };
  return { language, seconds: Number(seconds) };
}

/** `lines` begins with a border. */
function readFiles(lines: readonly string[]): SourceFile[] | { readonly error: string } {
  const files = new Map<string, string[]>();
  let open: string[] = [];
  for (const line of lines) {
    const name = border.exec(line)?.[1];
    if (name === undefined) {
      open.push(line);
      continue;
    }
    if (!nameForm.test(name) || name === taken) return { error: 'bad-file-name' };
    if (files.has(name)) return { error: 'same-name' };
    if (files.size === filesLimit) return { error: 'too-many-files' };
    open = [];
    files.set(name, open);
  }
  return [...files].map(([name, content]) => ({ name, text: `${content.join('\n').trimEnd()}\n` }));
}

function divide(settings: Settings, files: readonly SourceFile[]): Parsed {
  const isTest = ({ name }: SourceFile) => testForms[settings.language].test(name);
  const tests = files.filter(isTest);
  if (tests.length === 0) return { error: 'no-tests' };
  return { request: { ...settings, program: files.filter((file) => !isTest(file)), tests } };
}
