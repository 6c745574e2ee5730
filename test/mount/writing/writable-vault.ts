/** A vault of its own, mounted with one driver; each test writes into a directory of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import { Machine } from '../../vault/machine.js';
import { python } from '../programs.js';

/** Goes to the directory of the test, and tells which names are there, hidden ones too. */
const prelude = `
import time
os.chdir(sys.argv[1])
def names(): return sorted(os.listdir('.'))
def tell(*values): print(json.dumps(values))
def write(name, data, flags=os.O_CREAT | os.O_TRUNC | os.O_WRONLY):
    fd = os.open(name, flags, 0o644)
    while data: data = data[os.write(fd, data):]
    os.close(fd)
def read(name):
    with open(name, 'rb') as file: return file.read()
`;

export class WritableVault {
  readonly #machine = Machine.empty();
  readonly #driver: string;
  #next = 0;

  constructor({ name }: DriverLimits) {
    this.#driver = name;
  }

  get files(): string {
    return join(this.#machine.mount, 'files');
  }

  start(): void {
    this.#machine.ok('init', '--yes', '--no-pin', '--recovery-out', this.#machine.recoveryFile);
    this.#machine.ok('up', '--driver', this.#driver);
  }

  end(): void {
    this.#machine.end();
  }

  /** Stops sherin-fs and starts it again. */
  restart(): void {
    this.#machine.ok('down');
    this.#machine.ok('up', '--driver', this.#driver);
  }

  /** Checks every cube, and what it says. */
  verify(): string {
    return this.#machine.ok('verify');
  }

  /** Runs a script in a new directory; what it tells. */
  run(script: string): Promise<unknown> {
    const folder = join(this.files, `test-${this.#next++}`);
    mkdirSync(folder);
    return python(prelude + script, folder);
  }

  shell(line: string): string {
    const { code, out, err } = this.#machine.shell(`set -e; cd $M/files; ${line}`);
    if (code !== 0) throw new Error(`${line} ended with ${code}: ${err}`);
    return out;
  }
}
