/** A formula as a tree of numbers, names and calls: all of mathjs' syntax that is taken. What else its parser knows (assignments, objects, indexes, strings, ranges) is not understood. */
import type { BigNumber, ConstantNode, FunctionNode, MathNode, OperatorNode, SymbolNode } from 'mathjs';
import { Failure } from '../failure.js';
import { limits } from '../limits.js';
import { math } from './math.js';

export type Formula =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Formula[] };

export interface ParsedFormula {
  readonly formula: Formula;
  /** As it was understood, in mathjs' spelling. */
  readonly text: string;
}

const operators: ReadonlySet<string> = new Set([
  ...['add', 'subtract', 'multiply', 'divide', 'pow', 'mod'],
  ...['unaryMinus', 'unaryPlus', 'factorial'],
]);

/** @throws Failure not-understood, too-deep, too-long, too-large */
export function parseFormula(text: string): ParsedFormula {
  if (text.length > limits.questionLength) throw new Failure('too-long');
  if (nesting(text) > limits.nesting || text.split('%').length > limits.percentSigns + 1)
    throw new Failure('too-deep');
  try {
    const node = math.parse(text);
    return { formula: formulaOf(node), text: node.toString({ handler: wholeNumbers }) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The parser's stack: a tower of powers is no parenthesis.
    throw new Failure(error instanceof RangeError ? 'too-deep' : 'not-understood');
  }
}

/** mathjs writes numbers of more than five digits with an exponent. */
function wholeNumbers(node: MathNode): string | undefined {
  return node.type === 'ConstantNode' ? literal((node as ConstantNode).value) : undefined;
}

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const letter of text) {
    if (letter === '(') deepest = Math.max(deepest, ++depth);
    if (letter === ')') depth -= 1;
  }
  return deepest;
}

function formulaOf(node: MathNode): Formula {
  switch (node.type) {
    case 'ParenthesisNode':
      return formulaOf((node as MathNode & { readonly content: MathNode }).content);
    case 'ConstantNode':
      return { kind: 'number', text: literal((node as ConstantNode).value as unknown) };
    case 'SymbolNode':
      return { kind: 'name', name: (node as SymbolNode).name };
    case 'OperatorNode': {
      const { fn, args } = node as OperatorNode;
      if (!operators.has(fn)) throw new Failure('not-understood');
      return { kind: 'call', name: fn, args: args.map(formulaOf) };
    }
    case 'FunctionNode': {
      const { fn, args } = node as FunctionNode;
      if ((fn as unknown as MathNode).type !== 'SymbolNode') throw new Failure('not-understood');
      const { name } = fn as unknown as SymbolNode;
      if (args.length === 0) throw new Failure('not-understood');
      // The names of operators are none of functions.
      if (operators.has(name) && name !== 'mod' && name !== 'factorial') throw new Failure('not-understood');
      return { kind: 'call', name, args: args.map(formulaOf) };
    }
    default:
      throw new Failure('not-understood');
  }
}

function literal(value: unknown): string {
  // The parser's own hundred, of a percent sign.
  if (value === 100) return '100';
  if (!math.isBigNumber(value)) throw new Failure('not-understood');
  const number = value as BigNumber;
  if (!number.isFinite() || Math.abs(number.e) > limits.wholeDigits) throw new Failure('too-large');
  return number.toString();
}

/** Nodes of the tree. */
export function sizeOf(formula: Formula): number {
  return formula.kind === 'call' ? formula.args.reduce((sum, part) => sum + sizeOf(part), 1) : 1;
}

/** Names that stand for a value, not for a function. */
export function namesIn(formula: Formula): ReadonlySet<string> {
  if (formula.kind === 'number') return new Set();
  if (formula.kind === 'name') return new Set([formula.name]);
  return new Set(formula.args.flatMap((part) => [...namesIn(part)]));
}
