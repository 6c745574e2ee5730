/** Looks through the memory of another process as a core dump would hold it. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  /** Two-letter VmFlags of proc(5): `dd` is left out of core dumps, `dc` is not inherited by children. */
  readonly flags: readonly string[];
}

export function mappingsOf(pid: number): Mapping[] {
  const mappings: Mapping[] = [];
  let head: Omit<Mapping, 'flags'> | undefined;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (range !== null) {
      const [start, end] = [range[1], range[2]].map((text) => Number.parseInt(text ?? '', 16));
      head = { start: start ?? 0, end: end ?? 0, name: range[3] ?? '' };
    } else if (line.startsWith('VmFlags:') && head !== undefined) {
      mappings.push({ ...head, flags: line.slice(8).trim().split(' ') });
    }
  }
  return mappings;
}

/** Names of the needles that dumpable, readable memory holds. */
export function findInMemory(pid: number, needles: ReadonlyMap<string, Buffer>): Set<string> {
  const found = new Set<string>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const overlap = Math.max(...[...needles.values()].map((needle) => needle.length)) - 1;
  const chunk = Buffer.alloc(4 << 20);
  for (const { start, end, flags } of mappingsOf(pid)) {
    if (flags.includes('dd') || !flags.includes('rd')) continue;
    for (let at = start; at < end; at += chunk.length - overlap) {
      let size = 0;
      try {
        size = readSync(memory, chunk, 0, Math.min(chunk.length, end - at), at);
      } catch {
        break; // memfd_secret, vvar: nobody reads them from outside
      }
      const part = chunk.subarray(0, size);
      for (const [name, needle] of needles) if (part.includes(needle)) found.add(name);
      if (size === 0) break;
    }
  }
  closeSync(memory);
  return found;
}
