/** A field that is wrong, as the platform names it. */
export type FieldProblem = { field: string; message: string };

/** What the platform says when it refuses (RFC 9457), in the parts that a person or program acts upon. */
export type Problem = {
  /** Of the closed list of the platform, for example `denied`; `unknown` when something else answered. */
  code: string;
  status: number;
  title: string;
  detail: string;
  /** What would have to be true, where access was denied. */
  needed: string[];
  problems: FieldProblem[];
  requestId: string | null;
};

const prefix = 'urn:genesis:problem:';
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Reads a problem document. Never throws: an answer of another kind becomes a problem with its status. */
export function parseProblem(status: number, body: unknown): Problem {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const type = text(fields['type']) ?? '';
  const problems = list(fields['problems']) as Partial<FieldProblem>[];
  return {
    code: type.startsWith(prefix) ? type.slice(prefix.length) : 'unknown',
    status,
    title: text(fields['title']) ?? `The server answered ${status}`,
    detail: text(fields['detail']) ?? '',
    needed: list(fields['needed']).filter((one) => typeof one === 'string'),
    problems: problems.flatMap(({ field, message }) =>
      typeof field === 'string' && typeof message === 'string' ? [{ field, message }] : [],
    ),
    requestId: text(fields['requestId']) ?? null,
  };
}

/** The platform answered and refused. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail === '' ? problem.title : problem.detail);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Nothing answered, or the connection broke. */
export class UnreachableError extends Error {
  readonly url: string;

  constructor(url: string, options: { cause?: unknown } = {}) {
    super(`Nothing answers at ${url}`, options);
    this.name = 'UnreachableError';
    this.url = url;
  }
}
