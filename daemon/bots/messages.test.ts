import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asSherinId } from '../../common/ids.js';
import { answerLimit, decodeBotMessage, encodeTask, taskLimit } from './messages.js';

const hex = '0123456789abcdef0123456789abcdef';
const longest = asSherinId(`${'N'.repeat(16)}_20260131_${hex}`);
const id = asSherinId(`FILES_20260131_${hex}`);
const name = 'n'.repeat(32);

function decode(value: unknown) {
  return decodeBotMessage(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

describe('tasks', () => {
  test('have at most 512 bytes, whatever is in them', () => {
    const task = {
      task_id: longest,
      domain: name,
      department: name,
      class: name,
      order_seq: Number.MAX_SAFE_INTEGER,
      timestamp: Number.MAX_SAFE_INTEGER,
    };
    expect(encodeTask(task).length).toBeLessThanOrEqual(taskLimit);
    expect(JSON.parse(encodeTask(task).toString())).toEqual(task);
  });

  test('carry no text', () => {
    const task = { task_id: id, domain: 'a', department: 'b', class: 'c', order_seq: 1, timestamp: 2 };
    expect(() => encodeTask({ ...task, class: 'what is 2 + 2?' })).toThrow();
    expect(() => encodeTask({ ...task, text: 'x' } as typeof task)).toThrow();
  });
});

describe('answers', () => {
  test('are a result, an error or a heartbeat', () => {
    for (const value of [
      { task_id: id, result_id: id },
      { task_id: id, result_id: id, requires: [id, longest] },
      { task_id: id, requires: [id] },
      { task_id: id, error: 'no-such-unit' },
      { task_id: id, domain: 'logic', department: 'general', class: 'solve' },
      { task_id: id, pass: true },
      { task_id: id, pass: false, reason: 'no-simulation-mark' },
      { heartbeat: true },
    ]) {
      expect(decode(value)).toEqual(value);
    }
  });

  test('fit their limit', () => {
    const largest = { task_id: longest, result_id: longest, requires: Array(16).fill(longest) };
    expect(decode(largest)).toEqual(largest);
    expect(JSON.stringify(largest).length).toBeLessThan(answerLimit);
  });

  test.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    { task_id: id },
    { task_id: id, result_id: id, error: 'x' },
    { task_id: id, result_id: 'FILES_20260131_x' },
    { task_id: id, result_id: '../../etc/shadow' },
    { task_id: id, result_id: 42 },
    { task_id: id, error: 'the content of the file is: secret' },
    { task_id: id, error: 'a'.repeat(33) },
    { task_id: id, result_id: id, requires: ['x'] },
    { task_id: id, result_id: id, requires: Array(17).fill(id) },
    { task_id: id, error: 'x', requires: [id] },
    { task_id: id, result_id: id, text: 'x' },
    { task_id: id, requires: [] },
    { task_id: id, pass: true, reason: 'x' },
    { task_id: id, pass: false },
    { task_id: id, pass: false, reason: 'because the content says: secret' },
    { task_id: id, domain: 'logic', department: 'what it says', class: 'solve' },
    { task_id: id, domain: 'logic', department: 'general', class: 'solve', result_id: id },
    { heartbeat: false },
    { heartbeat: true, text: 'x' },
    '['.repeat(1_000),
    `{"task_id":"${id}","result_id":"${id}","__proto__":{"error":"x"}}`,
  ])('%j is none', (value) => {
    expect(decode(value)).toBeUndefined();
  });

  test('no bytes make it throw, and what it takes holds IDs and short names only', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: answerLimit }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const message = decodeBotMessage(Buffer.from(bytes));
          expect(message === undefined || JSON.stringify(message).length < answerLimit).toBe(true);
        },
      ),
    );
  });
});
