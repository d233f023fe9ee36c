import { afterAll } from 'vitest';
import { developmentSlurm } from '../../test/development-slurm.ts';
import { placeCredentials, startFacility } from '../../test/iri-facility.ts';
import { type ConformanceProgram, conformancePrograms, executorConformance } from './conformance.ts';
import { createIriExecutor } from './executors/iri/iri-executor.ts';
import { createLocalExecutor } from './executors/local/local-executor.ts';
import { sandboxMissing } from './executors/local/sandbox-for-tests.ts';
import {
  createMemoryExecutor,
  type MemoryJournal,
  type PretendedProgram,
} from './executors/memory/memory-executor.ts';
import { createSlurmExecutor } from './executors/slurm/slurm-executor.ts';

const shell = (program: ConformanceProgram) => ({
  executable: 'sh',
  arguments: ['-c', conformancePrograms[program]],
});

for (const useCgroups of [true, false])
  executorConformance(
    `local executor, sandboxed, ${useCgroups ? 'with' : 'without'} cgroups`,
    {
      open: (folder) => createLocalExecutor({ stagingRoot: `${folder}/jobs`, graceSeconds: 1, useCgroups }),
      command: shell,
    },
    await sandboxMissing(),
  );

executorConformance('local executor, unsandboxed by explicit permission', {
  open: (folder) =>
    createLocalExecutor({
      stagingRoot: `${folder}/jobs`,
      graceSeconds: 1,
      allowUnsandboxed: true,
      bubblewrapPlaces: ['/nowhere/bwrap'],
    }),
  command: shell,
});

const slurm = developmentSlurm();
afterAll(() => slurm.stop());
executorConformance(
  'Slurm executor',
  {
    open: (folder) =>
      createSlurmExecutor({
        stagingRoot: `${folder}/jobs`,
        graceSeconds: 1,
        slurmConf: slurm.configuration,
        pollMilliseconds: 500,
      }),
    command: shell,
    batches: true,
  },
  slurm.missing ?? (await sandboxMissing()),
);

for (const version of ['v2', 'v1'] as const) {
  const facility = await startFacility({ version });
  afterAll(() => facility.stop());
  executorConformance(`IRI executor, ${version}, a facility for tests`, {
    open: async (folder) => {
      await placeCredentials(`${folder}/keys`, { token: 'secret-token' });
      return await createIriExecutor({
        stagingRoot: `${folder}/jobs`,
        access: {
          ...{
            kind: 'iri',
            url: facility.url,
            resource: 'machine',
            credentials: 'test',
            customAttributes: {},
          },
          folder: `${folder}/remote`,
        },
        keysFolder: `${folder}/keys`,
        graceSeconds: 1,
        tempo: { pollFirstMs: 100, pollMostMs: 500, taskFirstMs: 5 },
      });
    },
    command: shell,
  });
}

const programs: Record<ConformanceProgram, PretendedProgram> = {
  shelf: async () => ({ exitCode: 0 }),
  keep: async () => ({ exitCode: 137 }),
  connect: async () => ({ exitCode: 0 }),
  succeed: async () => ({ exitCode: 0 }),
  talk: async ({ log }) => {
    for (const text of ['one', 'two', 'unfinished']) log({ stream: 'stdout', text });
    log({ stream: 'stderr', text: 'wrong' });
    return { exitCode: 0 };
  },
  fail: async () => ({ exitCode: 3 }),
  copy: async () => ({ exitCode: 0, outputs: { 'results/out.txt': 'measured', 'note.txt': 'done\n' } }),
  sleep: ({ log, signal }) => {
    log({ stream: 'stdout', text: 'awake' });
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ exitCode: 143 })));
  },
  environment: async ({ spec, log }) => {
    for (const text of Object.keys(spec.environment)) log({ stream: 'stdout', text });
    return { exitCode: 0 };
  },
};
for (const jobsOutliveServer of [false, true]) {
  const journals = new Map<string, MemoryJournal>();
  executorConformance(`memory executor, jobs ${jobsOutliveServer ? 'outlive' : 'end with'} the server`, {
    open: async (folder) => {
      const journal = journals.get(folder) ?? new Map();
      journals.set(folder, journal);
      return createMemoryExecutor({ programs, folder: `${folder}/outputs`, journal, jobsOutliveServer });
    },
    command: (program) => ({ executable: program, arguments: [] }),
    batches: true,
  });
}
