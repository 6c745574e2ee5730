/** A vault that several users share, mounted with one driver for all of them; the tests are root and become each. */
import { chmodSync, closeSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ControlClient } from '../../../daemon/client/control-client.js';
import type { ControlMethod, ControlParams, ControlResult } from '../../../daemon/protocol/control.js';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { memfd, sealMemfd } from '../../../native/ipc.js';
import { Machine } from '../../vault/machine.js';
import { python, Steps } from '../programs.js';

export const alice = 61_001;
export const bob = 61_002;
export const botUid = 61_003;

/** In the mount as a user, whose uid comes first. */
const prelude = `
import time
os.chdir(sys.argv[1])
uid = int(sys.argv[2])
os.umask(0o022)
if uid != os.getuid(): os.setgroups([]); os.setgid(uid); os.setuid(uid)
def tell(*values): print(json.dumps(values))
def write(name, data, flags=os.O_CREAT | os.O_TRUNC | os.O_WRONLY):
    fd = os.open(name, flags, 0o666)
    os.write(fd, data.encode())
    return fd
def put(name, data): os.close(write(name, data))
def read(name):
    with open(name) as file: return file.read()
def id_of(name): return os.getxattr(name, 'user.sherin.id').decode()
def names(folder): return sorted(os.listdir(folder))
`;

export class SharedVault {
  readonly machine = Machine.empty();
  readonly #driver: string;

  constructor({ name }: DriverLimits) {
    this.#driver = name;
  }

  start(): void {
    chmodSync(this.machine.home, 0o711);
    const { recoveryFile } = this.machine;
    this.machine.ok('init', '--yes', '--no-pin', '--shared', '--recovery-out', recoveryFile);
    this.up();
  }

  up(): void {
    this.machine.ok('up', '--driver', this.#driver, '--allow-other');
  }

  end(): void {
    this.machine.end();
  }

  path(name: string): string {
    return join(this.machine.mount, name);
  }

  /** Runs a script as a user in the mount; what it tells. */
  as(uid: number, script: string, ...args: readonly string[]): Promise<unknown> {
    return python(prelude + script, this.machine.mount, String(uid), ...args);
  }

  /** As {@link as}, step by step. */
  steps(uid: number, script: string): Steps {
    return new Steps(prelude + script, this.machine.mount, String(uid));
  }

  /** Stores a request without the mount. */
  async submit(text: string): Promise<string> {
    const content = Buffer.from(text);
    const fd = memfd('request', content.length);
    const client = ControlClient.connect(join(this.machine.home, 'run/sherin-fs.sock'));
    try {
      writeSync(fd, content, 0, content.length, 0);
      sealMemfd(fd);
      return (await client.call('task.put', {}, { fds: [fd] })).id;
    } finally {
      client.close();
      closeSync(fd);
    }
  }

  call<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResult<M>> {
    return this.machine.call(method, params);
  }
}
