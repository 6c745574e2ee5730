/** `known_vaults`: what this machine remembers of each vault, kept outside of it, like SSH's known hosts. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import { SherinError, systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { localError } from '../../common/local-error.js';
import { makeDirectories } from '../../common/make-directories.js';
import { isNewer, newerFormat } from '../../common/newer-format.js';
import { system } from '../../native/index.js';
import { replaceFile } from '../disk/durable.js';
import { openUntrusted } from '../disk/untrusted.js';
import { base64, objectName } from './fields.js';
import { KnownHeads } from './known-heads.js';
import { fieldsOfHead, headFromFields, type PinnedHead, pinnedHeadSchema } from './pinned-head.js';

const fileBytes = 1024 * 1024;
const mostVaults = 1024;
const lockSeconds = 10;

/** Lines of a later version say it as `v`; these have none. */
const lineVersion = 1;

const lineSchema = z.strictObject({
  uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  path: z.string().min(1).max(4096).startsWith('/'),
  publicKey: base64(32),
  /** Of the TPM slot's storage primary. */
  primaryName: objectName.nullable(),
  /** The same in a header that is being written, or was written last. */
  nextPrimaryName: objectName.nullable().optional(),
  /** The newest tree head seen when the line was written; {@link KnownHeads} has those since. */
  head: pinnedHeadSchema.nullable(),
});
type Line = z.infer<typeof lineSchema>;

export interface KnownVault {
  readonly uuid: string;
  /** Absolute path, as text. */
  readonly path: string;
  readonly publicKey: Buffer;
  readonly primaryName: string | null;
  /** Of a header that may be there already. */
  readonly nextPrimaryName?: string | null | undefined;
  readonly head: PinnedHead | null;
}

/** What a vault's header says of it. */
export type KnownIdentity = Pick<KnownVault, 'uuid' | 'path' | 'publicKey' | 'primaryName'>;

function fromLine(line: Line): KnownVault {
  const { uuid, path, primaryName, nextPrimaryName, head } = line;
  const publicKey = Buffer.from(line.publicKey, 'base64');
  return { uuid, path, publicKey, primaryName, nextPrimaryName, head: head && headFromFields(head) };
}

function toLine(vault: KnownVault): string {
  const { uuid, path, primaryName, nextPrimaryName, head } = vault;
  const publicKey = vault.publicKey.toString('base64');
  const pinned = head && fieldsOfHead(head);
  const next = nextPrimaryName === undefined ? {} : { nextPrimaryName };
  return `${jcs({ uuid, path, publicKey, primaryName, ...next, head: pinned } satisfies Line)}\n`;
}

export class KnownVaults {
  readonly #path: string;

  /** `path` is the file; it and its directory come into being with the first vault. */
  constructor(path: string) {
    this.#path = path;
  }

  get path(): string {
    return this.#path;
  }

  /** Heads of a vault since its line was written. */
  headsOf(uuid: string): KnownHeads {
    return new KnownHeads(this.#path, uuid);
  }

  /** All lines. @throws SherinError KNOWN_VAULTS when the file is malformed or others may write it; FORMAT_NEWER */
  async read(): Promise<readonly KnownVault[]> {
    const bytes = await this.#bytes();
    if (bytes.length === 0) return [];
    const text = bytes.toString('utf8');
    const lines = text.split('\n');
    if (lines.pop() !== '') throw this.#bad('its last line is not whole');
    if (lines.length > mostVaults) throw this.#bad(`it has more than ${mostVaults} lines`);
    const vaults = lines.map((line, index) => this.#parse(line, index + 1));
    const repeated = vaults.find(
      (vault, index) => vaults.findIndex(({ uuid }) => uuid === vault.uuid) !== index,
    );
    if (repeated !== undefined) throw this.#bad(`the vault ${repeated.uuid} stands in it twice`);
    return vaults;
  }

  /**
   * Before a vault is made that will be put here.
   * @returns directories that it made, uppermost first. @throws SherinError KNOWN_VAULTS, FORMAT_NEWER as {@link read}; LOCAL_FILE
   */
  async prepare(): Promise<readonly Buffer[]> {
    await this.read();
    return this.#makeDirectory();
  }

  /**
   * What is known of the vault that is about to be opened, with its newest head; null when it is new here.
   * @throws SherinError VAULT_UNKNOWN when path, UUID, public key or TPM differ; KNOWN_VAULTS
   */
  async check(vault: KnownIdentity): Promise<KnownVault | null> {
    const known = await this.read();
    const refuse = (part: string): SherinError =>
      new SherinError('VAULT_UNKNOWN', { path: vault.path, part, known: this.#path });
    const same = known.find(({ uuid }) => uuid === vault.uuid) ?? null;
    const there = known.find(({ path }) => path === vault.path);
    if (there !== undefined && there.uuid !== vault.uuid)
      throw refuse(`known there is ${there.uuid}, found is ${vault.uuid}`);
    if (same === null) return null;
    if (same.path !== vault.path) throw refuse(`known is its copy at ${same.path}`);
    if (!same.publicKey.equals(vault.publicKey)) throw refuse('its public key is another');
    const names = [same.primaryName, same.nextPrimaryName];
    if (!names.includes(vault.primaryName)) throw refuse('its TPM slot names another TPM');
    const { head } = same;
    return { ...same, head: head && (await this.headsOf(same.uuid).newest(head)) };
  }

  /** Adds or replaces the line of a vault and of whatever was at its path; durable when it resolves. @throws SherinError KNOWN_VAULTS */
  put(vault: KnownVault): Promise<void> {
    const others = ({ uuid, path }: KnownVault): boolean => uuid !== vault.uuid && path !== vault.path;
    return this.#change((known) => [...known.filter(others), vault]);
  }

  /** Drops a vault's line. */
  remove(uuid: string): Promise<void> {
    return this.#change((known) => known.filter((vault) => vault.uuid !== uuid));
  }

  /** Several vaults' processes share the file: one at a time reads and replaces it. */
  async #change(change: (known: readonly KnownVault[]) => readonly KnownVault[]): Promise<void> {
    this.#makeDirectory();
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const lock = await open(`${this.#path}.lock`, flags, 0o600);
    try {
      for (const end = Date.now() + lockSeconds * 1000; !system.flock(lock.fd); await setTimeout(5))
        if (Date.now() > end)
          throw new SherinError('TIMEOUT', { what: `the lock of ${this.#path}`, seconds: lockSeconds });
      const before = await this.read();
      const vaults = change(before);
      if (vaults.length > mostVaults) throw this.#bad(`it would have more than ${mostVaults} lines`);
      await replaceFile(this.#path, Buffer.from(vaults.map(toLine).join(''), 'utf8'));
      const gone = before.filter(({ uuid }) => vaults.every((vault) => vault.uuid !== uuid));
      for (const { uuid } of gone) await this.headsOf(uuid).remove();
    } finally {
      await lock.close();
    }
  }

  #makeDirectory(): readonly Buffer[] {
    const directory = dirname(this.#path);
    try {
      return makeDirectories(directory, 0o700);
    } catch (error) {
      throw localError(directory, error);
    }
  }

  #parse(line: string, number: number): KnownVault {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw this.#bad(`line ${number} is not JSON`);
    }
    const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
    if (isNewer(version, lineVersion)) throw newerFormat(this.#path, version, lineVersion);
    const parsed = lineSchema.safeParse(value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw this.#bad(`line ${number}: ${issue?.path.map(String).join('.') || 'it'} is malformed`);
    }
    return fromLine(parsed.data);
  }

  async #bytes(): Promise<Buffer> {
    let file: FileHandle;
    try {
      file = await openUntrusted(this.#path);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return Buffer.alloc(0);
      throw this.#bad(`it can not be opened (${code ?? 'unknown'})`, error);
    }
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw this.#bad('it is not a regular file');
      if (facts.size > fileBytes) throw this.#bad(`it is longer than ${fileBytes} bytes`);
      if (facts.uid !== process.geteuid?.() && facts.uid !== 0) throw this.#bad(`uid ${facts.uid} owns it`);
      if ((facts.mode & 0o022) !== 0) throw this.#bad('others may write it');
      return await file.readFile();
    } finally {
      await file.close();
    }
  }

  #bad(part: string, cause?: unknown): SherinError {
    return new SherinError('KNOWN_VAULTS', { path: this.#path, part }, { cause });
  }
}
