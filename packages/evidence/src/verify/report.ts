/** One thing that was checked. `place` is a file of the crate, with the line or field after `#`. */
export interface Finding {
  readonly place: string;
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
}

/** Something that the crate does not allow to compute again, and why. It is no failure. */
export interface NotRecomputed {
  readonly place: string;
  readonly what: string;
  readonly reason: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly status: 'verified' | 'consistent-origin-unproven' | 'failed' | 'unreadable';
  readonly campaignId: string | null;
  readonly origin: string | null;
  readonly findings: readonly Finding[];
  readonly notRecomputed: readonly NotRecomputed[];
  /** Who besides the operator attests that every freeze preceded its opening. */
  readonly witnesses: readonly string[];
  readonly witness: string;
  /** 0 verified, 1 a check failed, 2 not a crate at all, 3 consistent but the origin is unproven. */
  readonly exitCode: 0 | 1 | 2 | 3;
}

/** `1 model`, `2 models`: for messages that people read. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Failures of one check that are listed one by one; a forged crate must not make an endless report. */
const mostFailures = 50;

/** Collects what is found, in order. */
export interface Findings {
  pass(place: string, check: string, message: string): void;
  fail(place: string, check: string, message: string): void;
  notRecomputed(place: string, what: string, reason: string): void;
  /** Runs a check of many parts and adds one passed finding when none of them failed. */
  group(place: string, check: string, passed: (parts: number) => string, run: () => number): void;
  readonly failed: () => boolean;
  readonly findings: readonly Finding[];
  readonly skipped: readonly NotRecomputed[];
}

export function createFindings(): Findings {
  const findings: Finding[] = [];
  const skipped: NotRecomputed[] = [];
  const failures = new Map<string, number>();
  const self: Findings = {
    findings,
    skipped,
    failed: () => failures.size > 0,
    pass: (place, check, message) => void findings.push({ place, check, ok: true, message }),
    fail(place, check, message) {
      const count = (failures.get(check) ?? 0) + 1;
      failures.set(check, count);
      if (count <= mostFailures) findings.push({ place, check, ok: false, message });
      else if (count === mostFailures + 1) {
        findings.push({ place, check, ok: false, message: 'further failures of this check are not listed' });
      }
    },
    notRecomputed: (place, what, reason) => void skipped.push({ place, what, reason }),
    group(place, check, passed, run) {
      const before = failures.get(check) ?? 0;
      const parts = run();
      if ((failures.get(check) ?? 0) === before) self.pass(place, check, passed(parts));
    },
  };
  return self;
}
