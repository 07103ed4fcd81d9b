/** What can go wrong with the database before a single query of the product has run. */
export type DatabaseErrorCode =
  | 'database.platformUnsupported'
  | 'database.alreadyRunning'
  | 'database.startFailed'
  | 'database.otherMajorVersion'
  | 'database.unreachable'
  | 'database.tooOld'
  | 'database.newerThanProgram'
  | 'database.migrationChanged'
  | 'database.migrationMissing'
  | 'database.migrationFailed'
  | 'database.migrationsPending';

/** A refusal with a stable code; the message says what is wrong and what to do about it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  /** Always our fault or the configuration's, never a bank's: somebody has to look. */
  readonly disposition = 'bug';

  constructor(code: DatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
