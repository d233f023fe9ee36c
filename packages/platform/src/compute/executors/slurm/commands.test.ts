import { expect, test, vi } from 'vitest';
import { createSlurmCommands } from './commands.ts';
import { CommandFailed, isTransport } from './tool.ts';

vi.mock('node:timers/promises', () => ({ setTimeout: async () => undefined }));

/** Tools that answer what they are told to, one answer a call; errors as the tools say them. */
function pretended(answers: (string | Error)[]) {
  const calls: string[] = [];
  const commands = createSlurmCommands({
    runTool: async (command, args) => {
      calls.push([command, ...args].join(' '));
      const answer = answers.shift() ?? '';
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { commands, calls };
}
const failed = (said: string): CommandFailed => new CommandFailed(said, isTransport(said));

test.each([
  'sbatch: error: Batch job submission failed: Connection reset by peer',
  'slurm_load_jobs error: Unable to contact slurm controller (connect failure)',
  'Batch job submission failed: Socket timed out on send/recv operation',
  'scancel: error: Kill job error: Zero Bytes were transmitted or received',
  'sbatch: error: Batch job submission failed: Connection timed out',
  'Batch job submission failed: Message receive failure',
  'error: If munged is up, restart with --num-threads=10; error: Munge encode failed',
  'Slurm temporarily unable to accept job, sleeping and retrying',
  'Broken pipe',
])('what is no word of the controller is no refusal: %s', (said) => {
  expect(isTransport(said)).toBe(true);
});

test.each([
  'sbatch: error: Batch job submission failed: Requested node configuration is not available',
  'sbatch: error: invalid partition specified: nowhere',
  'Batch job submission failed: Invalid account or account/partition combination specified',
  'sbatch: error: Memory specification can not be satisfied',
])('a refusal is one: %s', (said) => {
  expect(isTransport(said)).toBe(false);
});

test('a submission whose outcome is unclear is looked for by name before it is repeated', async () => {
  const found = pretended([failed('Connection reset by peer'), '7|N/A|PENDING|None|one\n']);
  await found.commands.submit('one', ['script']);
  expect(found.calls.map((call) => call.split(' ')[0])).toEqual(['sbatch', 'squeue']);
  const lost = pretended([failed('Connection reset by peer'), '', '8']);
  await lost.commands.submit('one', ['script']);
  expect(lost.calls.map((call) => call.split(' ')[0])).toEqual(['sbatch', 'squeue', 'sbatch']);
});

test('a refusal is told with the words of Slurm, and nothing is repeated', async () => {
  const { commands, calls } = pretended([failed('sbatch: error: invalid partition specified: nowhere')]);
  await expect(commands.submit('one', [])).rejects.toMatchObject({ failure: { code: 'unsupported' } });
  expect(calls).toHaveLength(1);
});

test('a controller that stays away makes the submission unavailable', async () => {
  const away = () => failed('Unable to contact slurm controller');
  const { commands } = pretended(Array.from({ length: 30 }, away));
  await expect(commands.submit('one', [])).rejects.toMatchObject({ failure: { code: 'unavailable' } });
});

test('what has ended by itself needs no removal', async () => {
  const said = 'scancel: error: Kill job error on job id 5: Job/step already completing or completed';
  const { commands } = pretended([failed(said)]);
  await expect(commands.remove('one')).resolves.toBeUndefined();
});
