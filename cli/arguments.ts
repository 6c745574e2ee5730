/** Command lines are bytes: Node replaces what is not UTF-8, the kernel's copy has it. */
import { readFileSync } from 'node:fs';
import { bytesToText } from '../common/names.js';

/** The arguments after the script, with bytes that are not UTF-8 as in `common/names.ts`. */
export function rawArguments(): string[] {
  const plain = process.argv.slice(2);
  if (!plain.some((argument) => argument.includes('\ufffd'))) return plain;
  const words = splitWords(readFileSync('/proc/self/cmdline'));
  return words.slice(words.length - plain.length).map(bytesToText);
}

function splitWords(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    words.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    at = end < 0 ? bytes.length : end + 1;
  }
  return words;
}
