/** Functions that the tests of the runner call in worker threads. */
import type { FunctionContext } from './messages.ts';

export const add = ({ a, b }: { a: number; b: number }): number => a + b;

export const talk = (_input: unknown, { log }: FunctionContext): string => {
  log('first');
  console.log('second\nthird');
  console.error('fourth');
  return 'spoken';
};

export const fail = (): never => {
  throw new RangeError('the curve has no peak');
};

export const failAssumption = (): never => {
  throw Object.assign(new Error('spheres only'), { failureClass: 'F8_DOMAIN_ASSUMPTION' });
};

export const spin = (): never => {
  for (;;);
};

export const eat = (): number => {
  const kept: number[][] = [];
  for (;;) kept.push(new Array<number>(1_000_000).fill(kept.length));
};

export const leave = (): never => process.exit(3);

export const uncopiable = (): unknown => () => 1;

export const environment = (): string[] => Object.keys(process.env);

export const burn = (milliseconds: number): number => {
  const end = performance.now() + milliseconds;
  let turns = 0;
  while (performance.now() < end) turns += 1;
  return turns;
};

export const notAFunction = 1;
