/** The processors whose system calls are known here; elsewhere no sandbox is offered. */
export type Architecture = 'x64' | 'arm64';
export const isSupportedArchitecture = (arch: string): arch is Architecture =>
  arch === 'x64' || arch === 'arm64';

/** Numbers on x86_64 and on aarch64; `null` where the call does not exist. */
const numbers = {
  acct: [163, 89],
  add_key: [248, 217],
  adjtimex: [159, 171],
  bpf: [321, 280],
  chroot: [161, 51],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  clone: [56, 220],
  clone3: [435, 435],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fsopen: [430, 430],
  fspick: [433, 433],
  init_module: [175, 105],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  io_uring_setup: [425, 425],
  ioctl: [16, 29],
  ioperm: [173, null],
  iopl: [172, null],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  memfd_create: [319, 279],
  memfd_secret: [447, 447],
  modify_ldt: [154, null],
  mount: [165, 40],
  mount_setattr: [442, 442],
  move_mount: [429, 429],
  mq_open: [240, 180],
  msgget: [68, 186],
  name_to_handle_at: [303, 264],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: [428, 428],
  perf_event_open: [298, 241],
  pidfd_getfd: [438, 438],
  pivot_root: [155, 41],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  reboot: [169, 142],
  request_key: [249, 218],
  sched_setaffinity: [203, 122],
  semget: [64, 190],
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  shmget: [29, 194],
  socket: [41, 198],
  socketpair: [53, 199],
  swapoff: [168, 225],
  swapon: [167, 224],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, null],
  userfaultfd: [323, 282],
  vhangup: [153, 58],
} as const satisfies Record<string, readonly [number, number | null]>;

export type SystemCall = keyof typeof numbers;

/** The number of a system call, or `null` where the architecture has no such call. */
export const systemCallNumber = (arch: Architecture, name: SystemCall): number | null =>
  numbers[name][arch === 'x64' ? 0 : 1];

/** Calls that a filter looks at more closely, by their arguments. */
const inspected: SystemCall[] = ['clone', 'clone3', 'ioctl', 'socket', 'socketpair'];

/** Calls that make memory which belongs to no process. */
export const kernelMemorySystemCalls: SystemCall[] = ['memfd_create'];

/** Calls that undo the pinning to cores. */
export const pinningSystemCalls: SystemCall[] = ['sched_setaffinity'];

const conditional: SystemCall[] = [...kernelMemorySystemCalls, ...pinningSystemCalls];

/** Calls that no job may make. */
export const deniedSystemCalls: SystemCall[] = (Object.keys(numbers) as SystemCall[]).filter(
  (name) => !inspected.includes(name) && !conditional.includes(name),
);
