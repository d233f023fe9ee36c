/** A request to another machine that was refused or failed, in words for whoever asked for it. */
export class OutboundError extends Error {
  /** The same request may work a little later. */
  readonly transient: boolean;

  constructor(message: string, how: { transient?: boolean; cause?: unknown } = {}) {
    super(message, { cause: how.cause });
    this.name = 'OutboundError';
    this.transient = how.transient ?? false;
  }
}
