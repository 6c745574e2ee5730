/** A file in memory that gets one input after the other. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class ScratchFile {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherin-fuzz-'));
  readonly path: string;
  readonly #fd: number;

  constructor(name: string) {
    this.path = join(this.directory, name);
    this.#fd = openSync(this.path, 'w+', 0o600);
  }

  write(input: Uint8Array): void {
    ftruncateSync(this.#fd, 0);
    if (input.length > 0) writeSync(this.#fd, input, 0, input.length, 0);
  }

  /** Runs `read` with a descriptor at the beginning of this input. */
  with<T>(input: Uint8Array, read: (fd: number) => T): T {
    this.write(input);
    const fd = openSync(this.path, 'r');
    try {
      return read(fd);
    } finally {
      closeSync(fd);
    }
  }

  async withAsync<T>(input: Uint8Array, read: (fd: number) => Promise<T>): Promise<T> {
    this.write(input);
    const fd = openSync(this.path, 'r');
    try {
      return await read(fd);
    } finally {
      closeSync(fd);
    }
  }

  end(): void {
    closeSync(this.#fd);
    rmSync(this.directory, { recursive: true });
  }
}
