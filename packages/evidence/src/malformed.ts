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
  | 'crate'
  | 'envelope'
  | 'statement';

/** Input that does not follow its format to the letter. The message says what was found and what is allowed. */
export class MalformedError extends Error {
  readonly format: EvidenceFormat;
  /** The file, entry or field that is wrong, where the format has such. */
  readonly place: string | undefined;

  constructor(format: EvidenceFormat, message: string, options?: ErrorOptions & { place?: string }) {
    super(`${format}: ${message}`, options);
    this.name = 'MalformedError';
    this.format = format;
    this.place = options?.place;
  }
}
