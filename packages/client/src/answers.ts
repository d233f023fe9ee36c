import type { paths } from './generated/api.ts';

type Methods = 'get' | 'post' | 'put' | 'delete';
type Json<Content> = Content extends { content: { 'application/json': infer Data } } ? Data : never;

/** The JSON that an operation answers with when it succeeds, for example `Answer<'/v1/campaigns/{id}', 'get'>`. */
export type Answer<Path extends keyof paths, Method extends Methods> = paths[Path][Method] extends {
  responses: infer Responses;
}
  ? Json<Responses[keyof Responses]>
  : never;

/** The JSON body that an operation takes. */
export type Body<Path extends keyof paths, Method extends Methods> = paths[Path][Method] extends {
  requestBody: infer Content;
}
  ? Json<Content>
  : never;
