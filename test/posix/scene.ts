/** Where a rule is seen: a directory of its own and the processes of several users in it. */
import { AT_FDCWD, O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from './constants.js';
import { type Identity, NotReady, Process, Refusal, type Time } from './process.js';

/** A group that both ordinary users are members of, beside their own. */
export const sharedGroup = 54_322;
export const identities = {
  root: { uid: 0, gid: 0, groups: [] },
  user: { uid: 65_534, gid: 65_534, groups: [sharedGroup] },
  other: { uid: 54_321, gid: 54_321, groups: [sharedGroup] },
} as const satisfies Record<string, Identity>;

export type As = 'root' | 'user';
export type Field = 'atime' | 'mtime' | 'ctime';

/** A time that lies so far back that no file of a test has it by itself. */
export const longAgo: Time = [1_000_000_000, 0];

/** Does a step that a rule takes for granted. @throws NotReady */
async function ready(what: string, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    throw error instanceof Refusal ? new NotReady(what, error) : error;
  }
}

export class Scene {
  readonly root = new Process(identities.root);
  readonly other = new Process(identities.other);
  /** Who the rule is about, and a second process of the same user. */
  readonly me: Process;
  readonly peer: Process;
  /** Path of the directory, which every process is in. */
  path = '';

  constructor(as: As) {
    this.me = as === 'root' ? this.root : new Process(identities[as]);
    this.peer = new Process(identities[as]);
  }

  /** A new directory that belongs to `me`. */
  async begin(path: string): Promise<void> {
    this.path = path;
    const { root, me, peer, other } = this;
    root.begin('/');
    await root.call('make_scene', path, me.uid, me.gid);
    for (const process of new Set([root, me, peer, other])) process.begin(path);
  }

  /** Top of a mount of Sherin, whose tree `files` the scene is in. */
  get mount(): string {
    return this.path.slice(0, this.path.lastIndexOf('/files/'));
  }

  /** Ends the processes. */
  async end(): Promise<void> {
    const processes = new Set([this.root, this.me, this.peer, this.other]);
    await Promise.all([...processes].map((process) => process.end()));
  }

  /** Makes a file. */
  async file(name: string, content = '', mode = 0o644, by = this.me): Promise<void> {
    await ready(`the file ${name}`, async () => {
      const fd = await by.open(name, O_CREAT | O_EXCL | O_WRONLY, mode);
      if (content !== '') await by.write(fd, content);
      await by.close(fd);
    });
  }

  /** Makes a directory. */
  async folder(name: string, mode = 0o755, by = this.me): Promise<void> {
    await ready(`the directory ${name}`, () => by.call('mkdir', name, mode));
  }

  /** What is in a small file. */
  async content(name: string, by = this.me): Promise<string> {
    const fd = await by.open(name, O_RDONLY);
    const content = await by.read(fd, 65_536);
    await by.close(fd);
    return content;
  }

  /** Makes a file and opens it. */
  async opened(name: string, flags: number, content = ''): Promise<number> {
    await this.file(name, content);
    return this.me.open(name, flags);
  }

  async mode(name: string): Promise<number> {
    return (await this.me.lstat(name)).mode;
  }

  async nlink(name: string): Promise<number> {
    return (await this.me.lstat(name)).nlink;
  }

  async size(name: string): Promise<number | bigint> {
    return (await this.me.lstat(name)).size;
  }

  /** Two names are one file. */
  async same(one: string, two: string): Promise<boolean> {
    return (await this.me.lstat(one)).ino === (await this.me.lstat(two)).ino;
  }

  /** Which times of a file an action changes. */
  async marked(name: string, action: () => Promise<unknown>): Promise<Field[]> {
    await this.root.call('utimensat', AT_FDCWD, name, [longAgo, longAgo], 0x100);
    const before = await this.root.lstat(name);
    await this.root.call('tick');
    await action();
    const after = await this.root.lstat(name);
    const fields = ['atime', 'ctime', 'mtime'] as const;
    return fields.filter((field) => String(before[field]) !== String(after[field]));
  }
}
