import type { ErrorCode, ErrorDetails } from '#core/errors.ts';

/** The rungs from bottom to top; each is of use only when those below it hold. */
export const rungNames = [
  'configuration',
  'dns',
  'tcp',
  'tls',
  'clock',
  'token',
  'signature',
  'permission',
  'data',
  'callback',
] as const;
export type RungName = (typeof rungNames)[number];

/** `warned` holds, yet somebody should look; `skipped` was not needed or could not be reached. */
export type RungStatus = 'passed' | 'warned' | 'failed' | 'skipped';

/** One thing that a rung found, with what explains it. */
export interface Finding {
  readonly severity: 'failure' | 'warning';
  /** Key of the pair `diagnosis.<key>.cause` and `.fix` in the catalogues. */
  readonly key: string;
  /** Whose sentence stands in where the catalogues have no pair for the key. */
  readonly code?: ErrorCode;
  /** Arguments of the sentences. Never a secret. */
  readonly details: ErrorDetails;
}

/** What one rung did and found. All of it may be stored and shown: it is redacted already. */
export interface Rung {
  readonly name: RungName;
  readonly status: RungStatus;
  readonly durationMs: number;
  readonly sent?: string;
  readonly received?: string;
  readonly findings: readonly Finding[];
}

/** What the work of a rung returns; name and duration are put around it. */
export type RungOutcome = Omit<Rung, 'name' | 'durationMs'>;

export function passed(parts: Pick<Rung, 'sent' | 'received'> = {}): RungOutcome {
  return { status: 'passed', findings: [], ...parts };
}

export function skipped(findings: readonly Finding[] = []): RungOutcome {
  return { status: 'skipped', findings };
}

export function failed(
  findings: readonly Finding[],
  parts: Pick<Rung, 'sent' | 'received'> = {},
): RungOutcome {
  return { status: 'failed', findings, ...parts };
}

/** Failed, warned or passed, by the gravest finding. */
export function judged(
  findings: readonly Finding[],
  parts: Pick<Rung, 'sent' | 'received'> = {},
): RungOutcome {
  const isFailed = findings.some((finding) => finding.severity === 'failure');
  const status = isFailed ? 'failed' : findings.length > 0 ? 'warned' : 'passed';
  return { status, findings, ...parts };
}

export function failure(key: string, details: ErrorDetails = {}, code?: ErrorCode): Finding {
  return { severity: 'failure', key, details, ...(code === undefined ? {} : { code }) };
}

export function warning(key: string, details: ErrorDetails = {}, code?: ErrorCode): Finding {
  return { severity: 'warning', key, details, ...(code === undefined ? {} : { code }) };
}

/** Whether the whole ladder holds: nothing failed, and it was climbed to its top. */
export function isGreen(rungs: readonly Rung[]): boolean {
  return rungs.length === rungNames.length && rungs.every((rung) => rung.status !== 'failed');
}
