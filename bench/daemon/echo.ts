import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('echo.child.js', import.meta.url));

/** Runs `work` beside a process that echoes at a socket. */
export async function withEcho<T>(path: string, work: () => Promise<T>): Promise<T> {
  const child = spawn(process.execPath, [program, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    chmodSync(path, 0o666);
    return await work();
  } finally {
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }
}
