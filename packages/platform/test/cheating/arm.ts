import type { Server } from '../noninterference/running-server.ts';
import { actAsAgent, dropExperiments, overspendExperiments, sameSeedsAgain } from './experiments.ts';
import { openLaboratory } from './laboratory.ts';
import { type Caught, changeClaim, readSealed, reimport, spendMore } from './tricks.ts';

/** The cheating arm: somebody with every right that a researcher has tries to be supported without being right. */
export async function cheatingArm(server: Server): Promise<Caught[]> {
  const lab = await openLaboratory(server);
  return [
    ...(await spendMore(lab)),
    await readSealed(lab),
    await reimport(lab),
    await changeClaim(lab),
    ...(await overspendExperiments(lab)),
    await dropExperiments(lab),
    await sameSeedsAgain(lab),
    await actAsAgent(lab),
  ];
}
