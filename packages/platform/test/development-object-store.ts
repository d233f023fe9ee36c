import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endDaemon } from '../../../scripts/object-store/daemons.ts';

const script = fileURLToPath(new URL('../../../scripts/object-store/object-store.ts', import.meta.url));

/** A real S3 object store on the loopback, in a folder of its own, or why there can be none here. */
export type DevelopmentObjectStore = {
  missing: string | null;
  folder: string;
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** A file of mode 0600 with the credentials, as the platform takes them. */
  credentialsFile: string;
  /** SIGKILL to the gateway; what it has acknowledged stays. */
  kill(): Promise<void>;
  /** Starts the gateway again, and returns once it answers. */
  restart(): void;
  stop(): void;
};

function say(action: string, folder: string): Record<string, string> {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, action, folder]);
  if (status !== 0 && status !== 3)
    throw new Error(`The object store cannot ${action}: ${stderr.toString()}`);
  return stdout.length === 0 ? {} : JSON.parse(stdout.toString());
}

export function developmentObjectStore(): DevelopmentObjectStore {
  const top = mkdtempSync(join(tmpdir(), 'genesis-s3-'));
  const folder = join(top, 'store');
  const said = say('start', folder);
  const credentials = {
    accessKeyId: said['accessKeyId'] ?? '',
    secretAccessKey: said['secretAccessKey'] ?? '',
  };
  const credentialsFile = join(top, 'credentials.json');
  writeFileSync(credentialsFile, JSON.stringify(credentials), { mode: 0o600 });
  return {
    ...{ missing: said['missing'] ?? null, folder, credentials, credentialsFile },
    endpoint: said['endpoint'] ?? '',
    region: said['region'] ?? '',
    kill: () => endDaemon(folder, 'radosgw', 'once'),
    restart: () => {
      const { missing } = say('restart', folder);
      if (missing !== undefined) throw new Error(missing);
    },
    stop: () => {
      if (said['missing'] === undefined) say('stop', folder);
      rmSync(top, { recursive: true, force: true });
    },
  };
}
