/** Namespaces that a directory below `files/` can be given (FORMAT.md, "Tasks"). */
import { SherinError } from '../errors.js';
import { isNamespace, type Namespace } from '../ids.js';

/** Of what lies beside `files/`: by these it is told what is a request, a result, or the vault's own. */
const reserved: ReadonlySet<string> = new Set(['TASK', 'OUT', 'RESULT', 'POLICY']);

export function isAssignable(text: string): text is Namespace {
  return isNamespace(text) && !reserved.has(text);
}

/** @throws SherinError NAMESPACE_NAME */
export function asAssignable(text: string): Namespace {
  if (isAssignable(text)) return text;
  const part = reserved.has(text)
    ? 'it is that of requests, of what bots write, of results, or of the vault itself'
    : 'a namespace is 1 to 16 of A-Z, 0-9 and -, and starts with a letter';
  throw new SherinError('NAMESPACE_NAME', { name: JSON.stringify(text.slice(0, 64)), part });
}
