/** Who knows a kind of question. */
import type { Result } from '../result.js';
import type { Question } from './question.js';

/** Undefined for a question of another kind. @throws Failure for one of its own that has no answer */
export type Reader = (question: Question) => Result | undefined;
