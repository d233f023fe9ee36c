/**
 * The seccomp filter of sandboxed jobs: a classic BPF program as the kernel reads it (struct sock_filter, 8 bytes an
 * instruction, little-endian). It is a second wall behind namespaces and dropped capabilities: it takes away the
 * parts of the kernel that a computation does not need and that past escapes went through.
 * Source: seccomp(2), linux/filter.h, linux/audit.h; numbers from asm/unistd_64.h and asm-generic/unistd.h.
 */
import {
  type Architecture,
  deniedSystemCalls,
  kernelMemorySystemCalls,
  pinningSystemCalls,
  type SystemCall,
  systemCallNumber,
} from './system-calls.ts';

export type Instruction = { code: number; jumpTrue: number; jumpFalse: number; k: number };

export const verdicts = {
  allow: 0x7fff0000,
  killProcess: 0x80000000,
  notPermitted: 0x00050000 | 1,
  noSuchCall: 0x00050000 | 38,
  noSuchFamily: 0x00050000 | 97,
} as const;

const auditArchitecture: Record<Architecture, number> = { x64: 0xc000003e, arm64: 0xc00000b7 };
/** Set in the number of every system call of the x32 interface, which would slip past a filter by number. */
const x32Bit = 0x40000000;
/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} */
const namespaceFlags = 0x7e020000;
/** AF_UNIX, AF_INET, AF_INET6: all inside the job's own network namespace, where nobody else listens. */
const socketFamilies = [1, 2, 10];
const netlink = 16;
/** TIOCSTI and TIOCLINUX put characters into a terminal's input. */
const terminalInjection = [0x5412, 0x541c];

const loadWord = 0x20;
const jumpEqual = 0x15;
const jumpAtLeast = 0x35;
const jumpAnyBit = 0x45;
const returnConstant = 0x06;
const offsetOfNumber = 0;
const offsetOfArchitecture = 4;
/** The low half of an argument; the kernel itself reads only that half of every argument checked here. */
const offsetOfArgument = (index: number): number => 16 + 8 * index;

const load = (k: number): Instruction => ({ code: loadWord, jumpTrue: 0, jumpFalse: 0, k });
const finish = (k: number): Instruction => ({ code: returnConstant, jumpTrue: 0, jumpFalse: 0, k });
/** Runs `body`, which must end by returning, only where the comparison holds. */
const when = (code: number, k: number, body: Instruction[]): Instruction[] => [
  { code, jumpTrue: 0, jumpFalse: body.length, k },
  ...body,
];

export type SeccompOptions = {
  /**
   * Whether a memory cgroup also counts memory that no process has mapped. Without one, the system calls that make
   * such memory are denied, because a watchdog over processes would not see it.
   */
  kernelMemoryIsCounted: boolean;
  /** Whether cores are bounded by pinning, which the job must not undo. */
  coresArePinned: boolean;
  /** Whether the job has GPUs: CUDA does not start without such memory. */
  usesGpus: boolean;
};

/** The program for one architecture. Any other architecture, and x32, kill the process. */
export function seccompProgram(
  arch: Architecture,
  { kernelMemoryIsCounted, coresArePinned, usesGpus }: SeccompOptions,
): Instruction[] {
  const number = (name: SystemCall) => systemCallNumber(arch, name);
  const onCall = (name: SystemCall, body: Instruction[]): Instruction[] => {
    const k = number(name);
    return k === null ? [] : when(jumpEqual, k, body);
  };
  const socketRule = [
    load(offsetOfArgument(0)),
    ...socketFamilies.flatMap((family) => when(jumpEqual, family, [finish(verdicts.allow)])),
    ...when(jumpEqual, netlink, [
      load(offsetOfArgument(2)),
      // protocol 0, NETLINK_ROUTE: the C library lists network interfaces through it
      ...when(jumpEqual, 0, [finish(verdicts.allow)]),
      finish(verdicts.noSuchFamily),
    ]),
    finish(verdicts.noSuchFamily),
  ];
  const denied = [
    ...deniedSystemCalls,
    ...(kernelMemoryIsCounted || usesGpus ? [] : kernelMemorySystemCalls),
    ...(coresArePinned ? pinningSystemCalls : []),
  ];
  return [
    load(offsetOfArchitecture),
    { code: jumpEqual, jumpTrue: 1, jumpFalse: 0, k: auditArchitecture[arch] },
    finish(verdicts.killProcess),
    load(offsetOfNumber),
    ...(arch === 'x64' ? when(jumpAtLeast, x32Bit, [finish(verdicts.killProcess)]) : []),
    // "no such call" makes C libraries fall back to clone, whose flags a filter can read
    ...onCall('clone3', [finish(verdicts.noSuchCall)]),
    ...onCall('clone', [
      load(offsetOfArgument(0)),
      ...when(jumpAnyBit, namespaceFlags, [finish(verdicts.notPermitted)]),
      finish(verdicts.allow),
    ]),
    ...onCall('socket', socketRule),
    ...onCall('socketpair', socketRule),
    ...onCall('ioctl', [
      load(offsetOfArgument(1)),
      ...terminalInjection.flatMap((command) => when(jumpEqual, command, [finish(verdicts.notPermitted)])),
      finish(verdicts.allow),
    ]),
    ...denied.flatMap((name) => onCall(name, [finish(verdicts.notPermitted)])),
    finish(verdicts.allow),
  ];
}

/** The bytes that the kernel (and `bwrap --seccomp`) reads. */
export function encodeProgram(program: Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach((instruction, index) => {
    bytes.writeUInt16LE(instruction.code, index * 8);
    bytes.writeUInt8(instruction.jumpTrue, index * 8 + 2);
    bytes.writeUInt8(instruction.jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(instruction.k, index * 8 + 4);
  });
  return bytes;
}
