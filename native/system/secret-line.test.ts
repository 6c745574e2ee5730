/** A terminal made with script(1): what is typed arrives, what is typed does not show. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sourceOf } from '../child.fixture.js';

const program = sourceOf(`
  fs.writeSync(1, 'PIN at ' + fs.readlinkSync('/proc/self/fd/0') + ': ');
  let answer;
  try {
    const line = native.system.readSecretLine(0, 16);
    answer = [line.length, native.Secret.equal(line, native.Secret.take(Buffer.from(process.argv[1])))].join(' ');
  } catch (error) { answer = error.code; }
  fs.writeSync(1, '<' + answer + '>');
`);

/** Types once the terminal that the prompt names shows nothing any more. */
async function typedWhenMute(screen: () => string, type: () => void): Promise<void> {
  for (;;) {
    const terminal = /PIN at (\S+): /.exec(screen())?.[1];
    const mute =
      terminal !== undefined &&
      / -echo /.test(execFileSync('stty', ['-F', terminal, '-a'], { encoding: 'latin1' }));
    if (mute) return type();
    await setTimeout(20);
  }
}

/** Types `keys` at the prompt; the screen's text is the answer. */
async function typed(keys: string, expected: string): Promise<string> {
  const quoted = [process.execPath, '-e', program, '--', expected]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString('latin1');
    if (screen.includes('>')) child.stdin.end();
  });
  const closed = once(child, 'close');
  await typedWhenMute(
    () => screen,
    () => child.stdin.write(keys),
  );
  await closed;
  return screen.replaceAll('\r\n', '\n');
}

describe('readSecretLine', () => {
  it('reads a line without showing it', async () => {
    const screen = await typed('corr3ct\r', 'corr3ct');
    expect(screen).toContain('<7 true>');
    expect(screen).not.toContain('corr3ct');
  });

  it('knows backspace, also over UTF-8, and Ctrl-U', async () => {
    expect(await typed('wrong\u0015pix\u007fn\r', 'pin')).toContain('<3 true>');
    expect(await typed('pé\u007f\u007fok\b\bpin\r', 'pin')).toContain('<3 true>');
  });

  it('ends at Ctrl-C and at Ctrl-D', async () => {
    expect(await typed('pi\u0003', '')).toContain('<EINTR>');
    expect(await typed('pin\u0004', 'pin')).toContain('<3 true>');
  });

  it('refuses a line beyond the limit', async () => {
    expect(await typed('12345678901234567\r', '')).toContain('<E2BIG>');
    expect(await typed('1234567890123456\r', '1234567890123456')).toContain('<16 true>');
  });
});
