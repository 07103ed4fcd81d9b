/**
 * Whether the database refused a value, not the moment: a sign that no text may hold, a number that
 * is too large, a row that must not be. The same statement would fail again (SQLSTATE 22, 23, 54).
 */
export function isDataError(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== undefined && /^(?:22|23|54)/.test(code);
}

/** Whether an error came from the database or from the way to it. */
export function isDatabaseError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (sqlStateOf(error) !== undefined) return true;
  return /^(?:Connection terminated|timeout exceeded when trying to connect)/.test(error.message);
}

function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
