/** The formats that this package reads strictly; each refusal names the one that it belongs to. */
export type EvidenceFormat =
  | 'canonical-json'
  | 'merkle'
  | 'note'
  | 'verifier-key'
  | 'signer-key'
  | 'checkpoint'
  | 'cosignature'
  | 'tile'
  | 'tlog-proof'
  | 'zip'
  | 'crate';

/** Input that does not follow its format to the letter. The message says what was found and what is allowed. */
export class MalformedError extends Error {
  readonly format: EvidenceFormat;

  constructor(format: EvidenceFormat, message: string, options?: ErrorOptions) {
    super(`${format}: ${message}`, options);
    this.name = 'MalformedError';
    this.format = format;
  }
}
