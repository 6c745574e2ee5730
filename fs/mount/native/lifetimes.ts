/** For how long the kernel may keep what it is told of a node. */
import type { Node } from '../node.js';
import type { Lifetimes } from './attributes.js';

/** What is announced is kept until then; a day stands for ever. */
export const announced: Lifetimes = { attributes: 86_400, name: 86_400 };
const momentary: Lifetimes = { attributes: 1, name: 1 };
const direct: Lifetimes = { attributes: 0, name: 1 };

export function lifetimesOf(node: Node): Lifetimes {
  const lifetimes = node.announced ? announced : node.direct ? direct : momentary;
  return node.personal ? { ...lifetimes, name: 0 } : lifetimes;
}
