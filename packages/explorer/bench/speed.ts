import {
  createRandom,
  type Design,
  drawDesign,
  type Observation,
  type Space,
  suggest,
} from '../src/index.ts';
import { median } from './statistics.ts';

const space: Space = {
  parameters: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ kind: 'continuous', name, min: 0, max: 1 })),
};

function response(design: Design): number {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => design[name] as number);
  return Math.sin(5 * a!) + (b! - 0.4) ** 2 * c! + Math.exp(-8 * (d! - 0.6) ** 2);
}

/**
 * The time of one suggestion from 2,000 candidates after n noisy observations, for each n, in milliseconds: processor
 * time, which is the wall time of a machine that does nothing else (one thread, no input or output), and the wall
 * time as it was here.
 */
export function costAgainstSize(
  sizes: readonly number[],
  repeats: number,
): { n: number; median: number; slowest: number; wall: number }[] {
  const random = createRandom('speed');
  const candidates = Array.from({ length: 2000 }, () => drawDesign(space, random));
  return sizes.map((n) => {
    const times = Array.from({ length: repeats + 1 }, (_, repeat) => {
      const observations = Array.from({ length: n }, (): Observation => {
        const design = drawDesign(space, random);
        return { design, status: 'measured', value: response(design) + 0.1 * random.normal() };
      });
      const begun = performance.now();
      const used = process.cpuUsage();
      suggest({ space, goal: { kind: 'maximize' }, observations, candidates, seed: repeat });
      const { user, system } = process.cpuUsage(used);
      return { processor: (user + system) / 1000, wall: performance.now() - begun };
    }).slice(1);
    const processor = times.map((time) => time.processor);
    return {
      n,
      median: median(processor),
      slowest: Math.max(...processor),
      wall: median(times.map(({ wall }) => wall)),
    };
  });
}
