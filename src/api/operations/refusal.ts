import { CashbellError } from '#core/errors.ts';
import type { ErrorCode, ErrorDetails } from '#core/errors.ts';
import type { Finding } from '#engine/ladder/rung.ts';
import { remarksOf } from '#store/beneficiary-input.ts';

/** One thing that is wrong with what was sent, by field. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

const findingsByError = new WeakMap<CashbellError, readonly Finding[]>();
const problemsByError = new WeakMap<CashbellError, readonly FieldProblem[]>();

/** Throws when a dry check found what must not be stored; the error carries all of it. */
export function refuseFindings(findings: readonly Finding[]): void {
  const failures = findings.filter((finding) => finding.severity === 'failure');
  const [first] = failures;
  if (!first) return;
  const error = new CashbellError(first.code ?? 'api.invalid', first.details);
  findingsByError.set(error, failures);
  throw error;
}

/** An error with several problems by field, where one sentence would hide the others. */
export function problemsError(
  code: ErrorCode,
  problems: readonly FieldProblem[],
  /** Values for the sentence, where the first problem does not say them. */
  details: ErrorDetails = {},
): CashbellError {
  const [first] = problems;
  const error = new CashbellError(code, { ...first, count: problems.length, ...details });
  problemsByError.set(error, problems);
  return error;
}

export function findingsOf(error: CashbellError): readonly Finding[] {
  return findingsByError.get(error) ?? [];
}

/** All problems of an error by field; of a plain one, the one that its details name. */
export function problemsOf(error: CashbellError): readonly FieldProblem[] {
  const known = problemsByError.get(error) ?? remarksOf(error);
  if (known.length > 0) return known;
  const { field, variable, problem } = error.details;
  if (problem === undefined) return [];
  return [{ field: String(field ?? variable ?? ''), problem: String(problem) }];
}
