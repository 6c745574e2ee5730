/**
 * The filter of system calls of a bot, as the classic BPF program that seccomp(2) takes: calls of {@link deniedCalls} fail with
 * EPERM, new namespaces and foreign kinds of sockets, too; everything else is allowed. A call of another architecture kills.
 */
import { deniedCalls, lookedAtCalls, nestingCalls } from './seccomp-calls.js';

/** sock_filter (linux/filter.h), little-endian as both architectures are. */
interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Offsets in seccomp_data (linux/seccomp.h). */
const offset = { number: 0, architecture: 4, argument: (index: number) => 16 + 8 * index };
/** linux/audit.h, and where each has its numbers in the tables. */
const architectures = [
  { audit: 0xc000003e, column: 0 },
  { audit: 0xc00000b7, column: 1 },
] as const;
/** Numbers from here on are those of x32 (__X32_SYSCALL_BIT), which is another architecture. */
const x32 = 0x40000000;

const allow = give(0x7fff0000);
const kill = give(0x80000000);
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];

/** CLONE_NEWTIME | NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET (linux/sched.h). */
const newNamespaces =
  0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000;
/** Typing into a terminal for others (asm-generic/ioctls.h, linux/tty.h). */
const [TIOCSTI, TIOCLINUX] = [0x5412, 0x541c];
/** Unix, IPv4 and IPv6: all others, of which AF_VSOCK leads out of any network namespace, are not for bots. */
const families = [1, 2, 10];

function load(at: number): Instruction {
  return { code: 0x20, jt: 0, jf: 0, k: at };
}

function give(value: number): Instruction {
  return { code: 0x06, jt: 0, jf: 0, k: value };
}

function refuse(errno: number): Instruction {
  return give(0x00050000 | errno);
}

/** Goes on with `block` if the loaded value equals, else behind it. */
function whenEqual(value: number, block: readonly Instruction[]): Instruction[] {
  return [{ code: 0x15, jt: 0, jf: block.length, k: value }, ...block];
}

function whenAtLeast(value: number, block: readonly Instruction[]): Instruction[] {
  return [{ code: 0x35, jt: 0, jf: block.length, k: value }, ...block];
}

function whenAnyBit(bits: number, block: readonly Instruction[]): Instruction[] {
  return [{ code: 0x45, jt: 0, jf: block.length, k: bits }, ...block];
}

function callsOf(column: 0 | 1, nests: boolean): Instruction[] {
  const { clone, clone3, socket, ioctl } = lookedAtCalls;
  const denied = Object.entries(deniedCalls).flatMap(([name, numbers]) => {
    const number = numbers[column];
    if (number === null || (nests && nestingCalls.includes(name))) return [];
    return whenEqual(number, [refuse(EPERM)]);
  });
  return [
    load(offset.number),
    ...whenAtLeast(x32, [kill]),
    ...denied,
    // Its flags lie in memory, where a filter can't look; without it the C library takes clone.
    ...whenEqual(clone3[column], [refuse(ENOSYS)]),
    ...whenEqual(clone[column], [
      load(offset.argument(0)),
      ...(nests ? [] : whenAnyBit(newNamespaces, [refuse(EPERM)])),
      allow,
    ]),
    ...whenEqual(socket[column], [
      load(offset.argument(0)),
      ...families.flatMap((family) => whenEqual(family, [allow])),
      refuse(EAFNOSUPPORT),
    ]),
    ...whenEqual(ioctl[column], [
      load(offset.argument(1)),
      ...[TIOCSTI, TIOCLINUX].flatMap((request) => whenEqual(request, [refuse(EPERM)])),
      allow,
    ]),
    allow,
  ];
}

function program(nests: boolean): Instruction[] {
  const sections = architectures.flatMap(({ audit, column }) => {
    const calls = callsOf(column, nests);
    // A jump in an instruction reaches 255; this one reaches anywhere.
    const past: Instruction = { code: 0x05, jt: 0, jf: 0, k: calls.length };
    return [{ code: 0x15, jt: 1, jf: 0, k: audit }, past, ...calls];
  });
  return [load(offset.architecture), ...sections, kill];
}

/**
 * The program as the kernel reads it, eight bytes an instruction.
 * @param nests for a bot that makes sandboxes of its own: it may make namespaces and mounts in them
 */
export function seccompFilter(nests = false): Buffer {
  const instructions = program(nests);
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(({ code, jt, jf, k }, index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  });
  return bytes;
}
