/**
 * `known_vaults.<UUID>`: the newest head of a vault since its line of `known_vaults` was written. A line takes a file of its own and two syncs; a head takes
 * one, of a block that is there.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod';
import { SherinError, systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { sha256 } from '../../common/merkle.js';
import { isNewer, newerFormat } from '../../common/newer-format.js';
import { system } from '../../native/index.js';
import { syncDirectory } from '../disk/durable.js';
import {
  fieldsOfHead,
  headFromFields,
  isSameHead,
  type PinnedHead,
  pinnedHeadSchema,
} from './pinned-head.js';

/** Two places, written in turn, each a block of the disk: what a power cut tears is one of them, and never the newest head. */
const places = 2;
const placeBytes = 4096;
const digestDigits = 64;

/** Notes of a later version say it as `v`; these have none. */
const noteVersion = 1;

/** `base`: the head of the line, without which it says nothing; `n` counts on. */
const noteSchema = z.strictObject({ n: z.int().min(1), base: pinnedHeadSchema, head: pinnedHeadSchema });
type Note = z.infer<typeof noteSchema>;

export class KnownHeads {
  readonly #path: string;
  #file: FileHandle | null = null;
  #base: PinnedHead | null = null;
  /** The last one that was written. */
  #n = 0;
  #place = 0;

  /** @param knownVaults path of `known_vaults` */
  constructor(knownVaults: string, uuid: string) {
    this.#path = `${knownVaults}.${uuid}`;
  }

  /** The newest head that is known on top of that of the line. @throws SherinError KNOWN_VAULTS when it is damaged, or others may write it */
  async newest(line: PinnedHead): Promise<PinnedHead> {
    const file = await this.#open(constants.O_RDONLY);
    if (file === null) return line;
    try {
      const notes = this.#notes(await this.#read(file)).filter((note) => note !== null);
      const [last] = notes
        .filter(({ base }) => isSameHead(headFromFields(base), line))
        .sort((a, b) => b.n - a.n);
      return last === undefined ? line : headFromFields(last.head);
    } finally {
      await file.close();
    }
  }

  /** Follows a line that is durable: what was noted before says nothing any more. @throws SherinError KNOWN_VAULTS, errno of the disk */
  async begin(line: PinnedHead): Promise<void> {
    await this.close();
    this.#file = await this.#made();
    const notes = this.#notes(await this.#read(this.#file));
    const newest = Math.max(0, ...notes.map((note) => note?.n ?? 0));
    if (newest === Number.MAX_SAFE_INTEGER) throw this.#bad('its notes can be counted no further');
    // One that is torn is written before one that is whole.
    const last = notes.findIndex((note) => note?.n === newest);
    this.#place = last < 0 ? 0 : (last + 1) % places;
    this.#n = newest;
    this.#base = line;
    // A line may come back as it was before, where the vault was put back to that on purpose and has no counter.
    const isRevived = notes.some((note) => note !== null && isSameHead(headFromFields(note.base), line));
    if (isRevived) await this.note(line);
  }

  /** Durable when it resolves; after {@link begin}. @throws errno of the disk */
  async note(head: PinnedHead): Promise<void> {
    if (this.#file === null || this.#base === null) throw new RangeError('no line is followed');
    const note = { n: this.#n + 1, base: fieldsOfHead(this.#base), head: fieldsOfHead(head) };
    const bytes = bytesOf(note);
    await system.writeDurably(this.#file.fd, bytes, this.#place * placeBytes);
    this.#n = note.n;
    this.#place = (this.#place + 1) % places;
  }

  /** Its line is gone, and what is left here says nothing. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => undefined);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#base = null;
    await file?.close();
  }

  /** The file with its blocks, durable. */
  async #made(): Promise<FileHandle> {
    const file = await this.#open(constants.O_RDWR | constants.O_CREAT);
    if (file === null) throw this.#bad('it can not be made');
    try {
      if ((await file.stat()).size !== places * placeBytes) {
        await file.truncate(0);
        await file.write(Buffer.alloc(places * placeBytes), 0, places * placeBytes, 0);
      }
      // Whoever made it may have ended before it was durable.
      await file.sync();
      await syncDirectory(dirname(this.#path));
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Null where there is none. */
  async #open(flags: number): Promise<FileHandle | null> {
    let file: FileHandle;
    try {
      file = await open(this.#path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return null;
      throw this.#bad(`it can not be opened (${code ?? 'unknown'})`, error);
    }
    try {
      const facts = await file.stat();
      if (!facts.isFile() || facts.nlink !== 1) throw this.#bad('it is not a regular file of one name');
      if (facts.uid !== process.geteuid?.() && facts.uid !== 0) throw this.#bad(`uid ${facts.uid} owns it`);
      if ((facts.mode & 0o022) !== 0) throw this.#bad('others may write it');
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #read(file: FileHandle): Promise<Buffer> {
    const bytes = Buffer.alloc(places * placeBytes);
    await file.read(bytes, 0, bytes.length, 0);
    return bytes;
  }

  /** What stands in each place; null: nothing, or what a power cut has torn. */
  #notes(bytes: Buffer): readonly (Note | null)[] {
    const written = Array.from({ length: places }, (_, at) =>
      bytes.subarray(at * placeBytes, (at + 1) * placeBytes),
    );
    const notes = written.map((place) => this.#note(place));
    if (notes.every((note) => note === null) && written.every((place) => place.some((byte) => byte !== 0)))
      throw this.#bad('it is damaged');
    return notes;
  }

  #note(place: Buffer): Note | null {
    const end = place.indexOf('\n');
    if (end < digestDigits) return null;
    const text = place.toString('utf8', digestDigits, end);
    if (place.toString('latin1', 0, digestDigits) !== digestOf(text)) return null;
    const value = parsed(text);
    const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined;
    if (isNewer(version, noteVersion)) throw newerFormat(this.#path, version, noteVersion);
    const note = noteSchema.safeParse(value);
    if (!note.success) throw this.#bad('it is damaged');
    return note.data;
  }

  #bad(part: string, cause?: unknown): SherinError {
    return new SherinError('KNOWN_VAULTS', { path: this.#path, part }, { cause });
  }
}

/** SHA-256 in hex, the note, a line's end, zeros. */
function bytesOf(note: Note): Buffer {
  const text = jcs(note);
  const bytes = Buffer.alloc(placeBytes);
  bytes.write(`${digestOf(text)}${text}\n`, 'utf8');
  return bytes;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return sha256(Buffer.from(text, 'utf8')).toString('hex');
}
