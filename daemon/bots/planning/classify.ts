/**
 * What kind of work a request is, told by its words: the planning bot's whole judgement. It runs in the bot's sandbox, where the text is; sherind imports none
 * of it and gets the three names. The same text gives the same answer, always.
 */
import { type Classified, type DomainName, domainNames, domainOf } from '../../domains/catalogue.js';
import { classRules } from './class-rules.js';
import { domainRules } from './domain-rules.js';
import { normalise, normalisePhrase } from './normalise.js';

/** Where no rule finds anything: the question of somebody who wants to know. */
const fallback: DomainName = 'knowledge';

const domainPhrases = domainRules.map((rule) => ({ ...rule, phrases: phrasesOf(rule.phrases) }));
const classPhrases = classRules.map((rule) => ({ ...rule, phrases: phrasesOf(rule.phrases) }));

function phrasesOf(list: string): string[] {
  return [...new Set(list.split(',').map((phrase) => normalisePhrase(phrase.trim())))];
}

/** How much of a rule is in a normalised text. */
function weigh(
  text: string,
  { weight, phrases }: { readonly weight: number; readonly phrases: readonly string[] },
) {
  return weight * phrases.filter((phrase) => text.includes(phrase)).length;
}

/** Of `names` the one that weighs most, the first of equals; undefined when none weighs anything. */
function heaviest<Name extends string>(
  names: readonly Name[],
  weights: ReadonlyMap<string, number>,
): Name | undefined {
  let best: Name | undefined;
  for (const name of names) {
    if ((weights.get(name) ?? 0) > (best === undefined ? 0 : (weights.get(best) ?? 0))) best = name;
  }
  return best;
}

function add(weights: Map<string, number>, name: string, weight: number): void {
  weights.set(name, (weights.get(name) ?? 0) + weight);
}

export function classify(request: string): Classified {
  const text = normalise(request);
  const domain = domainIn(text);
  const { departments, classes } = domainOf(domain);
  const departmentWeights = new Map<string, number>();
  for (const rule of domainPhrases) {
    if (rule.domain === domain && rule.department !== undefined)
      add(departmentWeights, rule.department, weigh(text, rule));
  }
  const classWeights = new Map<string, number>();
  for (const rule of classPhrases) add(classWeights, rule.class, weigh(text, rule));
  return {
    domain,
    department: heaviest(departments, departmentWeights) ?? departments[0],
    class: heaviest(classes, classWeights) ?? classes[0],
  };
}

function domainIn(text: string): DomainName {
  const weights = new Map<string, number>();
  for (const rule of domainPhrases) add(weights, rule.domain, weigh(text, rule));
  return heaviest(domainNames, weights) ?? fallback;
}
