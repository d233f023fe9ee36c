import { type Label, labelSchema, levels } from '@genesis/contracts';
import { InvalidArgumentError } from 'commander';

/** A parser of labels as people write them: `internal`, or a level and categories, `controlled+cui+export:ear`. */
export function parseLabel(text: string): Label {
  const [level, ...categories] = text.split('+');
  const parsed = labelSchema.safeParse({ level, categories });
  if (!parsed.success) {
    throw new InvalidArgumentError(
      `expected a level (${levels.join(', ')}), and categories after "+": for example controlled+cui`,
    );
  }
  return parsed.data;
}

/** The label as people write it. */
export const formatLabel = ({ level, categories }: Label): string => [level, ...categories].join('+');
