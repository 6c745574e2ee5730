/**
 * Words that tell the domain and the department, with their weights. A phrase counts once, however often it stands in a text. Words of medicine and of the military weigh
 * most: their results are held to more, so a request that could be theirs is.
 */
import type { DomainName } from '../../domains/catalogue.js';

export interface DomainRule {
  readonly domain: DomainName;
  /** None for words of the whole domain. */
  readonly department?: string;
  readonly weight: number;
  /** Words or phrases divided by commas, or `#shape`. */
  readonly phrases: string;
}

export const domainRules: readonly DomainRule[] = [
  {
    domain: 'medical',
    weight: 6,
    phrases:
      'patient, disease, medical, medicine, doctor, hospital, surgery, vaccine, infection, clinical, blood pressure',
  },
  {
    domain: 'medical',
    department: 'anatomy',
    weight: 6,
    phrases: 'anatomy, artery, vein, bone, muscle, liver, kidney, lung, heart valve, nerve, spine',
  },
  {
    domain: 'medical',
    department: 'pharmacology',
    weight: 6,
    phrases:
      'drug, dose, dosage, mg per kg, ibuprofen, paracetamol, aspirin, antibiotic, insulin, side effect, prescription',
  },
  {
    domain: 'medical',
    department: 'diagnosis',
    weight: 6,
    phrases:
      'diagnosis, diagnose, symptom, fever, rash, headache, biopsy, tumor, tumour, differential diagnosis',
  },
  {
    domain: 'medical',
    department: 'emergency',
    weight: 6,
    phrases: 'first aid, resuscitation, cpr, triage, bleeding, cardiac arrest, poisoning, unconscious',
  },
  {
    domain: 'military',
    weight: 6,
    phrases: 'military, army, navy, soldier, troop, battlefield, warfare, weapon, combat, infantry, enemy',
  },
  {
    domain: 'military',
    department: 'strategy',
    weight: 6,
    phrases:
      'flanking, offensive operation, defence line, defense line, wargame, war game, siege, ambush, battle plan',
  },
  {
    domain: 'military',
    department: 'logistics',
    weight: 6,
    phrases: 'convoy, ammunition, supply line, battalion, brigade, deployment of troops, field hospital',
  },
  {
    domain: 'military',
    department: 'equipment',
    weight: 6,
    phrases:
      'artillery, missile, battle tank, armoured vehicle, armored vehicle, rifle, warship, fighter jet, munition',
  },
  {
    domain: 'coding',
    weight: 3,
    phrases:
      '#code, code, program, programming, algorithm, compile, compiler, debug, refactor, unit test, stack trace, function that, regex, regular expression, api, recursion, linked list, binary search, bug',
  },
  { domain: 'coding', department: 'python', weight: 4, phrases: 'python, pandas, numpy, pytest, django' },
  {
    domain: 'coding',
    department: 'javascript',
    weight: 4,
    phrases: 'javascript, typescript, node js, nodejs, npm, react, vitest',
  },
  {
    domain: 'coding',
    department: 'c',
    weight: 4,
    phrases: 'c++, in c, gcc, segmentation fault, segfault, malloc, makefile',
  },
  { domain: 'coding', department: 'shell', weight: 4, phrases: 'bash, shell script, awk, sed script, cron' },
  {
    domain: 'coding',
    department: 'sql',
    weight: 4,
    phrases: 'sql, sqlite, postgres, select from, database query, join two tables',
  },
  { domain: 'calculations', weight: 4, phrases: '#digits' },
  {
    domain: 'calculations',
    department: 'arithmetic',
    weight: 2,
    phrases:
      '#arithmetic, calculate, compute, percent, percentage, add up, sum of, product of, divided by, multiplied by, compound interest, square root of',
  },
  {
    domain: 'calculations',
    department: 'arithmetic',
    weight: 4,
    phrases:
      '#percentage, #sum-in-words, factorial, gcd of, lcm of, least common multiple, absolute value of, cube root of, log base, sine of, cosine of, tangent of, in hex, hexadecimal, in binary, in octal, in decimal, as a fraction, to a fraction',
  },
  // More than a word of mathematics that stands in them.
  {
    domain: 'calculations',
    department: 'arithmetic',
    weight: 5,
    phrases:
      '#value, #primality, prime factorization of, prime factorisation of, prime factor of, greatest common divisor of',
  },
  { domain: 'calculations', department: 'units', weight: 2, phrases: '#quantity' },
  {
    domain: 'calculations',
    department: 'units',
    weight: 4,
    phrases:
      '#conversion, convert, how many kilometer, how many mile, in celsius, in fahrenheit, unit conversion',
  },
  {
    domain: 'calculations',
    department: 'statistics',
    weight: 4,
    phrases:
      'mean of, median, standard deviation, variance, average of, correlation, quartile, linear regression of',
  },
  {
    domain: 'calculations',
    department: 'statistics',
    weight: 5,
    phrases:
      'regression of, regression through, percentile, interquartile range, root mean square, covariance, autocorrelation, anova, coefficient of variation',
  },
  {
    domain: 'calculations',
    department: 'numeric',
    weight: 5,
    phrases:
      'numerically, numeric integration, numerical integration, newton method, newtons method, bisection, to six decimal, decimal place',
  },
  {
    domain: 'calculations',
    department: 'numeric',
    weight: 7,
    phrases: '#definite-integral, #root-of-a-function, #solve',
  },
  {
    domain: 'mathematics',
    weight: 3,
    phrases: 'theorem, lemma, mathematic, mathematical, proof by induction, converge, infinite series',
  },
  {
    domain: 'mathematics',
    department: 'algebra',
    weight: 3,
    phrases:
      '#equation, equation, polynomial, matrix, matrices, eigenvalue, factorize, factorise, quadratic, vector space, abelian group',
  },
  {
    domain: 'mathematics',
    department: 'calculus',
    weight: 3,
    phrases:
      '#analysis, derivative, differentiate, integral, integrate, limit of, differential equation, taylor series, continuous function',
  },
  {
    domain: 'mathematics',
    department: 'geometry',
    weight: 3,
    phrases: 'triangle, circle, polygon, angle, hypotenuse, area of, volume of, geometry, pythagora',
  },
  {
    domain: 'mathematics',
    department: 'number-theory',
    weight: 4,
    phrases: 'prime number, prime, divisor, modulo, congruence, irrational, greatest common divisor, fermat',
  },
  {
    domain: 'mathematics',
    department: 'probability',
    weight: 4,
    phrases: 'probability, dice, expected value, random variable, permutation, combination, binomial',
  },
  { domain: 'physics', weight: 3, phrases: 'physics, energy, speed of light, conservation of, relativity' },
  {
    domain: 'physics',
    department: 'mechanics',
    weight: 4,
    phrases:
      'velocity, acceleration, force, friction, momentum, projectile, pendulum, gravity, torque, newtons law, orbit, falls from',
  },
  {
    domain: 'physics',
    department: 'electricity',
    weight: 4,
    phrases:
      'voltage, current through, resistor, resistance, capacitor, circuit, magnetic field, electric field, ohm, inductor',
  },
  {
    domain: 'physics',
    department: 'optics',
    weight: 4,
    phrases:
      'a lens, thin lens, convex lens, concave lens, refraction, wavelength, mirror, diffraction, prism',
  },
  {
    domain: 'physics',
    department: 'thermodynamics',
    weight: 4,
    phrases: 'thermodynamic, entropy, heat capacity, ideal gas, carnot, heat engine, thermal',
  },
  {
    domain: 'physics',
    department: 'quantum',
    weight: 4,
    phrases:
      'quantum, photon, schrodinger, wave function, uncertainty principle, electron spin, entanglement',
  },
  {
    domain: 'chemistry',
    weight: 4,
    phrases: 'chemistry, chemical, molecule, molar, mole of, periodic table, ph of, titration, solubility',
  },
  {
    domain: 'chemistry',
    department: 'reactions',
    weight: 4,
    phrases:
      '#reaction, chemical reaction, balance the equation, balance the reaction, oxidation, redox, catalyst, combustion, stoichiometry',
  },
  {
    domain: 'chemistry',
    department: 'organic',
    weight: 5,
    phrases: 'organic, alkane, alkene, benzene, ester, ethanol, polymer, hydrocarbon, carboxylic acid',
  },
  {
    domain: 'chemistry',
    department: 'inorganic',
    weight: 5,
    phrases:
      'inorganic, sodium chloride, sulfuric acid, hydrochloric acid, ionic bond, metal oxide, salt crystal',
  },
  {
    domain: 'logic',
    weight: 4,
    phrases: 'logic, logical, syllogism, contradiction, premise, fallacy, valid argument, follows from',
  },
  {
    domain: 'logic',
    department: 'propositional',
    weight: 4,
    phrases: 'truth table, propositional, tautology, modus ponen, boolean formula, satisfiable, de morgan',
  },
  {
    domain: 'logic',
    department: 'predicate',
    weight: 4,
    phrases: 'predicate logic, first order, for all x, there exists, quantifier',
  },
  // More than an arrow, which may be one of chemistry.
  { domain: 'logic', department: 'predicate', weight: 5, phrases: '#formal' },
  {
    domain: 'logic',
    department: 'puzzles',
    weight: 5,
    phrases: 'puzzle, riddle, knights and knaves, river crossing, sudoku, liar, who owns the',
  },
  {
    domain: 'foundation',
    department: 'writing',
    weight: 3,
    phrases:
      'essay, letter, email, poem, story, rewrite, rephrase, proofread, headline, speech, cover letter',
  },
  {
    domain: 'foundation',
    department: 'language',
    weight: 4,
    phrases:
      'translate, translation, grammar, spelling, synonym, into german, into french, into english, into spanish, past tense',
  },
  {
    domain: 'foundation',
    weight: 2,
    phrases: 'summarize, summarise, brainstorm, plan for, checklist, ideas for',
  },
  {
    domain: 'knowledge',
    department: 'passages',
    weight: 4,
    phrases:
      'passage, where does it say, which document, which file, in my document, in my note, in the collection, quote, mentioned in, search the, look up, source for',
  },
  {
    domain: 'knowledge',
    department: 'definitions',
    weight: 2,
    phrases: 'define, definition of, what does the word, meaning of, stands for',
  },
  {
    domain: 'knowledge',
    weight: 2,
    phrases: 'capital of, who was, who wrote, when was, when did, where is, history of, in which year',
  },
];
