import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { developmentSlurm } from '../development-slurm.ts';
import { sandboxMissing } from '../runs-platform.ts';
import { startWorld } from './world.ts';

const noSandbox = await sandboxMissing();
const slurm = developmentSlurm();
const base = await mkdtemp(join(tmpdir(), 'genesis-slurm-jobs-'));

afterAll(async () => {
  slurm.stop();
  await rm(base, { recursive: true, force: true });
});

test.skipIf(slurm.missing !== null || noSandbox !== null)(
  'a job of a project runs on a Slurm, in the folder of the project',
  async () => {
    await chmod(base, 0o755);
    const world = await startWorld(join(base, 'data'), { projectsFolder: join(base, 'projects') });
    try {
      const steward = await world.newPerson('Maria', ['steward']);
      const ada = await world.newPerson('Ada', ['researcher']);
      const operator = await world.newPerson('Otto', ['operator'], 'platform');
      const project = await world.newProject(steward, [ada]);
      const { id } = await world.must(operator, 'PUT', '/v1/compute/resources', {
        name: 'slurm',
        hardware: { nodes: 1 },
        access: { kind: 'slurm', stagingFolder: join(base, 'staging'), configuration: slurm.configuration },
      });
      await world.upload(ada, `${project.folder}/in.txt`, 'b\na\n');
      const spec = {
        ...{ executable: 'sort', stdin_path: 'in.txt', stdout_path: 'out.txt' },
        attributes: { account: project.id, duration: 60 },
      };
      const { status, body } = await world.submit(ada, spec, {}, id);
      expect(status).toBe(200);
      const ended = await world.jobEnd(ada, body.id, id);
      expect(ended.status).toMatchObject({ state: 'completed', exit_code: 0 });
      const { body: task } = await world.file(ada, 'view', { path: `${project.folder}/out.txt` });
      expect(task.result.output.content).toBe('a\nb\n');
    } finally {
      await world.close();
    }
  },
);
