export { exitCodeMeanings, exitCodes } from './exit-codes.ts';
export { main, type Surroundings } from './main.ts';
