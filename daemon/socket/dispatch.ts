/** One request line → one response line: parsing, validation, dispatch, error answers. */
import type { z } from 'zod';
import type { ErrorRow } from '../../common/error-row.js';
import { errorTable, SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import type { Logger } from '../../common/log.js';
import {
  type DaemonMethod,
  type DaemonRequest,
  type DaemonResult,
  daemonMethods,
  isDaemonMethod,
} from '../protocol/daemon.js';
import {
  asRequest,
  type DaemonError,
  type DaemonId,
  daemonIdSchema,
  daemonRequestSchema,
  lineLimit,
} from '../protocol/lines.js';
import type { Reserved } from '../protocol/rights.js';
import { rpcCode } from '../protocol/rpc.js';
import { shortNameSchema } from '../protocol/short-values.js';
import type { RequestMetrics } from '../request-metrics.js';
import type { Caller, CallerOf } from './caller.js';
import type { AnswerLine } from './line-connection.js';
import { parseLine } from './parse-line.js';
import type { TokenBuckets } from './token-buckets.js';

export type DaemonHandlers = {
  readonly [M in DaemonMethod]: (params: DaemonRequest<M>, caller: Caller) => Promise<DaemonResult<M>>;
};

const longestMessage = 256;

const tooLong = errorLine(
  null,
  refusal(rpcCode.invalidRequest, `a line has at most ${lineLimit} bytes`, 'EMSGSIZE'),
);

const unreadable = refusal(rpcCode.parse, 'not JSON in UTF-8, or a key stands there twice', 'EINVAL');
const tooMany = refusal(rpcCode.sherin, 'too many requests of this user: wait a second', 'EBUSY');

/** What a client gets for whom there is no place. */
export const busyLine = errorLine(null, refusal(rpcCode.sherin, 'too many connections', 'EBUSY'));

export interface DispatchParts {
  readonly handlers: DaemonHandlers;
  /** Who a connection's peer is, asked at each request. */
  readonly callerOf: CallerOf;
  readonly buckets: TokenBuckets;
  readonly metrics: RequestMetrics;
  readonly log: Logger;
  /** Has a refusal for want of rights recorded before it is answered; does not reject. */
  readonly recordDenied: (method: DaemonMethod, caller: Caller) => Promise<void>;
}

export function answerWith(parts: DispatchParts): AnswerLine {
  const { callerOf, buckets, metrics, log } = parts;
  return (line, client) => {
    const admitted = buckets.take(client.peer.uid);
    if (line === 'too-long') return tooLong;
    const value = parseLine(line);
    if (value === undefined) return errorLine(null, unreadable);
    if (!admitted) return isNotification(value) ? null : errorLine(idOf(value), tooMany);
    const request = asRequest(value);
    if (request === null) return errorLine(idOf(value), malformed(value));
    const { id, method, params } = request;
    const begin = performance.now();
    const answered = (response: Response): Buffer | null => {
      const status = 'error' in response ? response.error.data.code : 'ok';
      metrics.note(isDaemonMethod(method) ? method : 'unknown', status, (performance.now() - begin) / 1000);
      // A request without an ID is a notification: it gets no answer, not even an error (JSON-RPC 2.0, section 4.1).
      if (id === undefined) return null;
      return 'error' in response ? errorLine(id, response.error) : resultLine(id, response.result, log);
    };
    const response = respond(parts, callerOf(client), method, params ?? {});
    return response instanceof Promise ? response.then(answered) : answered(response);
  };
}

type Response = { readonly result: unknown } | { readonly error: DaemonError };

function respond(
  { handlers, log, recordDenied }: Pick<DispatchParts, 'handlers' | 'log' | 'recordDenied'>,
  caller: Caller,
  name: string,
  params: unknown,
): Response | Promise<Response> {
  if (!isDaemonMethod(name)) {
    const shown = shortNameSchema.safeParse(name).success ? ` ${name}` : '';
    return { error: refusal(rpcCode.methodNotFound, `unknown method${shown}`, 'ENOSYS') };
  }
  const method = daemonMethods[name];
  const denied = async (what: string): Promise<Response> => {
    log.warn({ method: name, uid: caller.peer.uid, pid: caller.peer.pid }, 'refused: for administrators');
    await recordDenied(name, caller);
    return { error: refusal(rpcCode.sherin, `${what} is for administrators`, 'EACCES') };
  };
  if (method.right === 'admin' && !caller.admin) return denied(name);
  const usual = method.usual?.params(params) ?? null;
  const parsed = usual === null ? method.params.safeParse(params) : { success: true as const, data: usual };
  if (!parsed.success) {
    return { error: refusal(rpcCode.invalidParams, `${name}: ${problem(parsed.error)}`, 'EINVAL') };
  }
  const reserved = reservedOf(method.reserved, parsed.data);
  if (reserved !== undefined && !caller.admin) return denied(`${name} with ${reserved}`);
  const handle = async (): Promise<Response> => {
    try {
      const handler = handlers[name] as (params: unknown, caller: Caller) => Promise<unknown>;
      const result = await handler(parsed.data, caller);
      // What leaves is checked, too: the schema admits no text and no path.
      return { result: method.usual?.result(result) ? result : method.result.parse(result) };
    } catch (error) {
      if (error instanceof SherinError) return { error: failure(name, error) };
      log.error({ err: error, method: name }, 'a method failed unexpectedly');
      return { error: refusal(rpcCode.internal, `${name} failed`, 'EIO') };
    }
  };
  return handle();
}

/** An error of the table: its name and what it says of every case, for the rest of most sentences may be a path. */
function failure(name: string, error: SherinError): DaemonError {
  const { sentence, told = false }: ErrorRow = errorTable[error.code];
  const shown = told || !sentence.includes('{');
  const message = `${name}: ${error.code}${shown ? `, ${error.message}` : ''}`;
  const id = shortNameSchema.safeParse(error.context.id);
  const errno = error.exit === Exit.locked ? 'ENOKEY' : error.errno;
  return refusal(rpcCode.sherin, message, errno, id.data);
}

/** The first parameter that only administrators may give so. */
function reservedOf(reserved: Reserved, params: object): string | undefined {
  for (const [field, taken] of Object.entries(reserved)) {
    if (Object.entries(params).some(([name, value]) => name === field && value === taken))
      return `${field} ${taken}`;
  }
  return undefined;
}

/** A well-formed request without an ID. */
function isNotification(value: unknown): boolean {
  const request = asRequest(value);
  return request !== null && request.id === undefined;
}

function malformed(value: unknown): DaemonError {
  const { error } = daemonRequestSchema.safeParse(value);
  const what = error === undefined ? 'malformed' : problem(error);
  return refusal(rpcCode.invalidRequest, `not a JSON-RPC 2.0 request: ${what}`, 'EINVAL');
}

/** The ID of what is no request otherwise, where it has a proper one. */
function idOf(value: unknown): DaemonId | null {
  if (typeof value !== 'object' || value === null || !('id' in value)) return null;
  const id = daemonIdSchema.safeParse(value.id);
  return id.success ? id.data : null;
}

/** The first thing wrong, by the name of its field; nothing of the caller's values. */
function problem(error: z.ZodError): string {
  const unknown = error.issues.find(({ code }) => code === 'unrecognized_keys');
  const issue = unknown ?? error.issues[0];
  if (issue === undefined) return 'malformed';
  if (issue.code === 'unrecognized_keys') {
    const known = issue.keys.find((key) => shortNameSchema.safeParse(key).success);
    return `unknown field${known === undefined ? '' : ` ${known}`}`;
  }
  const field = issue.path.join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}

function refusal(code: number, message: string, errno: string, id?: string): DaemonError {
  const data = id === undefined ? { code: errno } : { code: errno, id };
  return { code, message: message.slice(0, longestMessage), data };
}

function errorLine(id: DaemonId | null, error: DaemonError): Buffer {
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
}

function resultLine(id: DaemonId, result: unknown, log: Logger): Buffer {
  const line = Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  if (line.length <= lineLimit) return line;
  log.error({ bytes: line.length }, 'an answer is too long for a line');
  return errorLine(id, refusal(rpcCode.internal, 'the answer is too long for a line', 'EMSGSIZE'));
}
