import type { Considered } from '@genesis/contracts';
import { expect, test } from 'vitest';
import { explainPlan } from './explain-plan.ts';

const fits = (name: string, waiting: number, change: Partial<Considered> = {}): Considered => ({
  resource: `mch_${name}`,
  name,
  accepted: true,
  rejections: [],
  warnings: [],
  score: {
    total: waiting + 90 + 360,
    waiting,
    waitingLow: waiting / 2,
    waitingHigh: 12 * waiting,
    movement: 90,
    cost: 360,
    units: 1,
  },
  ...change,
});
const unfit = (name: string, ...rejections: Considered['rejections']): Considered => ({
  resource: `mch_${name}`,
  name,
  accepted: false,
  rejections,
  warnings: [],
  score: null,
});

test('the chosen one has a star, the rest its figures, the rejected ones every reason', () => {
  const text = explainPlan({
    chosen: 'mch_slurm',
    considered: [
      fits('slurm', 300),
      fits('perlmutter', 9_000, { warnings: ['its status is degraded'] }),
      unfit(
        'laptop',
        { code: 'too-few-nodes', message: 'asks for 2 nodes, it has 1' },
        { code: 'too-little-memory', message: 'asks for 64 GiB on a node, a node has 32 GiB' },
      ),
    ],
  });
  expect(text).toBe(
    `
The run goes to slurm.

   resource    score     waits  in 8 of 10 cases   data  costs, as time
*  slurm       12.5 min  5 min  2.5 min to 60 min  90 s  6 min (1 unit)
   perlmutter  2.6 h     2.5 h  75 min to 30 h     90 s  6 min (1 unit)

To be careful about:
  perlmutter: its status is degraded

Rejected:
  laptop
    too-few-nodes: asks for 2 nodes, it has 1
    too-little-memory: asks for 64 GiB on a node, a node has 32 GiB
`.trim(),
  );
});

test('nothing fits: it says so, with the reasons', () => {
  const plan = { chosen: null, considered: [unfit('a', { code: 'down', message: 'its status is down' })] };
  expect(explainPlan(plan)).toBe(
    'No resource can take this run.\n\nRejected:\n  a\n    down: its status is down',
  );
  expect(explainPlan({ chosen: null, considered: [] })).toBe('No resource can take this run.');
});

test('long plans are cut, and names cannot move the cursor', () => {
  const many = Array.from({ length: 25 }, (_, i) => fits(`machine-${i}`, 60 + i));
  const refused = Array.from({ length: 23 }, (_, i) =>
    unfit(`old-${i}`, { code: 'down', message: 'is down' }),
  );
  const text = explainPlan({ chosen: 'mch_machine-0', considered: [...many, ...refused] });
  expect(text).toContain('machine-19');
  expect(text).not.toContain('machine-20');
  expect(text).toContain('  and 5 more\n');
  expect(text.endsWith('  and 3 more')).toBe(true);
  const evil = unfit('a\u001b[2J', { code: 'down', message: 'b\u001b[1A' });
  expect(explainPlan({ chosen: null, considered: [evil] })).not.toContain('\u001b');
});

test('what costs nothing says so', () => {
  const { score } = fits('a', 10);
  const free = fits('a', 10, { score: { ...score!, units: 0, cost: 0 } });
  expect(explainPlan({ chosen: 'mch_a', considered: [free] })).toMatch(/^\* +a .* nothing$/m);
});
