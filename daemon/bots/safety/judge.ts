/** Whether a result may become visible: rules kept as data, the first one that is broken is the reason. */
import { domainNames, domainOf } from '../../domains/catalogue.js';

/** What a result of a field in which nobody may take it for advice must carry. */
export const simulationMark = 'SIMULATION ONLY';

interface Rule {
  /** 1 to 32 of a–z, 0–9 and `-`. */
  readonly reason: string;
  readonly broken: (result: Buffer, domain: string) => boolean;
}

const rules: readonly Rule[] = [
  { reason: 'empty-result', broken: (result) => result.toString('latin1').trim() === '' },
  {
    reason: 'no-simulation-mark',
    broken: (result, domain) => isSimulationOnly(domain) && !result.includes(simulationMark),
  },
];

/** Null: it may. */
export function judge(result: Buffer, domain: string): string | null {
  return rules.find(({ broken }) => broken(result, domain))?.reason ?? null;
}

function isSimulationOnly(domain: string): boolean {
  const known = domainNames.find((name) => name === domain);
  return known !== undefined && domainOf(known).simulationOnly === true;
}
