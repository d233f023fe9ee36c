import { GenesisError } from '@genesis/contracts';
import { nothing, operation } from './operation.ts';

const refuse = (what: string) => async () => {
  throw new GenesisError({ code: 'unsupported', message: `${what} are not kept here.` });
};

/** What clients ask before they begin, and what this server has not: told as such, so that they go on without. */
export const otherOperations = [
  operation('GET', '/mlflow/server-info', nothing, async () => ({
    store_type: 'GenesisStore',
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
  })),
  ...['/mlflow/traces', '/mlflow/traces/*'].map((path) =>
    operation(['GET', 'POST', 'PATCH', 'DELETE'], path, nothing, refuse('Traces')),
  ),
  operation('POST', '/mlflow/artifacts/presigned-upload-url', nothing, refuse('Presigned addresses')),
  operation('POST', '/mlflow/artifacts/presigned-download-url', nothing, refuse('Presigned addresses')),
];
