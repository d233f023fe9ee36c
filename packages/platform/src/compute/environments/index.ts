export { createEnvironments, type Environment, type Environments } from './environments.ts';
export { isLocked, readLock } from './lock.ts';
