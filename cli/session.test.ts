import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { listen, type Server } from '../native/ipc.js';
import { Output } from './output/output.js';
import { Session } from './session.js';

let home: string;
let session: Session;
let socket: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-session-'));
  chmodSync(home, 0o755);
  const where = places({ vault: join(home, 'vault'), runtimeDir: join(home, 'run') });
  mkdirSync(where.runtime);
  socket = join(where.runtime, 'sherin-fs.sock');
  session = new Session(where, new Output(false));
});
afterEach(() => {
  session.close();
  rmSync(home, { recursive: true, force: true });
});

function codeOf(step: () => unknown): string {
  try {
    step();
    return 'no error';
  } catch (error) {
    return error instanceof SherinError ? error.code : String(error);
  }
}

describe('the connection to sherin-fs', () => {
  it('is made to a process of this user', () => {
    const server: Server = listen(socket, 0o600, () => ({
      message: () => undefined,
      close: () => undefined,
    }));
    try {
      expect(codeOf(() => session.connect())).toBe('no error');
    } finally {
      server.close();
    }
  });

  it('is none where nobody listens', () => {
    expect(codeOf(() => session.connect())).toBe('NOT_RUNNING');
    expect(session.connectIfRunning()).toBeNull();
  });

  describe.runIf(process.getuid?.() === 0)('of another user', () => {
    let other: ChildProcess;
    afterEach(() => other.kill('SIGKILL'));

    it('is refused by who listens, whoever owns the name', async () => {
      const script = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o666)
os.setgid(65534); os.setuid(65534)
s.listen(5); print('listening', flush=True); sys.stdin.read()`;
      other = spawn('python3', ['-c', script, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
      if (other.stdout !== null) await once(other.stdout, 'data');
      expect(codeOf(() => session.connect())).toBe('RUNTIME_UNSAFE');
    });
  });
});
