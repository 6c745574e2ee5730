/** What nearly every submission and its answer are, told in one look: to go through the schemas takes longer than to know the answer. */
import { isSherinId } from '../../../common/ids.js';
import { isShortName } from '../../../common/short-name.js';
import type { DomainName } from '../../domains/catalogue.js';
import { isTaskId } from '../short-values.js';

export interface UsualSubmission {
  readonly id: string;
  readonly domain: DomainName;
  readonly inputs: string[];
  readonly priority: number;
  readonly emotion: Record<string, never>;
}

/** What the schema makes of a request and a domain without more; null for anything else, of which the schema tells. */
export function usualSubmission(value: unknown, domains: ReadonlySet<unknown>): UsualSubmission | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, domain } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || !isSherinId(id) || !domains.has(domain)) return null;
  if (Object.keys(value).length !== 2) return null;
  return { id, domain: domain as DomainName, inputs: [], priority: 5, emotion: {} };
}

/** True for what the schema admits as the answer to a submission whose result is known; false where it has to tell. */
export function isUsualAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { task_id, state, result_id, policy } = value as Readonly<Record<string, unknown>>;
  if (typeof task_id !== 'string' || !isTaskId(task_id) || state !== 'done') return false;
  if (typeof result_id !== 'string' || !isSherinId(result_id)) return false;
  return isPolicy(policy) && Object.keys(value).length === 4;
}

function isPolicy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { decision, reason } = value as Readonly<Record<string, unknown>>;
  if (typeof decision !== 'string' || typeof reason !== 'string') return false;
  return isShortName(decision) && isShortName(reason) && Object.keys(value).length === 2;
}
