import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalExecutor } from './local-executor.ts';

/** Why tests that need a sandbox are skipped here, or `null` when there is one. */
export async function sandboxMissing(): Promise<string | null> {
  const stagingRoot = await mkdtemp(join(tmpdir(), 'genesis-sandbox-'));
  try {
    const { sandbox } = await createLocalExecutor({ stagingRoot });
    return sandbox.available ? null : sandbox.reason;
  } finally {
    await rm(stagingRoot, { recursive: true, force: true });
  }
}
