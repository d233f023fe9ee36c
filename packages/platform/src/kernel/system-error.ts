/** The code of a system or database error (`ENOENT`, `57P01`), or undefined when it has none. */
export const errorCode = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
};

/** What a look at a file gives; null where it is not there. Every other error is thrown on. */
export const nullIfAbsent = <T>(look: Promise<T>): Promise<T | null> =>
  look.catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
    return null;
  });
