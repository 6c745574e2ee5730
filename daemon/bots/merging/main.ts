/** The merging bot: makes one result of those of a task's parts. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { serve } from '../kit/serve.js';
import { merge } from './merge.js';

serve(({ others }) => {
  const parts = others().map((path) => ({ id: basename(path), content: readFileSync(path) }));
  return parts.length === 0 ? { error: 'no-parts' } : { content: merge(parts) };
});
