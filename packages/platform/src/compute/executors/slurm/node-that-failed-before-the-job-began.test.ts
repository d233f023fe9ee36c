import { expect, test } from 'vitest';
import { Staging } from '../local/staging.ts';
import { singleSubmission } from './single.ts';

/*
 * A job by itself whose node failed before the job began ended there, while the jobs of a batch were given to Slurm
 * again. It may be: whoever comes second to its claim does nothing.
 */
const submission = () => {
  const seen = { submitted: 0 };
  const over = { add: async () => {}, sweep: () => {}, pending: false };
  const submit = async (): Promise<void> => {
    seen.submitted += 1;
  };
  return { seen, one: singleSubmission(new Staging('/nowhere', 'job'), over, submit) };
};

test('a job whose node failed before it began is given to Slurm again, three times at most', async () => {
  const { seen, one } = submission();
  const lost = { id: '1', state: 'NODE_FAIL', why: 'NodeDown' };
  expect([await one.again(lost), await one.again(undefined), await one.again(lost)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(seen.submitted).toBe(2);
});

test.each(['CANCELLED', 'FAILED', 'TIMEOUT', 'PENDING'])(
  'a job that is %s before it began is not',
  async (state) => {
    const { seen, one } = submission();
    expect(await one.again({ id: '1', state, why: 'None' })).toBe(false);
    expect(seen.submitted).toBe(0);
  },
);
