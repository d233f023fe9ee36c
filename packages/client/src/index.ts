export type { Answer, Body } from './answers.ts';
export {
  type Api,
  type ClientOptions,
  createClient,
  dataOf,
  type GenesisClient,
  type SendOptions,
} from './client.ts';
export type { paths } from './generated/api.ts';
export { type FieldProblem, type Problem, ProblemError, parseProblem, UnreachableError } from './problem.ts';
