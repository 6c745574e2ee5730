/** The knowledge bot: finds passages in the collections that came with the question. */
import { readFileSync, writeFileSync } from 'node:fs';
import { serve } from '../kit/serve.js';
import { type Asked, answer } from './answer.js';
import { answerApart, searchWord } from './apart.js';

/** Bytes of a request that are read as the question. */
const longest = 16_384;

if (process.argv[2] === searchWord) {
  const asked = JSON.parse(readFileSync(0, 'utf8')) as Asked;
  writeFileSync(1, JSON.stringify(answer(asked)));
} else {
  serve(({ request, others }) =>
    answerApart({ question: request().toString('utf8', 0, longest), collections: others() }),
  );
}
