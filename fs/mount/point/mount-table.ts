/** The kernel's list of mounts, as this process sees it (proc(5), /proc/self/mountinfo). */
import { readFile } from 'node:fs/promises';

export interface MountEntry {
  readonly path: string;
  /** Such as `fuse.sherin`. */
  readonly type: string;
  /** Minor number of its device; of a FUSE mount the number of its connection. */
  readonly device: number;
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Mounts at a path, the topmost last. */
export async function mountsAt(path: string): Promise<readonly MountEntry[]> {
  const table = await readFile('/proc/self/mountinfo', 'latin1');
  const wanted = Buffer.from(path).toString('latin1');
  return table.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const [, , device = '', , mounted = ''] = before?.split(' ') ?? [];
    if (unescaped(mounted) !== wanted) return [];
    return [{ path, type: after?.split(' ')[0] ?? '', device: Number(device.split(':')[1]) }];
  });
}
