/** Commands of other programs, run to their end. */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Standard output of a command. @throws Error with its output when it fails or is missing */
export function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => output.push(data));
    child.stderr.on('data', (data: Buffer) => complaints.push(data));
    child.on('error', reject);
    // `exit`, not `close`: what daemonises keeps the pipes open.
    child.on('exit', (status) => {
      child.stdout.destroy();
      child.stderr.destroy();
      if (status === 0) resolve(Buffer.concat(output).toString());
      else {
        const text = Buffer.concat([...output, ...complaints]).toString();
        reject(new Error(`${program} ${args.join(' ')} ended with ${status}: ${text}`));
      }
    });
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
