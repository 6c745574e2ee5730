import { bytesToText } from '../../common/names.js';
import { keyName } from '../manifest/entry-name.js';
import { pathText } from '../tree-path.js';

/** From `time` on a path showed this, until the next state. */
export interface State {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** 0: no file. */
  readonly inode: number;
  /** Log index of the put whose content it had; −1: none. */
  readonly put: number;
}

/** In the place of a name, of which it can be none: the line of what lies beside `files/` (fs/manifest/tasks.ts). */
export const tasksLine = '/';

/** One name, and all that it has shown; the paths of a vault as a tree, those that are gone included. */
export class PathLine {
  /** Oldest first; a removal never comes first. */
  readonly states: State[] = [];
  readonly above: PathLine | null;
  readonly #name: string;
  #below: Map<string, PathLine> | null = null;

  /** @param name a key (see entry-name.ts) */
  constructor(above: PathLine | null, name: string) {
    this.above = above;
    this.#name = name;
  }

  /** The line of a name below this one, made where there is none. */
  child(name: string): PathLine {
    this.#below ??= new Map();
    const known = this.#below.get(name);
    if (known !== undefined) return known;
    const made = new PathLine(this, name);
    this.#below.set(name, made);
    return made;
  }

  /** The line of a name that was ever looked at. */
  find(name: string): PathLine | undefined {
    return this.#below?.get(name);
  }

  /** This line and all below it. */
  *all(): Iterable<PathLine> {
    yield this;
    for (const line of this.#below?.values() ?? []) yield* line.all();
  }

  /** Names from the root. */
  names(): Buffer[] {
    return this.keys().map(keyName);
  }

  keys(): string[] {
    return this.above === null ? [] : [...this.above.keys(), this.#name];
  }

  /** `files/a/b`, for people; `inbox/1000/a` beside it. */
  get path(): string {
    const [first, ...others] = this.keys();
    if (first === tasksLine) return bytesToText(keyName(others.join('/')));
    return pathText(keyName(this.keys().join('/')));
  }
}
