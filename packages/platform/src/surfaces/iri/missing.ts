import { GenesisError } from '@genesis/contracts';

export const missing = (what: string): GenesisError =>
  new GenesisError({ code: 'not-found', message: `There is no ${what} under this id that you may see.` });
