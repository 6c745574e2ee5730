import { describe, expect, it } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { PosixError } from '../posix-error.js';
import { Deadlines } from './deadlines.js';
import { Request, serve } from './request.js';

function setUp() {
  const answers: unknown[][] = [];
  const logged: object[] = [];
  const log = {
    error: (details: object) => logged.push(details),
    warn: (details: object) => logged.push(details),
  };
  const deadlines = new Deadlines(60_000);
  const request = new Request('read', (...answer) => answers.push(answer), [0, 'tail'], deadlines, log);
  return { answers, logged, deadlines, request };
}

describe('a request', () => {
  it('is answered once', () => {
    const { answers, request } = setUp();
    request.answer(3, 'x');
    request.answer(4);
    request.fail(new Error('late'));
    request.expire();
    expect(answers).toEqual([[3, 'x']]);
    expect(request.waiting).toBe(false);
  });

  it('answers errors with their errno and no log', async () => {
    for (const [error, errno] of [
      [new PosixError('ENODATA'), -61],
      [new SherinError('LOCKED'), -13],
      [new SherinError('ID_MALFORMED', { id: 'x', part: 'y' }), -22],
    ] as const) {
      const { answers, logged, deadlines, request } = setUp();
      serve(request, deadlines, () => Promise.reject(error));
      await Promise.resolve();
      expect(answers).toEqual([[errno, 0, 'tail']]);
      expect(logged).toEqual([]);
    }
  });

  it('answers EIO to a bug, thrown at once or later, and logs the stack', async () => {
    for (const handler of [
      () => {
        throw new TypeError('bug');
      },
      () => Promise.reject(new TypeError('bug')),
    ]) {
      const { answers, logged, deadlines, request } = setUp();
      serve(request, deadlines, handler);
      await Promise.resolve();
      expect(answers).toEqual([[-5, 0, 'tail']]);
      expect(logged).toEqual([{ operation: 'read', stack: expect.stringContaining('TypeError: bug') }]);
    }
  });

  it('answers ETIMEDOUT at its deadline', () => {
    const { answers, request } = setUp();
    request.expire();
    expect(answers).toEqual([[-110, 0, 'tail']]);
  });
});
