/** Jobs that try to break out, and what they have to end with. For the tests of the local executor. */
import type { JobOutcome, JobResources } from '@genesis/contracts';
import { deniedSystemCalls, isSupportedArchitecture, systemCallNumber } from './system-calls.ts';

/** What a hostile job is aimed at: things of the server that no job may reach. */
export type Targets = {
  /** A file of the server, below a folder that only the server may enter. */
  secretFile: string;
  /** A folder of the server that everybody may read. */
  openFolder: string;
  tcpPort: number;
  unixSocket: string;
  abstractSocket: string;
};

export type HostileJob = {
  script: (targets: Targets) => string;
  resources?: Partial<JobResources>;
  expected: Partial<JobOutcome>;
};

const failed = (reason: NonNullable<JobOutcome['reason']>): Partial<JobOutcome> => ({
  state: 'failed',
  failureClass: 'F7_RUNTIME',
  reason,
});
const succeeded: Partial<JobOutcome> = { state: 'succeeded', failureClass: 'F0_NONE' };

const perl = (program: string): string => `perl -e '${program}'`;

/** Every denied system call with harmless arguments: says which one did not fail with EPERM. */
const callEverything = (): string => {
  const { arch } = process;
  if (!isSupportedArchitecture(arch)) throw new Error(`no system call numbers for ${arch}`);
  const numbers = deniedSystemCalls
    .map((name) => systemCallNumber(arch, name))
    .filter((number) => number !== null);
  return perl(`for my $n (${numbers.join(',')}) { $! = 0; my $r = syscall($n, 0, 0, 0, 0, 0);
    print "ALLOWED $n $!\\n" unless $r == -1 && $! == 1; } print "tried ${numbers.length}\\n"`);
};

const connectEverywhere = ({ tcpPort, unixSocket, abstractSocket }: Targets): string =>
  perl(`use Socket;
    sub attempt { my ($name, $family, $address) = @_;
      socket(my $s, $family, SOCK_STREAM, 0) or return;
      $SIG{ALRM} = sub { die }; alarm 2;
      eval { print "CONNECTED $name\\n" if connect($s, $address); }; alarm 0; }
    attempt("loopback", AF_INET, pack_sockaddr_in(${tcpPort}, inet_aton("127.0.0.1")));
    attempt("outside", AF_INET, pack_sockaddr_in(53, inet_aton("192.0.2.1")));
    attempt("unix", AF_UNIX, pack_sockaddr_un("${unixSocket}"));
    attempt("abstract", AF_UNIX, pack_sockaddr_un("\\0${abstractSocket}"));
    for my $path (glob("/tmp/.s.PGSQL.* /run/postgresql/.s* /var/run/postgresql/.s* /run/docker.sock /run/dbus/*")) {
      attempt($path, AF_UNIX, pack_sockaddr_un($path)); }
    for my $family (17, 21, 31, 38, 40, 44) { socket(my $s, $family, SOCK_DGRAM, 0) and print "FAMILY $family\\n"; }
    socket(my $s, 16, SOCK_RAW, 12) and print "NETFILTER\\n";
    print "tried\\n"`);

export const hostileJobs: Record<string, HostileJob> = {
  'reads files, environments and the processes of the host': {
    script: ({ secretFile, openFolder }) => `
      cat ${secretFile} /proc/*/root${secretFile} /proc/*/cwd/* ${openFolder}/* 2>/dev/null
      for f in /etc/shadow /etc/gshadow /root /home /work /var/lib /var/log /boot /sys /run ${openFolder}; do
        [ -e $f ] && echo "SEEN $f"; done
      ls / | grep -vxE 'bin|dev|etc|genesis|inputs|job|lib|lib32|lib64|libx32|proc|sbin|tmp|usr|var'
      ls /etc | grep -vxE 'alternatives|group|hosts|ld.so.cache|passwd'
      cat /proc/*/environ | tr '\\0' '\\n' | grep -vE '^(PATH|HOME|TMPDIR|LANG|PWD|OLDPWD|SHLVL|_|GENESIS_JOB)='
      [ $(ls -d /proc/[0-9]* | wc -l) -lt 9 ] || echo "SEEN processes of the host"
      grep -qE '^CapEff:.*[1-9a-f]' /proc/self/status && echo "CAPABLE"
      grep -q '^NoNewPrivs:.*1' /proc/self/status || echo "PRIVILEGES"
      ls /proc/self/fd | grep -vxE '[0-3]' | while read n; do readlink /proc/self/fd/$n; done | grep -vE '^/(dev/null|proc/)'
      echo tried`,
    expected: succeeded,
  },
  'writes wherever it can': {
    script: ({ secretFile }) => `
      for f in / /usr /etc /dev /proc /proc/self /proc/sys/kernel /inputs /var /lib ${secretFile}; do
        (echo x > $f/x || echo x >> $f) 2>/dev/null && echo "WROTE $f"; done
      for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /proc/self/oom_score_adj; do
        (: >> $f) 2>/dev/null && echo "OPENED $f"; done
      mknod disk b 254 0 2>/dev/null && echo "DEVICE"
      mount -t tmpfs none /job 2>/dev/null && echo "MOUNTED"
      unshare -Urm true 2>/dev/null && echo "NAMESPACE"
      chroot / true 2>/dev/null && echo "CHROOT"
      echo tried`,
    expected: succeeded,
  },
  'opens sockets': { script: connectEverywhere, expected: succeeded },
  'calls every denied part of the kernel': { script: callEverything, expected: succeeded },
  'uses the x32 interface': {
    script: () => (process.arch === 'x64' ? perl('syscall(0x40000000 + 39)') : 'kill -SYS $$'),
    expected: { ...failed('signal'), signal: 'SIGSYS' },
  },
  'forks without end': {
    script: () => perl('while (1) { fork }'),
    resources: { processes: 40, durationSeconds: 20 },
    expected: failed('process-limit'),
  },
  'starts threads of its own without end': {
    script: () => 'while true; do sleep 1000 & done',
    resources: { processes: 40, durationSeconds: 20 },
    expected: failed('process-limit'),
  },
  'fills the disk': {
    script: () => 'i=0; while true; do i=$((i+1)); head -c 3000000 /dev/zero > f$i; done 2>/dev/null',
    resources: { outputBytes: 20_000_000, durationSeconds: 20 },
    expected: failed('output-limit'),
  },
  'fills the temporary folder': {
    script: () => 'i=0; while true; do i=$((i+1)); head -c 3000000 /dev/zero > /tmp/f$i; done 2>/dev/null',
    resources: { outputBytes: 20_000_000, durationSeconds: 20 },
    expected: failed('output-limit'),
  },
  'makes files without content': {
    script: () => perl('for (my $i = 0; ; $i++) { open(my $f, ">", "f$i"); }'),
    resources: { durationSeconds: 30 },
    expected: failed('output-limit'),
  },
  'makes one huge sparse file': {
    script: () => 'truncate -s 1T big',
    expected: failed('output-limit'),
  },
  'makes many sparse files': {
    script: () => 'for i in 1 2 3 4 5; do truncate -s 900000 f$i; done',
    resources: { outputBytes: 1_000_000 },
    expected: failed('output-limit'),
  },
  'eats memory': {
    script: () => perl('my @a; while (1) { push @a, "x" x 1_000_000 }'),
    resources: { memoryBytes: 64_000_000, outputBytes: 1_000_000, durationSeconds: 20 },
    expected: failed('out-of-memory'),
  },
  'eats memory with many small processes': {
    script: () => `for i in 1 2 3 4 5 6 7 8; do ${perl('my $a = "x" x 10_000_000; sleep 60')} & done; wait`,
    resources: { memoryBytes: 64_000_000, outputBytes: 1_000_000, durationSeconds: 20 },
    expected: failed('out-of-memory'),
  },
  'ignores SIGTERM': {
    script: () => 'trap "" TERM; while true; do sleep 1; done',
    resources: { durationSeconds: 0.5 },
    expected: failed('time-limit'),
  },
  'stops itself and everything else': {
    script: () => 'sleep 1000 & kill -STOP -1; kill -STOP $$',
    resources: { durationSeconds: 0.5 },
    expected: failed('time-limit'),
  },
  'leaves a daemon behind': {
    script: () => '(setsid sh -c "trap \\"\\" TERM HUP; sleep 31536.25 & wait" >/dev/null 2>&1 &); sleep 0.2',
    expected: succeeded,
  },
  'kills everything that it can see': {
    script: () => 'kill -KILL 1 2>/dev/null; kill -KILL -1; echo tried',
    expected: succeeded,
  },
  'writes lines without end': {
    script: () => 'yes',
    resources: { logBytes: 2_000_000, durationSeconds: 20 },
    expected: failed('output-limit'),
  },
  'writes one line without end': {
    script: () => 'cat /dev/zero >&2',
    resources: { logBytes: 2_000_000, durationSeconds: 20 },
    expected: failed('output-limit'),
  },
  'leaves links and special files as outputs': {
    script: ({ secretFile }) => `
      ln -s ${secretFile} stolen; ln -s / root; ln -s ../../.. up; mkfifo pipe; echo good > plain; ln plain hard
      mkdir -p a/b; ln -s ${secretFile} a/b/deep; mkdir locked; echo x > locked/y; chmod 000 locked
      perl -e 'open(F, ">", "line\\nbreak"); open(F, ">", "bad\\xff"); open(F, ">", "back\\\\slash");
        use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("socket"));'`,
    expected: succeeded,
  },
};
