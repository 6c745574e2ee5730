/** Inputs made of other ones, by the form that a target has. */
import { mutateBytes } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';
import type { Random } from './random.js';
import type { Target } from './target.js';

/** Bytes of the longest input. */
export const longestInput = 16 * 1024;

export function mutate(input: Buffer, other: Buffer, form: Target['form'], random: Random): Buffer {
  const structured = form === 'bytes' || random.once(3) ? null : byStructure(input, other, form, random);
  return structured ?? mutateBytes(input, other, random, longestInput);
}

function byStructure(input: Buffer, other: Buffer, form: 'json' | 'lines', random: Random): Buffer | null {
  const text =
    form === 'json' ? mutateJson(input.toString(), other.toString(), random) : lines(input, other, random);
  return text === null ? null : Buffer.from(text).subarray(0, longestInput);
}

/** One line is changed, left out, doubled, moved, or comes from elsewhere. */
function lines(input: Buffer, other: Buffer, random: Random): string | null {
  const all = input.toString().split('\n');
  const at = random.below(all.length);
  const line = all[at] ?? '';
  const strange = random.of(other.toString().split('\n'));
  const made = random.below(5);
  if (made === 0) return all.toSpliced(at, 1).join('\n');
  if (made === 1) return all.toSpliced(random.below(all.length + 1), 0, line).join('\n');
  if (made === 2) return all.toSpliced(at, random.below(2), strange).join('\n');
  const changed = mutateJson(line, strange, random);
  return changed === null ? null : all.with(at, changed).join('\n');
}
