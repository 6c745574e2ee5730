import type { z } from 'zod';
import { SherinError } from '../../common/errors.js';

/** What a child said on the descriptor it was given. @param line JSON @throws SherinError PROTOCOL: it is of another version, or no program of this project */
export function childWord<T>(line: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw new SherinError('PROTOCOL', { part: 'what a program it has started says first' }, { cause: error });
  }
}
