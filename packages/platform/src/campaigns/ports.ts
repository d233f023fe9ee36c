/** A function that ships with Genesis, by the module that exports it. */
export type FunctionRef = { module: URL; name: string };

/** Runs trusted functions away from the server's own thread. */
export interface Functions {
  /** Rejects with the function's own error, or with `unavailable` when it took too long. */
  call<Input, Output>(
    ref: FunctionRef,
    input: Input,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<Output>;
}
