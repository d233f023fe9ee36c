import type { ReadScope, WriteTx } from '../door/index.ts';
import type { PrincipalFacts } from '../policy/index.ts';

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

/** A sealed part as a claim names it. */
export type SealFacts = {
  /** The seal: the same rows, imported again or cut otherwise, have the same one. It is the family of their claims. */
  seal: string;
  /** The dataset that governs it. */
  dataset: string;
  retired: boolean;
  /** Different designs in the sealed part. */
  designs: number;
};

/** What campaigns need of the catalog. */
export interface Tables {
  /** The dataset that governs a version. */
  datasetOf(scope: ReadScope, version: string): Promise<string>;
  /** Rows of the explore part, these columns only. */
  exploreRows(
    scope: ReadScope,
    split: string,
    columns: readonly string[],
  ): Promise<Record<string, unknown>[]>;
  sealOf(tx: WriteTx, split: string): Promise<SealFacts>;
  /** Who imported the rows that the split cuts. */
  importerOf(principal: PrincipalFacts, split: string): Promise<string>;
  /** Opens the sealed part for the confirming run: through the door, as `split.unseal` under the purpose evaluate. */
  confirmRows(
    principal: PrincipalFacts,
    split: string,
    columns: readonly string[],
  ): Promise<Record<string, unknown>[]>;
}
