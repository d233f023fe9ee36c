export { listChallenges, seedChallenges } from './challenges.ts';
export { challengeRoutes } from './routes.ts';
