import { GenesisError, invalidField } from '@genesis/contracts';
import { errorCode } from '../../../kernel/index.ts';

export const missing = (path: string): GenesisError =>
  new GenesisError({ code: 'not-found', message: `There is no ${JSON.stringify(path)} in this project.` });

export const conflict = (message: string, cause?: unknown): GenesisError =>
  new GenesisError({ code: 'conflict', message }, { cause });

/** What the operating system said, in our words; what is unforeseen comes back as it is. Host paths never show. */
function explain(error: unknown, path: string): unknown {
  const shown = JSON.stringify(path);
  switch (errorCode(error)) {
    case 'ENOENT':
      return missing(path);
    case 'EEXIST':
    case 'ENOTEMPTY':
      return conflict(`${shown} is there already.`, error);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ETXTBSY':
    case 'EBUSY':
      return conflict(`The operating system does not allow this with ${shown}.`, error);
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EINVAL':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return invalidField('path', `this cannot be done with ${shown}`, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new GenesisError(
        { code: 'storage-full', message: 'There is no room left for this in the project.' },
        { cause: error },
      );
    default:
      return error;
  }
}

/** Does something with the file system and tells its refusals as failures of the closed union. */
export async function explained<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explain(error, path);
  }
}
