import type { Tx } from '../kernel/index.ts';

declare const writeBrand: unique symbol;

/**
 * A transaction in which a decision has been taken and a ledger entry will be written. Only `perform` makes one; stores
 * take it for every write, so that a write without a decision and an entry does not compile.
 */
export type WriteTx = Tx & { readonly [writeBrand]: true };

/** Only the door calls this. */
export const asWriteTx = (tx: Tx): WriteTx => tx as WriteTx;
