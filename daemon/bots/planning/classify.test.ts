import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue, domainNames, domainOf, isClassified } from '../../domains/catalogue.js';
import { classRules } from './class-rules.js';
import { classify } from './classify.js';
import { domainRules } from './domain-rules.js';
import { normalise } from './normalise.js';
import { questions } from './questions.fixture.js';
import { shapes } from './shapes.js';

describe('a question', () => {
  it.each(questions)('%s, %s, %s: %s', (domain, department, kind, text) => {
    expect(classify(text)).toEqual({ domain, department, class: kind });
  });

  it('of every domain and department is in the table', () => {
    const asked = new Set(questions.map(([domain, department]) => `${domain} ${department}`));
    const all = domainNames.flatMap((name) =>
      domainOf(name).departments.map((department) => `${name} ${department}`),
    );
    expect([...asked].sort()).toEqual(all.sort());
  });
});

describe('whatever a text is', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.constantFrom(...domainRules.flatMap(({ phrases }) => phrases.split(', '))), { maxLength: 8 })
      .map(String),
  );

  it('its classification is one of the catalogue, and always the same', () => {
    fc.assert(
      fc.property(text, (request) => {
        const found = classify(request);
        expect(isClassified(found)).toBe(true);
        expect(classify(request)).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  it('case, spacing, marks and accents make no difference', () => {
    for (const [, , , question] of questions.filter(([, , , words]) => /^[\w ,.?’']*$/.test(words))) {
      const words = question.replaceAll(/[.,?]/g, ' ! ').replaceAll(' ', ' \t');
      for (const other of [words, words.toUpperCase(), `«${words}»`, words.replaceAll('e', 'é')]) {
        expect(normalise(other)).toBe(normalise(words));
      }
    }
  });

  it('only its first 64 Ki units are looked at', () => {
    const long = `python ${'a '.repeat(40_000)}`;
    expect(classify(long)).toEqual(classify('python'));
    expect(classify(`${'a '.repeat(40_000)} python`)).toEqual(classify(''));
  });

  it('what makes careless patterns slow is answered', () => {
    for (const part of ['1+', 'x', 'def ', 'def a', '#include ', '(((', 'A->', '9 k', 'x^', '́']) {
      expect(isClassified(classify(part.repeat(65_536)))).toBe(true);
    }
  });
});

describe('the rules', () => {
  it('name what is in the catalogue, and shapes that there are', () => {
    for (const { domain, department } of domainRules) {
      if (department !== undefined) expect(domainOf(domain).departments, department).toContain(department);
    }
    const classes = new Set(domainNames.flatMap((name) => domainOf(name).classes));
    for (const rule of classRules) expect(classes).toContain(rule.class);
    const named = [...domainRules, ...classRules].flatMap(({ phrases }) => phrases.split(', '));
    const known = shapes.map(({ name }) => `#${name}`);
    expect(new Set(named.filter((phrase) => phrase.startsWith('#')))).toEqual(new Set(known));
  });

  it('use names that fit a task', () => {
    for (const name of domainNames) {
      for (const word of [name, ...domainOf(name).departments, ...domainOf(name).classes]) {
        expect(word).toMatch(/^[a-z][a-z-]{0,63}$/);
      }
    }
  });

  it('and what is no classification is not taken for one', () => {
    expect(isClassified({ domain: 'coding', department: 'python', class: 'write' })).toBe(true);
    for (const wrong of [
      { domain: 'toString' },
      { domain: '' },
      { department: 'anatomy' },
      { class: 'translate' },
    ]) {
      expect(isClassified({ domain: 'coding', department: 'python', class: 'write', ...wrong })).toBe(false);
    }
    expect(Object.values(catalogue)).toHaveLength(10);
  });
});
