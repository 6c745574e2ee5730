/** What a rule is: one thing that must be true of a file system, with its source, and how to see it. */
import type { Scene } from './scene.js';

/** Whose process a rule is about; `both` are asserted twice. */
export type Who = 'both' | 'root' | 'user';

export interface Rule {
  /** What must be true; of a refusal, when it comes. Unique in its operation. */
  readonly text: string;
  /** A function of POSIX.1-2017 or a page of the manual. */
  readonly source: string;
  readonly errno?: string;
  readonly who: Who;
  /** A rule of Sherin's own mount, which another file system needn't follow. */
  readonly contract: boolean;
  readonly expected: unknown;
  readonly see: (scene: Scene) => Promise<unknown>;
}

/** An errno of an operation's page that no test can bring about, and why. */
export interface Unprovoked {
  readonly errno: string;
  readonly source: string;
  readonly why: string;
}

export interface Operation {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly unprovoked: readonly Unprovoked[];
}

/** Something that is so: `see` gives `expected`. */
export function gives(text: string, source: string, expected: unknown, see: Rule['see']): Rule {
  return { text, source, who: 'both', contract: false, expected, see };
}

/** Something that is refused, and how. */
export function refuses(errno: string, text: string, source: string, see: Rule['see']): Rule {
  return { text, source, errno, who: 'both', contract: false, expected: undefined, see };
}

/** Rules about a user without privileges. */
export function asUser(...rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => ({ ...rule, who: 'user' }));
}

/** Rules about a privileged user. */
export function asRoot(...rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => ({ ...rule, who: 'root' }));
}

/** Rules of Sherin's own mount. */
export function contract(...rules: readonly Rule[]): Rule[] {
  return rules.map((rule) => ({ ...rule, contract: true }));
}

const reasons = {
  EDQUOT: 'there are no quotas',
  EINTR: 'the call does not wait for anything slow; when it is interrupted depends on time',
  EIO: 'wants a broken disk; test/vault breaks files of the vault instead',
  ENFILE: 'would take the open files of the whole machine',
  ENOMEM: 'would take the memory of the whole machine',
  ENOSPC: 'wants a full disk; test/vault/full-disk.test.ts has one',
  EROFS: 'the vault is mounted for writing; test/vault freezes one',
  EMLINK: 'takes more links than a test can make',
  EBUSY: 'wants a mount point, or a device in use, within the directory',
  ELIBBAD: 'is about what is in an executable, not where it is',
} as const;

/** Errnos that can't be brought about, with reasons that hold for every operation. */
export function unprovoked(source: string, ...errnos: readonly (keyof typeof reasons)[]): Unprovoked[] {
  return errnos.map((errno) => ({ errno, source, why: reasons[errno] }));
}
