/**
 * The first thing that runs in a job: a POSIX shell script that waits for the word "go" on descriptor 3, lowers its
 * own limits and becomes the job. When the server dies before the claim is on disk, it reads the end of the stream
 * instead and exits: user code never starts without a claim.
 */
export type ProcessLimits = {
  /** Largest single file, in bytes. */
  fileBytes: number;
  /** CPU time of one process, in seconds. */
  cpuSeconds: number;
  /** Private writable memory of one process, in bytes; `null` where a cgroup bounds memory. */
  dataBytes: number | null;
  /** Processes and threads of the job's user; `null` where a cgroup bounds them. */
  processes: number | null;
};

/** The gate as a command: its script, then the job's environment, then the job. */
export const gateCommand = (
  limits: ProcessLimits,
  environment: Record<string, string>,
  command: string[],
): string[] => [
  ...['/bin/sh', '-c', gateScript(limits), 'sh'],
  ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
  ...['--', ...command],
];

/** What the gate says on descriptor 3, one word a line. */
export const gateWords = { ready: 'ready', missing: 'missing', limits: 'limits' } as const;

/** The exit code of a gate that never became the job. */
const gateClosed = 125;

function gateScript(limits: ProcessLimits): string {
  const settings = [
    'ulimit -c 0',
    'ulimit -n 1024',
    // POSIX counts -f in blocks of 512 bytes; the C library takes -d in KiB
    `ulimit -f ${Math.ceil(limits.fileBytes / 512)}`,
    `ulimit -t ${Math.ceil(limits.cpuSeconds)}`,
    ...(limits.dataBytes === null ? [] : [`ulimit -d ${Math.ceil(limits.dataBytes / 1024)}`]),
    // the number of processes is -p in dash and busybox, -u in bash
    ...(limits.processes === null
      ? []
      : [`{ ulimit -p ${limits.processes} 2>/dev/null || ulimit -u ${limits.processes} 2>/dev/null; }`]),
  ];
  return [
    `echo ${gateWords.ready} >&3`,
    `read -r word <&3 && [ "$word" = go ] || exit ${gateClosed}`,
    `{ ${settings.join(' && ')}; } 2>/dev/null || { echo ${gateWords.limits} >&3; exit ${gateClosed}; }`,
    // only now, so that LD_PRELOAD and its like never load anything into the gate
    'while [ "$1" != -- ]; do export "$1" || exit 125; shift; done; shift',
    `command -v "$1" >/dev/null 2>&1 || { echo ${gateWords.missing} >&3; exit 127; }`,
    'exec 3>&-',
    'exec "$@"',
  ].join('\n');
}
