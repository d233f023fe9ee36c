import { request } from 'node:http';

export type MlflowAnswer = { status: number; headers: Record<string, unknown>; text: string };

/** Where MLflow's routes are: an address, or a Unix socket. */
export type Place = { url: string } | { socketPath: string };

/** Sends one request as MLflow's client does: fields of a GET in the query, others as JSON. Bytes go as they are. */
export const sendMlflow = (
  place: Place,
  token: string | undefined,
  method: string,
  path: string,
  content?: object | string,
): Promise<MlflowAnswer> =>
  new Promise((resolve, reject) => {
    const isQuery = method === 'GET' && typeof content === 'object';
    const query = isQuery ? `?${new URLSearchParams(content as Record<string, string>).toString()}` : '';
    const body =
      content === undefined || isQuery
        ? undefined
        : typeof content === 'string'
          ? content
          : JSON.stringify(content);
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined
        ? {}
        : {
            'content-type': typeof content === 'string' ? 'text/plain' : 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    const target =
      'url' in place
        ? { host: new URL(place.url).hostname, port: new URL(place.url).port }
        : { socketPath: place.socketPath };
    const sent = request({ ...target, method, path: `${path}${query}`, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({
          status: answer.statusCode!,
          headers: answer.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });

/** Calls below `/api/2.0/mlflow/` by one holder of a token. */
export const mlflowOf = (place: Place, token: string | undefined) => {
  const send = (method: string, path: string, content?: object | string) =>
    sendMlflow(place, token, method, path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`, content);
  const ask = async <T>(method: string, path: string, content?: object | string): Promise<T> => {
    const answer = await send(method, path, content);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as T;
  };
  /** MLflow's code of an answer that must not be good. */
  const code = async (method: string, path: string, content?: object | string): Promise<string> => {
    const { text } = await send(method, path, content);
    return (JSON.parse(text) as { error_code?: string }).error_code ?? text;
  };
  type Made = { run: { info: { run_id: string } } };
  return {
    send,
    ask,
    code,
    experiment: async (name: string, tags: object[] = []) =>
      (await ask<{ experiment_id: string }>('POST', 'experiments/create', { name, tags })).experiment_id,
    run: async (experiment: string) =>
      (await ask<Made>('POST', 'runs/create', { experiment_id: experiment })).run.info.run_id,
  };
};
export type Mlflow = ReturnType<typeof mlflowOf>;
