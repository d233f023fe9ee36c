import { ProblemError, parseProblem, UnreachableError } from '@genesis/client';
import { expect, test } from 'vitest';
import { exitCodes } from './exit-codes.ts';
import { describeFailure, StepError, UsageError } from './failure.ts';

const problem = (code: string, status: number, more: object = {}) =>
  new ProblemError(
    parseProblem(status, { type: `urn:genesis:problem:${code}`, title: 'Title', detail: 'Detail.', ...more }),
  );

test('a denial says what is needed, and ends with its own code', () => {
  const failure = describeFailure(problem('denied', 403, { needed: ['a clearance for cui'] }));
  expect(failure.text).toBe('Detail.\nNeeded:\n  - a clearance for cui');
  expect(failure.exitCode).toBe(exitCodes.denied);
  expect(failure.json).toMatchObject({ code: 'denied', needed: ['a clearance for cui'] });
});

test('what the text says already is not said twice', () => {
  const failure = describeFailure(
    problem('denied', 403, { detail: 'Denied: x is needed', needed: ['x is needed'] }),
  );
  expect(failure.text).toBe('Denied: x is needed');
});

test('several wrong fields are listed', () => {
  const problems = [
    { field: 'body.budget', message: 'at least 2' },
    { field: 'body.title', message: 'required' },
  ];
  const failure = describeFailure(problem('invalid-input', 400, { problems }));
  expect(failure.text).toBe('Title:\n  - body.budget: at least 2\n  - body.title: required');
  expect(failure.exitCode).toBe(exitCodes.usage);
});

test.each([
  ['not-found', 404, exitCodes.notFound],
  ['unauthenticated', 401, exitCodes.denied],
  ['sealed', 403, exitCodes.denied],
  ['conflict', 409, exitCodes.conflict],
  ['exhausted', 409, exitCodes.conflict],
  ['unavailable', 503, exitCodes.unavailable],
  ['storage-full', 507, exitCodes.unavailable],
  ['internal', 500, exitCodes.failed],
])('%s ends with its code', (code, status, exitCode) => {
  expect(describeFailure(problem(code, status)).exitCode).toBe(exitCode);
});

test('no server: what to do next', () => {
  const failure = describeFailure(new UnreachableError('http://127.0.0.1:7470'));
  expect(failure.text).toContain('genesis serve');
  expect(failure.exitCode).toBe(exitCodes.unavailable);
});

test('a step keeps the words and the code of what stopped it', () => {
  const failure = describeFailure(
    new StepError('The demonstration stopped.', { cause: new UsageError('no such column') }),
  );
  expect(failure.text).toBe('The demonstration stopped.\nno such column');
  expect(failure.exitCode).toBe(exitCodes.usage);
});

test('text from elsewhere cannot move the cursor', () => {
  const failure = describeFailure(problem('conflict', 409, { detail: 'bad \x1b[2Jname\u202e' }));
  expect(failure.text).toBe('bad \u{fffd}[2Jname\u{fffd}');
});
