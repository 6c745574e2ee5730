import { describe, expect, it } from 'vitest';
import { runScript } from '../child.fixture.js';

/** Each session says why it does not come about. */
const refused = (count: number, option: string): string => `
  for (let number = 0; number < ${count}; number++) {
    const mountOptions = [${JSON.stringify(option)} + number];
    try { new native.FuseSession({ mountOptions, deadline: 1000, threads: 1 }, () => {}); } catch {}
  }
  const said = native.FuseSession.said();`;

describe('what libfuse says', () => {
  it('is kept until it is taken, and not written', () => {
    const script = `${refused(2, 'nonsense')}
      process.stdout.write(JSON.stringify([said, native.FuseSession.said()]));`;
    const { status, text } = runScript(script);
    expect(status).toBe(0);
    const line = (number: number) =>
      expect.stringMatching(new RegExp(`^fuse: unknown option.*-o nonsense${number}'?$`));
    expect(JSON.parse(text)).toEqual([[line(0), line(1)], []]);
  });

  it('is cut off where it is much', () => {
    const script = `${refused(100, 'x'.repeat(1000))}
      process.stdout.write(JSON.stringify([said.length, Math.max(...said.map(({ length }) => length))]));`;
    expect(JSON.parse(runScript(script).text)).toEqual([16, 255]);
  });
});
