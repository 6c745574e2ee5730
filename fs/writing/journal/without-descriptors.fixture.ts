/** A process that can open nothing more. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Sets the limit to what standard input and output have, says so, and sets it back when it is told to. */
const script = `
before=$(prlimit --pid="$1" --nofile --output=SOFT --noheadings)
prlimit --pid="$1" --nofile=3:
echo
read -r _
prlimit --pid="$1" --nofile=$before:
`;

/** Runs a step during which open(2) gives this process EMFILE. */
export async function withoutDescriptors<T>(step: () => T | Promise<T>): Promise<T> {
  const other = spawn('sh', ['-ec', script, 'sh', String(process.pid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(other, 'close');
  await once(other.stdout, 'data');
  try {
    return await step();
  } finally {
    other.stdin.end('\n');
    await ended;
  }
}
