import { CommanderError } from 'commander';
import type { Act, Call, GlobalOptions } from './command.ts';
import { connect } from './connection.ts';
import { exitCodes } from './exit-codes.ts';
import { describeFailure } from './failure.ts';
import { createProgram } from './program.ts';
import { createProgress, type Sink } from './terminal/progress.ts';

/** The world around the command. */
export type Surroundings = {
  stdout: Sink;
  stderr: Sink;
  stdin: AsyncIterable<Uint8Array>;
  env: Readonly<Record<string, string | undefined>>;
  folder: string;
  signal: AbortSignal;
};

async function carryOut(act: Act, options: GlobalOptions, around: Surroundings): Promise<number> {
  const { stdout, stderr, stdin, env, folder, signal } = around;
  const json = options.json === true;
  // With --json standard output is for programs; what people read goes beside it.
  const people = json ? stderr : stdout;
  const call: Call = {
    client: async () => await connect(options, env),
    say: (text) => void people.write(`${text}\n`),
    progress: () => createProgress(people),
    out: stdout,
    env,
    folder,
    input: stdin,
    signal,
  };
  try {
    const result = await act(call);
    if (json) stdout.write(`${JSON.stringify(result.json)}\n`);
    else if (result.text !== '') stdout.write(`${result.text}\n`);
    return result.exitCode ?? exitCodes.ok;
  } catch (error) {
    const failure = describeFailure(signal.aborted ? signal.reason : error);
    stderr.write(`${failure.text}\n`);
    if (json) stdout.write(`${JSON.stringify({ error: failure.json })}\n`);
    return failure.exitCode;
  }
}

/** Runs one command line and returns the status to end with. Never throws for what a person can do wrong. */
export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  let status: number = exitCodes.ok;
  const { program } = createProgram(async (act, options) => {
    status = await carryOut(act, options, around);
  });
  const { stdout, stderr } = around;
  const prepare = (command: typeof program): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    });
    for (const inner of command.commands) prepare(inner as typeof program);
  };
  prepare(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}
