/** What a debugger of root finds in a process: secrets searched in everything of its memory that can be read. */
import { spawnSync } from 'node:child_process';

/** Prints the names of the needles found; pages of zeros are passed over, as most of what is mapped was never used. */
const search = `
import json, sys
needles = {name: bytes.fromhex(text) for name, text in json.load(sys.stdin).items()}
found, step, zeros = set(), 1 << 16, bytes(1 << 16)
longest = max(map(len, needles.values()))
memory = open(f'/proc/{sys.argv[1]}/mem', 'rb', 0)
for line in open(f'/proc/{sys.argv[1]}/maps'):
    fields = line.split()
    first, end = (int(part, 16) for part in fields[0].split('-'))
    if 'r' not in fields[1] or fields[-1] in ('[vvar]', '[vsyscall]'): continue
    before = b''
    for at in range(first, end, step):
        try:
            memory.seek(at)
            part = memory.read(min(step, end - at))
        except OSError:
            before = b''
            continue
        if part == zeros:
            before = b''
            continue
        text = before + part
        found |= {name for name, needle in needles.items() if needle in text}
        before = text[-longest:]
print(json.dumps(sorted(found)))
`;

/** Names of the secrets that are in a process's memory. */
export function findInMemory(pid: number, secrets: ReadonlyMap<string, Buffer>): string[] {
  const input = JSON.stringify(
    Object.fromEntries([...secrets].map(([name, bytes]) => [name, bytes.toString('hex')])),
  );
  const { status, stdout, stderr } = spawnSync('python3', ['-c', search, String(pid)], {
    input,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
