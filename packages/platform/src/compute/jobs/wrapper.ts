/**
 * What a job runs: a shell that opens the streams, runs the commands before and after, and the program between them. It
 * is itself inside the sandbox, so that a path that leads elsewhere, by whatever link, leads nowhere.
 */
type Wrapped = {
  executable: string;
  arguments: readonly string[];
  stdin: string;
  stdout: string;
  stderr: string;
  before: string;
  after: string;
};

/** A redirection that fails ends the shell: the program does not run without its streams. */
const script = `in=$1 out=$2 err=$3 before=$4 after=$5
shift 5
if [ "$err" = "$out" ]; then exec >"$out" 2>&1; else exec >"$out" 2>"$err"; fi
if [ -n "$in" ]; then exec <"$in"; fi
if [ -n "$before" ]; then
  eval "$before" || exit
fi
if [ -z "$after" ]; then exec "$@"; fi
"$@"
code=$?
eval "$after"
exit "$code"`;

export const wrap = (job: Wrapped): { executable: string; arguments: string[] } => ({
  executable: '/bin/sh',
  arguments: [
    ...['-c', script, 'job', job.stdin, job.stdout, job.stderr, job.before, job.after],
    ...[job.executable, ...job.arguments],
  ],
});
