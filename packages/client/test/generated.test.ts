import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '..', '..', '..', 'scripts', 'generate-client.mjs');

test('the generated types are those of the present platform', async () => {
  const { GENESIS_URL: _other, ...env } = process.env;
  const checked = promisify(execFile)(process.execPath, [script, '--check'], { env });
  await expect(checked).resolves.toMatchObject({ stderr: '' });
}, 180_000);
