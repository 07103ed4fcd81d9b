/** What the engine may do after an error; it looks at nothing else (style.md section 7). */
export type Disposition = 'retry' | 'reject' | 'unknown' | 'bug';

/**
 * Every error code with its one disposition. Each has a sentence in every language
 * (`error.<code>`) and a section in `docs/errors.md`; a test keeps the lists together.
 */
export const errorCodes = {
  'money.currencyUnknown': 'bug',
  'money.currencyMixed': 'bug',
  'money.amountInvalid': 'bug',
  'money.tooManyDecimals': 'bug',
  'date.instantInvalid': 'bug',
  'date.dayInvalid': 'bug',
  'date.yearImplausible': 'bug',
  'id.invalid': 'bug',
  'config.invalid': 'bug',
  'config.insecureListen': 'bug',
  'config.sandboxOnly': 'bug',
  'database.unsupported': 'bug',
  'database.unavailable': 'retry',
  'database.newerThanCode': 'bug',
  'database.migrationChanged': 'bug',
  'database.inUse': 'bug',
  'secret.masterKeyMissing': 'bug',
  'secret.masterKeyWrong': 'bug',
  'secret.masterKeyInvalid': 'bug',
  'secret.unsealFailed': 'bug',
  'secret.hygiene': 'bug',
  'audit.chainBroken': 'bug',
  'connector.unknown': 'bug',
  'connector.capabilityMissing': 'bug',
  'connector.answerUnreadable': 'unknown',
  'connector.statusUnknown': 'bug',
  'connection.notFound': 'bug',
  'connection.notArmed': 'bug',
  'connection.environmentMismatch': 'bug',
  'bank.refused': 'reject',
  'bank.unauthorised': 'bug',
  'bank.tokenInvalid': 'retry',
  'bank.notAllowed': 'bug',
  'bank.badRequest': 'bug',
  'bank.throttled': 'retry',
  'bank.maintenance': 'retry',
  'bank.unavailable': 'retry',
  'bank.outcomeUnknown': 'unknown',
  'transport.timeout': 'unknown',
  'transport.connectFailed': 'retry',
  'transport.dnsFailed': 'retry',
  'transport.tlsFailed': 'bug',
  'transport.addressForbidden': 'bug',
  'transport.redirectRefused': 'bug',
  'transport.answerTooLarge': 'unknown',
  'transport.budgetExhausted': 'retry',
  'transport.circuitOpen': 'retry',
  'inbound.signatureInvalid': 'reject',
  'inbound.timestampStale': 'reject',
  'inbound.timestampFuture': 'reject',
  'inbound.timestampInvalid': 'reject',
  'inbound.headerMissing': 'reject',
  'inbound.nonceReplayed': 'reject',
  'inbound.tokenInvalid': 'reject',
  'inbound.addressNotAllowed': 'reject',
  'inbound.environmentMismatch': 'reject',
  'inbound.tooLarge': 'reject',
  'inbound.notJson': 'reject',
  'inbound.accountUnknown': 'reject',
  'inbound.clientUnknown': 'reject',
  'inbound.pathUnknown': 'reject',
  'inbound.connectionUnknown': 'reject',
  'inbound.rateLimited': 'retry',
  'inbound.unparseable': 'bug',
  'statement.gap': 'retry',
  'statement.currencyMismatch': 'bug',
  'route.invalid': 'bug',
  'destination.invalid': 'bug',
  'destination.notFound': 'bug',
  'dingtalk.throttled': 'retry',
  'dingtalk.busy': 'retry',
  'dingtalk.unreachable': 'retry',
  'dingtalk.outcomeUnknown': 'unknown',
  'dingtalk.tokenInvalid': 'retry',
  'dingtalk.credentialsInvalid': 'bug',
  'dingtalk.robotTokenInvalid': 'bug',
  'dingtalk.robotDisabled': 'bug',
  'dingtalk.robotNotInGroup': 'bug',
  'dingtalk.groupDissolved': 'bug',
  'dingtalk.keywordMissing': 'bug',
  'dingtalk.signatureMismatch': 'bug',
  'dingtalk.timestampInvalid': 'bug',
  'dingtalk.addressNotAllowed': 'bug',
  'dingtalk.permissionMissing': 'bug',
  'dingtalk.quotaExhausted': 'bug',
  'dingtalk.contentRefused': 'reject',
  'dingtalk.messageTooLarge': 'bug',
  'dingtalk.requestInvalid': 'bug',
  'dingtalk.partlyDelivered': 'reject',
  'dingtalk.answerUnreadable': 'unknown',
  // Reasons for which a payment is not executed now; each is told to the people concerned.
  'payment.notFound': 'reject',
  'payment.stateConflict': 'reject',
  'payment.invalid': 'reject',
  'payment.notSupported': 'reject',
  'payment.notApproved': 'reject',
  'payment.contentChanged': 'reject',
  'payment.approvalDeclined': 'reject',
  'payment.approvalWithdrawn': 'reject',
  'payment.approvalExpired': 'reject',
  'payment.selfApproval': 'reject',
  'payment.notEntitled': 'reject',
  'match.periodLocked': 'reject',
  'match.stateChanged': 'reject',
  'match.amountExceeded': 'reject',
  'match.notAllocatable': 'reject',
  'payment.beneficiaryUnknown': 'reject',
  'payment.beneficiaryChanged': 'reject',
  'payment.beneficiaryCoolOff': 'reject',
  'payment.nameMismatch': 'reject',
  'payment.limitExceeded': 'reject',
  'payment.duplicateSuspected': 'reject',
  'payment.cashShort': 'reject',
  'payment.cashUnknown': 'reject',
  'payment.stopped': 'reject',
  'payment.railClosed': 'reject',
  'payment.intentStale': 'retry',
  'payment.notYetDue': 'reject',
  'payment.bankRejected': 'reject',
  'payment.returnedByBank': 'reject',
  'payment.noAnswer': 'unknown',
  'payment.notFoundAtBank': 'unknown',
  'payment.decisionNeeded': 'unknown',
  'payment.notExecutedByDecision': 'reject',
  'payment.cannotCancel': 'reject',
  'payment.amountDiffers': 'bug',
  'payment.lateOutcome': 'bug',
  'payment.debitMissing': 'bug',
  'payment.debitUnexpected': 'bug',
  'approval.formMissing': 'bug',
  'approval.formMismatch': 'bug',
  'approval.ruleMissing': 'bug',
  'approval.instanceGone': 'reject',
  'dingtalk.callbackSignature': 'reject',
  'dingtalk.callbackUnreadable': 'reject',
  'dingtalk.streamDown': 'retry',
  'batch.rowInvalid': 'reject',
  'batch.fileUnreadable': 'reject',
  'batch.repeated': 'reject',
  'import.fileUnreadable': 'reject',
  'import.questionOpen': 'reject',
  'import.rowsRefused': 'reject',
  'claim.settled': 'reject',
  'claim.notClaimed': 'reject',
  'claim.notYours': 'reject',
  'claim.contested': 'reject',
  'claim.notContested': 'reject',
  'claim.subjectMissing': 'reject',
  'claim.outdated': 'reject',
  'claim.itemAmbiguous': 'reject',
  'claim.itemUnusable': 'reject',
  'report.notRendered': 'retry',
  'report.notSettled': 'retry',
  'report.nothingToRead': 'bug',
  'report.notReady': 'retry',
  'report.failed': 'bug',
  'api.unauthorised': 'reject',
  'api.forbidden': 'reject',
  'api.secondPerson': 'reject',
  'api.notFound': 'reject',
  'api.invalid': 'reject',
  'api.conflict': 'reject',
  'api.rateLimited': 'retry',
  'api.tooLarge': 'reject',
} as const satisfies Record<string, Disposition>;

export type ErrorCode = keyof typeof errorCodes;

/** Values for the sentence of an error. Never a secret: they are logged and shown. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/**
 * The one error class. `code` picks the sentence and the page, `disposition` what happens next.
 * The English message is for logs; people see the sentence of their language.
 */
export class CashbellError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: { cause?: unknown } = {}) {
    super(formatMessage(code, details), options);
    this.name = 'CashbellError';
    this.code = code;
    this.details = details;
  }

  get disposition(): Disposition {
    return errorCodes[this.code];
  }
}

function formatMessage(code: ErrorCode, details: ErrorDetails): string {
  const parts = Object.entries(details).map(([name, value]) => `${name}=${String(value)}`);
  return parts.length === 0 ? code : `${code} (${parts.join(', ')})`;
}

/** Whether anything thrown is one of ours, with the given code. */
export function isCashbellError(error: unknown, code?: ErrorCode): error is CashbellError {
  return error instanceof CashbellError && (code === undefined || error.code === code);
}
