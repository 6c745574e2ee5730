import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seccompFilter } from './seccomp.js';
import { deniedCalls, lookedAtCalls, nestingCalls } from './seccomp-calls.js';

const [x86, aarch64] = [0xc000003e, 0xc00000b7];
const [allow, kill, EPERM, ENOSYS, EAFNOSUPPORT] = [0x7fff0000, 0x80000000, 0x50001, 0x50026, 0x50061];

/** Runs the program as the kernel does (bpf(4), net/core/filter.c), on a call; what it returns. */
function verdict(architecture: number, number: number, args: readonly number[] = [], nests = false): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((value, index) => {
    data.writeBigUInt64LE(BigInt(value), 16 + 8 * index);
  });
  const filter = seccompFilter(nests);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const code = filter.readUInt16LE(at * 8);
    const [jt, jf] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)];
    const k = filter.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x35) at += accumulator >= k ? jt : jf;
    else if (code === 0x45) at += (accumulator & k) !== 0 ? jt : jf;
    else if (code === 0x05) at += k;
    else if (code === 0x06) return k;
    else throw new Error(`instruction ${code.toString(16)}`);
  }
}

const both = [
  [x86, 0],
  [aarch64, 1],
] as const;

test.each(both)(
  'on %i every call of the table is denied, and ordinary ones are not',
  (architecture, column) => {
    const denied = new Set(Object.values(deniedCalls).map((numbers) => numbers[column]));
    const special = new Set<number>(Object.values(lookedAtCalls).map((numbers) => numbers[column]));
    for (let number = 0; number < 600; number++) {
      if (special.has(number)) continue;
      expect(verdict(architecture, number), String(number)).toBe(denied.has(number) ? EPERM : allow);
    }
  },
);

test.each(both)('on %i arguments decide of clone, socket and ioctl', (architecture, column) => {
  const { clone, clone3, socket, ioctl } = lookedAtCalls;
  const ask = (call: readonly number[], ...args: number[]) => verdict(architecture, call[column] ?? -1, args);
  expect(ask(clone3)).toBe(ENOSYS);
  expect(ask(clone, 0x3d0f00)).toBe(allow); // a thread
  expect(ask(clone, 0x1200011)).toBe(allow); // fork
  for (const flag of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
    expect(ask(clone, flag | 17), flag.toString(16)).toBe(EPERM);
  }
  for (let family = 0; family < 64; family++) {
    expect(ask(socket, family), String(family)).toBe([1, 2, 10].includes(family) ? allow : EAFNOSUPPORT);
  }
  expect(ask(ioctl, 0, 0x5401)).toBe(allow); // TCGETS
  expect(ask(ioctl, 0, 0x5412)).toBe(EPERM);
  // The kernel looks at 32 bits of the request only: bits above must not hide it.
  expect(ask(ioctl, 0, 0x100005412)).toBe(EPERM);
});

test.each(both)(
  'on %i a bot that nests may make namespaces and mounts, and nothing else',
  (architecture, column) => {
    const differing = Object.entries(deniedCalls).filter(([, numbers]) => {
      const number = numbers[column] ?? -1;
      return number >= 0 && verdict(architecture, number) !== verdict(architecture, number, [], true);
    });
    expect(differing.map(([name]) => name).sort()).toEqual([...nestingCalls].sort());
    const { clone, clone3, socket, ioctl } = lookedAtCalls;
    expect(verdict(architecture, clone[column], [0x10000000 | 17], true)).toBe(allow);
    expect(verdict(architecture, clone3[column], [], true)).toBe(ENOSYS);
    expect(verdict(architecture, socket[column], [40], true)).toBe(EAFNOSUPPORT);
    expect(verdict(architecture, ioctl[column], [0, 0x5412], true)).toBe(EPERM);
  },
);

test('another architecture, and the x32 of this one, is the end', () => {
  expect(verdict(0x40000003, 1)).toBe(kill); // i386
  expect(verdict(0x40000028, 1)).toBe(kill); // 32-bit ARM
  expect(verdict(x86, 0x40000000 | 101)).toBe(kill);
  expect(verdict(x86, -1)).toBe(kill);
});

test('the program fits what the kernel takes: 4,096 instructions', () => {
  expect(seccompFilter().length / 8).toBeLessThan(4096);
});

/** Numbers as the kernel's headers of this machine have them; they come with the C++ compiler. */
function header(path: string): Map<string, number> {
  const lines = readFileSync(path, 'utf8').matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)/gm);
  return new Map([...lines].map(([, name = '', number]) => [name, Number(number)]));
}

test('the numbers are those of the kernel’s headers', () => {
  const multiarch = '/usr/include/x86_64-linux-gnu/asm/unistd_64.h';
  // That of x86_64 stands only on machines of that kind.
  const headers = [
    existsSync(multiarch) ? header(multiarch) : null,
    header('/usr/include/asm-generic/unistd.h'),
  ];
  let compared = 0;
  for (const [name, numbers] of Object.entries({ ...deniedCalls, ...lookedAtCalls })) {
    headers.forEach((known, column) => {
      if (known === null || !known.has(name)) return;
      expect(numbers[column], name).toBe(known.get(name));
      compared += 1;
    });
  }
  expect(compared).toBeGreaterThan(60);
});
