import type { ClientBase } from 'pg';
import { parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import type { OrgId } from '#core/ids.ts';
import { parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import { compareNames } from '#core/name-match.ts';
import type { ChargeBearer, PaymentPurpose, PaymentRail } from '#core/payments.ts';
import { requireGrant } from '#store/grants.ts';
import { findPersons } from '#store/persons.ts';
import type { ApprovalPlan } from '../approval/rules.ts';
import { planApproval } from '../approval/rules.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { checkRequest } from './request-payments.ts';
import type { CheckedRequest, PaymentRequest, RequestProblem } from './request-payments.ts';

/** A payment as the API takes it, a file's row says it and a recurring one repeats it. */
export interface PaymentInput {
  readonly accountId: string;
  /** A registered payee: by its id, or by its account and, where that is not enough, its bank. */
  readonly beneficiaryId?: string | undefined;
  readonly creditorName?: string | undefined;
  readonly creditorAccount?: string | undefined;
  readonly creditorAgent?: string | undefined;
  /** Decimal text. */
  readonly amount: string;
  /** Absent: the paying account's. */
  readonly currency?: string | undefined;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  readonly rail?: PaymentRail | undefined;
  readonly chargeBearer?: ChargeBearer | undefined;
  /** `yyyy-MM-dd`, the bank's local day. */
  readonly requestedExecutionDate?: string | undefined;
}

/** For whom, by whom and by what a payment is asked for. */
export type RequestContext = Pick<
  PaymentRequest,
  'orgId' | 'source' | 'sourceKey' | 'maker' | 'batch' | 'recurrenceId' | 'state'
>;

export type CheckedInput =
  | {
      readonly isValid: true;
      readonly request: PaymentRequest;
      readonly checked: Extract<CheckedRequest, { isValid: true }>;
    }
  | { readonly isValid: false; readonly problems: readonly RequestProblem[] };

/**
 * Checks a payment in all that can be known before anybody is asked for approval, and writes nothing.
 * Every problem is told with its field, in the words of the input.
 */
export async function checkInput(
  deps: PaymentDeps,
  input: PaymentInput,
  context: RequestContext,
): Promise<CheckedInput> {
  const place = await placeOf(deps, { orgId: context.orgId, accountId: input.accountId });
  const problems: RequestProblem[] = [];
  const add = (field: string, problem: string): undefined => {
    problems.push({ code: 'payment.invalid', field, problem });
    return undefined;
  };
  const amount = readAmount(input.amount, input.currency ?? place.account.currency, add);
  const day = readDay(input.requestedExecutionDate, add);
  const beneficiary = beneficiaryOf(input, add);
  if (!amount || !beneficiary || problems.length > 0) return { isValid: false, problems };
  const request: PaymentRequest = {
    ...context,
    accountId: input.accountId,
    beneficiary,
    instructedAmount: amount,
    purpose: input.purpose,
    remittanceInformation: input.remittanceInformation,
    rail: input.rail,
    chargeBearer: input.chargeBearer,
    requestedExecutionDate: day,
    approval: { via: 'local' },
  };
  const checked = await checkRequest(deps, request);
  if (!checked.isValid) return { isValid: false, problems: checked.problems.map(toInputField) };
  const { creditor } = checked.payment;
  if (!isNameOf(input.creditorName, creditor.name)) {
    add('creditorName', `is not the registered holder of this account, "${creditor.name}"`);
    return { isValid: false, problems };
  }
  return withApproval(deps, request, checked, add, problems);
}

/**
 * Who must agree is said by the first rule that fits. Rows of a file are decided in one act, which
 * DingTalk does not have: they are approved in Cashbell, by as many people.
 */
async function withApproval(
  deps: PaymentDeps,
  request: PaymentRequest,
  checked: Extract<CheckedRequest, { isValid: true }>,
  add: Add,
  problems: readonly RequestProblem[],
): Promise<CheckedInput> {
  const { pool } = deps.services;
  const { orgId, accountId, purpose, maker } = request;
  const { creditor, instructedAmount: amount } = checked.payment;
  let plan: ApprovalPlan;
  try {
    plan = await planApproval(deps, { orgId, accountId, purpose, amount, creditor });
  } catch (error) {
    if (!isCashbellError(error)) throw error;
    const problem = PLAN_PROBLEMS[error.code];
    if (problem === undefined) throw error;
    add('amount', problem);
    return { isValid: false, problems };
  }
  const approval =
    plan.via === 'local' || request.batch !== undefined
      ? ({ via: 'local' } as const)
      : ({ via: 'dingtalk', processCode: plan.processCode } as const);
  if (approval.via === 'dingtalk' && !(await hasDingtalkUser(pool, orgId, maker))) {
    add('maker', 'must be a person with a DingTalk user id: the approval starts in their name');
    return { isValid: false, problems };
  }
  const { approvalsRequired } = plan;
  const payment = {
    ...checked.payment,
    approvalVia: approval.via,
    processCode: approval.via === 'dingtalk' ? approval.processCode : undefined,
    approvalsRequired,
  };
  return {
    isValid: true,
    request: { ...request, approval, approvalsRequired },
    checked: { ...checked, payment },
  };
}

const PLAN_PROBLEMS: Readonly<Partial<Record<ErrorCode, string>>> = {
  'approval.ruleMissing': 'has no rule that says who approves such a payment; add one',
  'approval.formMissing': 'fits a rule for DingTalk, and no approval form there can carry it',
};

async function hasDingtalkUser(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  maker: string,
): Promise<boolean> {
  const known = await findPersons(client, orgId, [maker]);
  return known.get(maker)?.dingtalkUserId !== undefined || maker.startsWith('dingtalk:');
}

type Add = (field: string, problem: string) => undefined;

function readAmount(text: string, currency: string, add: Add): Money | undefined {
  try {
    return parseMoney(text, currency);
  } catch (error) {
    if (isCashbellError(error, 'money.currencyUnknown')) return add('currency', 'is not known');
    if (isCashbellError(error, 'money.tooManyDecimals')) {
      return add('amount', `has more decimals than ${currency} has`);
    }
    if (isCashbellError(error)) return add('amount', 'must be decimal text such as 1250000.50');
    throw error;
  }
}

function readDay(text: string | undefined, add: Add): PlainDate | undefined {
  if (text === undefined) return undefined;
  try {
    return parsePlainDate(text);
  } catch (error) {
    if (isCashbellError(error)) return add('requestedExecutionDate', 'must be a day, 2026-11-23');
    throw error;
  }
}

function beneficiaryOf(input: PaymentInput, add: Add): PaymentRequest['beneficiary'] | undefined {
  const { beneficiaryId, creditorAccount, creditorAgent, creditorName } = input;
  if (beneficiaryId !== undefined) {
    // Two ways to name one payee could name two.
    if (creditorAccount === undefined && creditorAgent === undefined) return { beneficiaryId };
    return add('beneficiaryId', 'must not stand together with an account; give one of them');
  }
  if (creditorAccount === undefined) {
    return add('creditorAccount', 'is missing; give it, or a beneficiaryId');
  }
  return {
    name: creditorName ?? '',
    account: creditorAccount,
    ...(creditorAgent === undefined ? {} : { agent: creditorAgent }),
  };
}

/**
 * Whether a name beside an account may mean its registered holder. Nothing is paid by this name, so a
 * slip of the pen passes; another person's name tells that the account is not the one that was meant.
 */
function isNameOf(name: string | undefined, registered: string): boolean {
  if (name === undefined || name.trim() === '') return true;
  const { match, reason } = compareNames(registered, name);
  return match !== 'noMatch' || reason === 'otherScript';
}

/** Fields of an instruction as the input names them. */
const INPUT_FIELDS: Readonly<Record<string, string>> = {
  instructedAmount: 'amount',
  'creditor.account': 'creditorAccount',
  'creditor.agent': 'creditorAgent',
  'creditor.name': 'creditorName',
};

function toInputField(problem: RequestProblem): RequestProblem {
  return { ...problem, field: INPUT_FIELDS[problem.field] ?? problem.field };
}

/**
 * Whether somebody may ask for a payment: a person by a grant that covers account and amount, nobody
 * exempt; a machine by the scope of its token, since asking alone moves no money.
 */
export async function requireMaker(
  client: Pick<ClientBase, 'query'>,
  request: {
    readonly orgId: OrgId;
    readonly maker: string;
    readonly accountId: string;
    readonly amount: Money;
    readonly at: Instant;
  },
): Promise<void> {
  const { maker: personId, ...rest } = request;
  if (!personId.startsWith('per_')) return;
  await requireGrant(client, { ...rest, personId, action: 'payment.make' });
}
