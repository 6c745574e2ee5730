/** Users who submit until they are refused, and the bot that lets them wait. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../vault/machine.js';

/** In its words, as not every user may read where it lies. */
const script = readFileSync(join(import.meta.dirname, 'submit.py'), 'utf8');

export interface Submissions {
  /** What was submitted, again and again. */
  readonly request: string;
  readonly accepted: number;
  /** The words of the first refusal. */
  readonly refusal: string | null;
}

/** Submits a request of a user's own up to `count` times. */
export function submit({ mount, home }: Machine, uid: number, count: number): Promise<Submissions> {
  const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
  const args = ['python3', '-c', script, mount, join(home, 'run/sherind.sock'), `${count}`];
  const child = spawn('setpriv', [...who, ...args], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(said) as Submissions);
      else reject(new Error(`the submitter of uid ${uid} ended with ${code}`));
    });
  });
}

export class PatientBot {
  readonly folder: string;

  constructor({ home }: Machine) {
    this.folder = join(home, 'private/patient');
    mkdirSync(this.folder, { recursive: true });
    chmodSync(join(home, 'private'), 0o700);
    cpSync(join(import.meta.dirname, 'patient.py'), join(this.folder, 'bot.py'));
    chmodSync(join(this.folder, 'bot.py'), 0o755);
    const limits = { task_seconds: 3600 };
    const manifest = { bot_id: 'patient', version: '1.0.0', layer: 'worker', domain: 'logic', limits };
    writeFileSync(join(this.folder, 'bot.json'), JSON.stringify({ ...manifest, exec: ['./bot.py'] }));
  }

  /** It works from now on. */
  go(): void {
    writeFileSync(join(this.folder, 'go'), '');
  }
}
