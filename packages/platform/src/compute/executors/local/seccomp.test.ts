import { expect, test } from 'vitest';
import { encodeProgram, type Instruction, seccompProgram, verdicts } from './seccomp.ts';
import { type Architecture, deniedSystemCalls, systemCallNumber } from './system-calls.ts';

const audit = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

/** A classic BPF machine with the instructions that the filter uses. Source: linux/filter.h. */
function run(program: Instruction[], arch: number, number: number, args: bigint[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(arch, 4);
  args.forEach((argument, index) => {
    data.writeBigUInt64LE(argument, 16 + 8 * index);
  });
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const instruction = program[at];
    if (instruction === undefined) throw new Error('the program runs past its end');
    const { code, k } = instruction;
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x06) return k;
    else {
      const holds =
        code === 0x15 ? accumulator === k : code === 0x35 ? accumulator >= k : (accumulator & k) >>> 0 !== 0;
      at += holds ? instruction.jumpTrue : instruction.jumpFalse;
    }
  }
}

for (const arch of ['x64', 'arm64'] as const satisfies Architecture[]) {
  const program = seccompProgram(arch, {
    kernelMemoryIsCounted: true,
    coresArePinned: false,
    usesGpus: false,
  });
  const call = (name: Parameters<typeof systemCallNumber>[1], ...args: bigint[]): number =>
    run(program, audit[arch], systemCallNumber(arch, name) ?? Number.NaN, args);

  test(`${arch}: every denied system call is denied, and ordinary ones are not`, () => {
    const denied = deniedSystemCalls.filter((name) => systemCallNumber(arch, name) !== null);
    expect(denied.length).toBeGreaterThan(50);
    for (const name of denied) expect([name, call(name)]).toEqual([name, verdicts.notPermitted]);
    const numbers = new Set(denied.map((name) => systemCallNumber(arch, name)));
    const inspected = (['clone', 'clone3', 'socket', 'socketpair', 'ioctl'] as const).map((name) =>
      systemCallNumber(arch, name),
    );
    for (let number = 0; number < 500; number += 1)
      if (!numbers.has(number) && !inspected.includes(number))
        expect([number, run(program, audit[arch], number)]).toEqual([number, verdicts.allow]);
  });

  test(`${arch}: threads and processes may be made, namespaces may not`, () => {
    expect(call('clone', 0x003d0f00n)).toBe(verdicts.allow);
    expect(call('clone', 17n)).toBe(verdicts.allow);
    for (const flag of [
      0x00020000n,
      0x02000000n,
      0x04000000n,
      0x08000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ])
      expect(call('clone', flag | 17n)).toBe(verdicts.notPermitted);
    // the kernel reads the low half only, and so does the filter
    expect(call('clone', (1n << 40n) | 0x10000000n)).toBe(verdicts.notPermitted);
    expect(call('clone3')).toBe(verdicts.noSuchCall);
  });

  test(`${arch}: sockets of the job's own network only`, () => {
    for (const family of [1n, 2n, 10n]) expect(call('socket', family, 1n, 0n)).toBe(verdicts.allow);
    expect(call('socket', 16n, 3n, 0n)).toBe(verdicts.allow);
    expect(call('socket', 16n, 3n, 12n)).toBe(verdicts.noSuchFamily);
    for (const family of [17n, 21n, 31n, 38n, 40n, 44n])
      expect(call('socket', family)).toBe(verdicts.noSuchFamily);
    expect(call('socketpair', 40n)).toBe(verdicts.noSuchFamily);
  });

  test(`${arch}: nothing is typed into a terminal`, () => {
    expect(call('ioctl', 0n, 0x5412n)).toBe(verdicts.notPermitted);
    expect(call('ioctl', 0n, 0x541cn)).toBe(verdicts.notPermitted);
    expect(call('ioctl', 0n, (7n << 32n) | 0x5412n)).toBe(verdicts.notPermitted);
    expect(call('ioctl', 0n, 0x5401n)).toBe(verdicts.allow);
  });

  test(`${arch}: memory outside processes only where it is counted, other cores only where a quota holds`, () => {
    expect([call('memfd_create'), call('sched_setaffinity')]).toEqual([verdicts.allow, verdicts.allow]);
    const uncounted = seccompProgram(arch, {
      kernelMemoryIsCounted: false,
      coresArePinned: true,
      usesGpus: false,
    });
    for (const name of ['memfd_create', 'sched_setaffinity'] as const)
      expect(run(uncounted, audit[arch], systemCallNumber(arch, name) ?? Number.NaN)).toBe(
        verdicts.notPermitted,
      );
    const options = { kernelMemoryIsCounted: false, coresArePinned: true, usesGpus: true };
    const onGpus = seccompProgram(arch, options);
    expect(run(onGpus, audit[arch], systemCallNumber(arch, 'memfd_create') ?? Number.NaN)).toBe(
      verdicts.allow,
    );
  });

  test(`${arch}: another architecture kills`, () => {
    expect(run(program, 0x40000003, 1)).toBe(verdicts.killProcess);
    expect(run(program, audit[arch === 'x64' ? 'arm64' : 'x64'], 1)).toBe(verdicts.killProcess);
  });
}

test('the x32 interface kills', () => {
  const program = seccompProgram('x64', {
    kernelMemoryIsCounted: true,
    coresArePinned: false,
    usesGpus: false,
  });
  expect(run(program, audit.x64, 0x40000000 + 39)).toBe(verdicts.killProcess);
  expect(run(program, audit.x64, 0xffffffff)).toBe(verdicts.killProcess);
});

test('the encoding is eight bytes an instruction, little-endian', () => {
  const bytes = encodeProgram([{ code: 0x15, jumpTrue: 1, jumpFalse: 2, k: 0xc000003e }]);
  expect(bytes.toString('hex')).toBe('1500' + '01' + '02' + '3e0000c0');
  const program = seccompProgram('x64', {
    kernelMemoryIsCounted: false,
    coresArePinned: true,
    usesGpus: false,
  });
  // the kernel's limit
  expect(program.length).toBeLessThan(4_096);
  for (const { jumpTrue, jumpFalse } of program) expect(Math.max(jumpTrue, jumpFalse)).toBeLessThan(256);
});
