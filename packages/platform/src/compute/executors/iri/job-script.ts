/**
 * What a facility runs: one POSIX shell script that holds the whole job. It needs `sh` and the usual small programs
 * (find, xargs -0, awk, split, tail, tar, and sha256sum or shasum), and `timeout` for the time limit.
 *
 * What it keeps: user code starts at most once, however often the script is started, and never after the job was
 * given up (`mkdir` succeeds once; each side writes its own mark before it looks for the other's). Inputs that arrived
 * changed start nothing. `outcome.json` appears whole, after everything that it speaks of.
 */
import type { JobSpec } from '@genesis/contracts';

export const remoteFiles = {
  script: 'genesis-job.sh',
  /** The tar of the inputs in pieces, where it does not fit behind the script. */
  inputs: (piece: number): string => `inputs.${String(piece).padStart(6, '0')}`,
  /** What the script itself says: nothing, unless it fails. */
  complaints: 'facility.err',
  ownOutput: 'facility.out',
  claim: 'claim',
  fence: 'claim/fenced',
  token: 'claim/token',
  stdout: 'stdout',
  stderr: 'stderr',
  outcome: 'outcome.json',
  /** As `split -a 5` names the parts of a file. */
  piece: (index: number): string => {
    let letters = '';
    for (let rest = index, place = 0; place < 5; place += 1) {
      letters = String.fromCharCode(97 + (rest % 26)) + letters;
      rest = Math.floor(rest / 26);
    }
    return `package.${letters}`;
  },
} as const;

/** Files and folders that a job may leave; more counts as a limit passed. */
export const mostOutputs = 20_000;
/** Time that the facility gives the script beyond the job's own, to check its inputs and pack what it left. */
export const spareSeconds = 300;

const fixedEnvironment = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LANG: 'C.UTF-8',
} as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export type ScriptInputs = {
  /** SHA-256 of the tar of all inputs, whose files are named 0, 1, ... */
  sha256: string;
  paths: readonly string[];
  /** Whether the tar follows the script in the same file. */
  attached: boolean;
};

const takeAttached = (offset: string): string => `tail -c +${offset} ${remoteFiles.script}`;
const takePieces = 'cat inputs.[0-9]*';

function unpacking({ sha256, paths }: ScriptInputs, take: string): string {
  return [
    `${take} > inputs.tar || fail inputs`,
    `[ "$($SHA < inputs.tar | cut -c1-64)" = ${sha256} ] || fail inputs`,
    'mkdir unpacked && tar -xof inputs.tar -C unpacked && rm inputs.tar || fail inputs',
    ...paths.map((path, index) => {
      const target = `work/inputs/${path}`;
      const folder = target.slice(0, target.lastIndexOf('/'));
      return `mkdir -p ${quoted(folder)} && mv unpacked/${index} ${quoted(target)} || fail inputs`;
    }),
    'find work/inputs -type f -exec chmod 0555 {} + || fail inputs',
  ].join('\n');
}

/** The script of a job; `remote` is its folder at the facility, an absolute path. */
export function jobScript(
  spec: JobSpec,
  remote: string,
  claim: string,
  inputs: ScriptInputs | null,
  limits: { graceSeconds: number; pieceBytes: number },
): string {
  const write = (take: string): string => text(spec, remote, claim, inputs, limits, take);
  if (inputs === null || !inputs.attached) return write(takePieces);
  // where the tar begins does not change the length of the script
  const draft = write(takeAttached('0'.padEnd(12)));
  return write(takeAttached(String(Buffer.byteLength(draft) + 1).padEnd(12)));
}

function text(
  spec: JobSpec,
  remote: string,
  claim: string,
  inputs: ScriptInputs | null,
  { graceSeconds, pieceBytes }: { graceSeconds: number; pieceBytes: number },
  take: string,
): string {
  const { durationSeconds, outputBytes, logBytes } = spec.resources;
  const environment = {
    ...fixedEnvironment,
    HOME: `${remote}/scratch`,
    TMPDIR: `${remote}/scratch`,
    ...spec.environment,
  };
  const variables = Object.entries(environment).map(([name, value]) => quoted(`${name}=${value}`));
  const seconds = Math.ceil(durationSeconds);
  const grace = Math.max(1, Math.ceil(graceSeconds));
  return `#!/bin/sh
umask 077
LC_ALL=C; export LC_ALL
cd ${quoted(remote)} || exit 1
mkdir ${remoteFiles.claim} 2>/dev/null || { echo 'claimed or given up before' >&2; exit 0; }
printf %s ${claim} > ${remoteFiles.token} || exit 1
[ -e ${remoteFiles.fence} ] && { echo 'given up before' >&2; exit 0; }

started=$(date +%s)
code=0 missing=false stopped=false over=false problem=none sizes=0,0,0,0,0 bytes=0 sha256=none pieces=0
finish() {
  printf '{"claim":"%s","exitCode":%s,"started":%s,"ended":%s,"missing":%s,"stopped":%s,"over":%s,"problem":"%s","parts":[%s],"bytes":%s,"sha256":"%s","pieces":%s}' \\
    ${claim} "$code" "$started" "\${ended:-$started}" $missing $stopped $over $problem $sizes $bytes $sha256 $pieces > outcome.draft &&
    mv outcome.draft ${remoteFiles.outcome}
  exit 0
}
fail() { problem=$1; finish; }

if command -v sha256sum >/dev/null 2>&1; then SHA=sha256sum
elif command -v shasum >/dev/null 2>&1; then SHA='shasum -a 256'
else fail tools; fi
for tool in find xargs awk split tail head tar tr wc cut env; do command -v $tool >/dev/null 2>&1 || fail tools; done
limit=$(command -v timeout)
if [ -n "$limit" ] && "$limit" -k 1 9 true 2>/dev/null; then limit="$limit -k ${grace} ${seconds}"
elif [ -n "$limit" ] && "$limit" 9 true 2>/dev/null; then limit="$limit ${seconds}"
else limit=; fi

mkdir work scratch || fail folder
${inputs === null ? '' : unpacking(inputs, take)}
set -- ${[spec.executable, ...spec.arguments].map(quoted).join(' ')}
: > ${remoteFiles.stdout}; : > ${remoteFiles.stderr}
started=$(date +%s)
if (cd work && env -i ${variables.join(' ')} sh -c 'command -v "$1" >/dev/null 2>&1' sh "$1"); then
  (
    cd work || exit 125
    ulimit -c 0 2>/dev/null; ulimit -f ${Math.ceil(Math.max(outputBytes, logBytes) / 512)} 2>/dev/null
    # so that env does not take a program with "=" in its name for a variable
    [ -n "$limit" ] || set -- sh -c 'exec "$@"' sh "$@"
    exec env -i ${variables.join(' ')} $limit "$@"
  ) > ${remoteFiles.stdout} 2> ${remoteFiles.stderr} < /dev/null &
  child=$!
  trap 'stopped=true; kill -TERM $child 2>/dev/null' TERM INT HUP
  wait $child; code=$?
  while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
  trap '' TERM INT HUP
else
  code=127 missing=true
fi
ended=$(date +%s)

cd work || fail folder
chmod -R u+rwX . 2>/dev/null
bad='*[[:cntrl:]]*'
find . -path ./inputs -prune -o -type f ! -path "$bad" ! -path '*\\\\*' -print > ../files
find . -path ./inputs -prune -o \\( ! -type f ! -type d -o -type f \\( -path "$bad" -o -path '*\\\\*' \\) \\) -print |
  tr -c '[:print:]\\n' '?' | head -n 100 > ../refused
list() { [ ! -s ../files ] || tr '\\n' '\\0' < ../files | xargs -0 "$@"; }
[ "$(wc -l < ../files)" -le ${mostOutputs} ] || { over=true; : > ../files; }
list wc -c > ../sizes
[ "$(awk '$2 ~ /^\\.\\// { n += $1 } END { printf "%.0f", n }' ../sizes)" -le ${outputBytes} ] || { over=true; : > ../files; : > ../sizes; }
list $SHA > ../hashes
size() { wc -c < "$1" | tr -d ' '; }
cd ..
log=$(size ${remoteFiles.stdout})
[ $((log + $(size ${remoteFiles.stderr}))) -le ${logBytes} ] || over=true
head -c ${logBytes} ${remoteFiles.stdout} > log.stdout
head -c $((${logBytes} - $(size log.stdout))) ${remoteFiles.stderr} > log.stderr
sizes=$(size hashes),$(size sizes),$(size refused),$(size log.stdout),$(size log.stderr)
{ cat hashes sizes refused log.stdout log.stderr && (cd work && list cat); } > package || fail packing
bytes=$(size package)
sha256=$($SHA < package | cut -c1-64)
split -b ${pieceBytes} -a 5 package package. && rm package || fail packing
pieces=$(((bytes + ${pieceBytes - 1}) / ${pieceBytes}))
finish
`;
}
