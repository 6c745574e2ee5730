import {
  type NamespaceSettings,
  type NamespacesRecord,
  noNamespaces,
  settingsOf,
  stricter,
  strictestSettings,
  usualSettings,
} from '../../../common/namespaces/record.js';
import type { ObjectInfo, Tree } from '../../manifest/tree.js';
import type { Standing } from '../standing.js';
import { filesOf, namespacesOf } from './whose.js';

/** What is opened. */
export interface Opened {
  /** Null: an object, whichever files have it. */
  readonly ino: number | null;
  readonly object: ObjectInfo | null;
  /** Of an object that is opened by its ID: all files that have it. */
  readonly inodes?: readonly number[];
}

/** The settings of namespaces in force while a vault is open. */
export class NamespacesInForce {
  readonly #standing: Pick<Standing, 'lapse'>;
  #record: NamespacesRecord | null = noNamespaces;

  constructor(standing: Pick<Standing, 'lapse'>) {
    this.#standing = standing;
  }

  /** As the vault keeps them; null: that can't be read, and the strictest hold for all but what the vault reads for itself. */
  get record(): NamespacesRecord | null {
    return this.#record;
  }

  /** From now on these hold. */
  take(record: NamespacesRecord | null): void {
    this.#standing.lapse();
    this.#record = record;
  }

  of(namespace: string): NamespaceSettings {
    if (this.#record !== null) return settingsOf(this.#record, namespace);
    return namespace === 'POLICY' ? usualSettings : strictestSettings;
  }

  /** Those that ask the TPM at each open. */
  get perOpen(): readonly string[] {
    if (this.#record === null) return ['every namespace'];
    const { namespaces } = this.#record;
    return Object.keys(namespaces).filter((name) => namespaces[name]?.unseal === 'per-open');
  }

  /** The strictest of all, for what can belong to objects of any. */
  get all(): NamespaceSettings {
    if (this.#record === null) return strictestSettings;
    return Object.values(this.#record.namespaces).reduce(stricter, usualSettings);
  }

  /** Of content: the strictest of the namespaces that it is in. @param trees those in which it may have names */
  ofContent({ ino, object, inodes = [] }: Opened, trees: readonly Tree[]): NamespaceSettings {
    if (this.#record !== null && Object.keys(this.#record.namespaces).length === 0) return usualSettings;
    const files = ino === null ? filesOf(object, trees) : [ino, ...inodes];
    const settings = Array.from(namespacesOf(files, object, trees), (name) => this.of(name));
    return settings.length === 0 ? this.all : settings.reduce(stricter);
  }
}
