/** Where in the case table a refusal stands (A8.2). */
export interface RefusalCase {
  readonly status: number;
  readonly service: string;
  readonly caseCode: string;
  readonly message: string;
}

/** For the management interface only: a real bank does not say what it expected. */
export interface RefusalHint {
  readonly detail?: string;
  readonly stringToSign?: string;
}

/** A no of the bank; its code is HTTP status, service and case, seven digits (A8.1). */
export class Refusal extends Error {
  readonly status: number;
  readonly responseCode: string;
  readonly hint: RefusalHint;

  constructor(refusal: RefusalCase, hint: RefusalHint = {}) {
    super(refusal.message.slice(0, 150));
    this.status = refusal.status;
    this.responseCode = `${refusal.status}${refusal.service}${refusal.caseCode}`;
    this.hint = hint;
  }
}

/** 400xx00: the request cannot be read at all. */
export function badRequest(service: string, detail: string): Refusal {
  return new Refusal({ status: 400, service, caseCode: '00', message: 'Bad Request' }, { detail });
}

/** 400xx01: a field or header has the wrong form. */
export function invalidFormat(service: string, field: string, detail?: string): Refusal {
  const message = `Invalid Field Format [${field}]`;
  return new Refusal({ status: 400, service, caseCode: '01', message }, detail ? { detail } : {});
}

/** 400xx02: a mandatory field or header is missing. */
export function missingField(service: string, field: string): Refusal {
  const message = `Invalid Mandatory Field [${field}]`;
  return new Refusal({ status: 400, service, caseCode: '02', message });
}

/** 401xx00 with the reason in brackets, which is all that the caller learns. */
export function unauthorized(service: string, reason: string, hint: RefusalHint = {}): Refusal {
  const message = `Unauthorized. [${reason}]`;
  return new Refusal({ status: 401, service, caseCode: '00', message }, hint);
}

/** 401xx01: the token is unknown, expired or of another bank. */
export function invalidToken(service: string, detail: string): Refusal {
  const message = 'Invalid Token (B2B)';
  return new Refusal({ status: 401, service, caseCode: '01', message }, { detail });
}

/** 404xx11: no such account. */
export function unknownAccount(service: string): Refusal {
  const message = 'Invalid Card/Account/Customer [accountNo]/Virtual Account';
  return new Refusal({ status: 404, service, caseCode: '11', message });
}

/** 405xx00: the service exists in the standard, the simulator does not offer it. */
export function notSupported(service: string): Refusal {
  const message = 'Requested Function Is Not Supported';
  return new Refusal({ status: 405, service, caseCode: '00', message });
}

/** 409xx00: the X-EXTERNAL-ID was used today already. */
export function conflict(service: string): Refusal {
  return new Refusal({ status: 409, service, caseCode: '00', message: 'Conflict' });
}
