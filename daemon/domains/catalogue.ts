/** The fields of work, as data: what a classification may say. Of each list the first entry is what is meant where nothing more is known. */

interface Domain {
  readonly departments: readonly [string, ...string[]];
  readonly classes: readonly [string, ...string[]];
  /** Its results must say that they are a simulation, and the safety gate looks for that. */
  readonly simulationOnly?: boolean;
}

export const catalogue = {
  medical: {
    departments: ['general', 'anatomy', 'pharmacology', 'diagnosis', 'emergency'],
    classes: ['explain', 'simulate', 'compute'],
    simulationOnly: true,
  },
  military: {
    departments: ['general', 'strategy', 'logistics', 'equipment'],
    classes: ['explain', 'simulate', 'compute'],
    simulationOnly: true,
  },
  coding: {
    departments: ['general', 'python', 'javascript', 'c', 'shell', 'sql'],
    classes: ['write', 'fix', 'test', 'explain', 'review'],
  },
  calculations: {
    departments: ['arithmetic', 'units', 'statistics', 'numeric'],
    classes: ['compute', 'convert'],
  },
  mathematics: {
    departments: ['general', 'algebra', 'calculus', 'geometry', 'number-theory', 'probability'],
    classes: ['solve', 'prove', 'explain'],
  },
  physics: {
    departments: ['general', 'mechanics', 'electricity', 'optics', 'thermodynamics', 'quantum'],
    classes: ['solve', 'explain', 'simulate'],
  },
  chemistry: {
    departments: ['general', 'reactions', 'organic', 'inorganic'],
    classes: ['solve', 'explain', 'simulate'],
  },
  logic: {
    departments: ['general', 'propositional', 'predicate', 'puzzles'],
    classes: ['solve', 'prove', 'explain'],
  },
  foundation: {
    departments: ['general', 'writing', 'language'],
    classes: ['write', 'translate', 'summarize', 'explain'],
  },
  knowledge: {
    departments: ['general', 'passages', 'definitions'],
    classes: ['find', 'explain', 'summarize'],
  },
} as const satisfies Readonly<Record<string, Domain>>;

export type DomainName = keyof typeof catalogue;

export const domainNames = Object.keys(catalogue) as readonly DomainName[];

/** What kind of work a request is: three names of the catalogue. */
export interface Classified {
  readonly domain: DomainName;
  readonly department: string;
  readonly class: string;
}

export function domainOf(name: DomainName): Domain {
  return catalogue[name];
}

/** Whether three names stand together in the catalogue: what the planning bot answers is checked by this before it is used. */
export function isClassified(value: Readonly<Record<keyof Classified, string>>): value is Classified {
  if (!Object.hasOwn(catalogue, value.domain)) return false;
  const { departments, classes } = domainOf(value.domain as DomainName);
  return departments.includes(value.department) && classes.includes(value.class);
}
