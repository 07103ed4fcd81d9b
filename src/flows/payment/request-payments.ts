import type { InstructionProblem, PaymentCapability, RailTraits } from '#connectors/contract.ts';
import { dayIn, startOfDay } from '#core/dates.ts';
import type { PlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { BatchId, OrgId, PaymentId, RecurrenceId } from '#core/ids.ts';
import type { Money } from '#core/money.ts';
import type { ChargeBearer, Creditor, PaymentPurpose, PaymentRail } from '#core/payments.ts';
import { newEndToEndId, newId } from '#secret/ids.ts';
import { appendAudit } from '#store/audit.ts';
import { resolveBeneficiary } from '#store/payment-beneficiaries.ts';
import type { ResolvedBeneficiary } from '#store/payment-beneficiaries.ts';
import { appendPaymentStep, findPayment, insertPayment } from '#store/payments.ts';
import type { NewPayment, PaymentSource } from '#store/payments.ts';
import { inTransaction } from '#store/transaction.ts';
import type { Transaction } from '#store/transaction.ts';
import { saveFacts } from '../notification/announce.ts';
import type { OrgFact, Ring } from '../notification/announce.ts';
import { placeOf } from './payment-deps.ts';
import type { PaymentDeps, PaymentPlace } from './payment-deps.ts';
import { digestOf, toInstruction } from './payment-facts.ts';
import { cardOf } from './record.ts';

/** What somebody wants to be paid. Nothing of it is believed before it was checked. */
export interface PaymentRequest {
  readonly orgId: OrgId;
  readonly accountId: string;
  /** A registered payee, by its id or by its account. */
  readonly beneficiary:
    | { readonly beneficiaryId: string }
    | Pick<Creditor, 'name' | 'account' | 'agent'>;
  readonly instructedAmount: Money;
  readonly purpose: PaymentPurpose;
  readonly remittanceInformation: string;
  /** Absent: the first rail of the bank that takes it. */
  readonly rail?: PaymentRail | undefined;
  readonly chargeBearer?: ChargeBearer | undefined;
  /** The bank's local day; absent: as soon as it is approved. */
  readonly requestedExecutionDate?: PlainDate | undefined;
  readonly source: PaymentSource;
  /** Stable for this intent: asking twice with the same key makes one payment. */
  readonly sourceKey: string;
  /** `per_…`, `dingtalk:<userId>` or `token:<id>`. */
  readonly maker: string;
  readonly approval:
    | { readonly via: 'local' }
    | {
        readonly via: 'dingtalk';
        readonly processCode: string;
        readonly processInstanceId?: string | undefined;
      };
  readonly approvalsRequired?: number | undefined;
  readonly batch?: { readonly batchId: BatchId; readonly item: number } | undefined;
  readonly recurrenceId?: RecurrenceId | undefined;
  /** `draft` waits until somebody sends it for approval. */
  readonly state?: 'draft' | 'awaitingApproval' | undefined;
}

/** A field that cannot be used, in the words of the request. */
export interface RequestProblem extends InstructionProblem {
  readonly code: 'payment.invalid' | 'payment.beneficiaryUnknown' | 'payment.notSupported';
}

export type CheckedRequest =
  | { readonly isValid: true; readonly payment: NewPayment; readonly place: PaymentPlace }
  | { readonly isValid: false; readonly problems: readonly RequestProblem[] };

export interface RequestedPayment {
  readonly paymentId: PaymentId;
  /** False: the same intent had made this payment before. */
  readonly isNew: boolean;
}

/**
 * Writes down what was asked for, all of it or nothing, and tells it. Throws `payment.invalid` with
 * the first problem; use `checkRequest` to see them all before anybody is asked for approval.
 */
export async function requestPayments(
  deps: PaymentDeps,
  requests: readonly PaymentRequest[],
  alsoWrite?: (transaction: Transaction) => Promise<void>,
): Promise<readonly RequestedPayment[]> {
  const checked: Extract<CheckedRequest, { isValid: true }>[] = [];
  for (const request of requests) {
    const result = await checkRequest(deps, request);
    if (!result.isValid) throw problemError(result.problems);
    checked.push(result);
  }
  const { requested, rings } = await inTransaction(
    deps.services.pool,
    async (_client, transaction) => {
      await alsoWrite?.(transaction);
      return writeRequests(transaction, deps, checked);
    },
  );
  if (rings.length > 0) deps.onRings(rings);
  return requested;
}

function problemError(problems: readonly RequestProblem[]): CashbellError {
  const [first] = problems;
  const { code = 'payment.invalid', field = '', problem = '' } = first ?? {};
  return new CashbellError(code, { field, problem });
}

async function writeRequests(
  transaction: Transaction,
  deps: PaymentDeps,
  checked: readonly Extract<CheckedRequest, { isValid: true }>[],
): Promise<{ requested: RequestedPayment[]; rings: readonly Ring[] }> {
  const { client } = transaction;
  const now = new Date(deps.now().epochMilliseconds);
  const requested: RequestedPayment[] = [];
  const facts: OrgFact[] = [];
  for (const { payment, place } of checked) {
    const written = await insertPayment(client, payment, now);
    requested.push(written);
    if (!written.isNew) continue;
    await appendPaymentStep(
      client,
      payment,
      { happening: 'requested', state: payment.state, actor: payment.maker },
      now,
    );
    await appendAudit(client, {
      orgId: payment.orgId,
      actor: payment.maker,
      action: 'payment.requested',
      subject: payment.paymentId,
      after: auditOf(payment),
    });
    const stored = await findPayment(client, payment);
    if (stored && payment.state === 'awaitingApproval') {
      facts.push(await cardOf(transaction, place, stored, now));
    }
  }
  const rings = facts.length === 0 ? [] : await saveFacts(transaction, deps.announcer, facts, now);
  return { requested, rings };
}

function auditOf(payment: NewPayment): unknown {
  const { digest, endToEndId, accountId, beneficiaryId, purpose, source, sourceKey } = payment;
  return { digest, endToEndId, accountId, beneficiaryId, purpose, source, sourceKey };
}

/** Checks a request without writing anything: every problem, each with its field and its fix. */
export async function checkRequest(
  deps: PaymentDeps,
  request: PaymentRequest,
): Promise<CheckedRequest> {
  const place = await placeOf(deps, request);
  const { capability } = place;
  if (!capability) {
    const problem = `${place.connector.displayName} cannot be paid from`;
    return invalid([{ code: 'payment.notSupported', field: 'accountId', problem }]);
  }
  const problems = problemsOfRequest(request, place, dayIn(deps.now(), place.account.zone));
  const payee = await resolveBeneficiary(deps.services.pool, request.orgId, request.beneficiary);
  if (!payee) {
    problems.push({
      code: 'payment.beneficiaryUnknown',
      field: 'beneficiary',
      problem: 'is not registered; register the account and have a second person confirm it',
    });
    return invalid(problems);
  }
  const payment = draftOf(deps, request, place, payee);
  const rail = chooseRail(capability, payment, place, request.rail);
  if ('problems' in rail) problems.push(...rail.problems);
  if (problems.length > 0 || 'problems' in rail) return invalid(problems);
  return { isValid: true, payment: { ...payment, rail: rail.rail }, place };
}

function invalid(problems: readonly RequestProblem[]): CheckedRequest {
  return { isValid: false, problems };
}

function problemsOfRequest(
  request: PaymentRequest,
  place: PaymentPlace,
  today: PlainDate,
): RequestProblem[] {
  const problems: RequestProblem[] = [];
  const add = (field: string, problem: string): void => {
    problems.push({ code: 'payment.invalid', field, problem });
  };
  const { instructedAmount, requestedExecutionDate } = request;
  if (instructedAmount.amountMinorUnits <= 0n) add('amount', 'must be more than zero');
  if (instructedAmount.currency !== place.account.currency) {
    add('currency', `must be ${place.account.currency}, the currency of the paying account`);
  }
  if (request.remittanceInformation.length > 140) {
    add('remittanceInformation', 'must be at most 140 characters');
  }
  if (request.sourceKey.length > 200) add('sourceKey', 'must be at most 200 characters');
  if (requestedExecutionDate && requestedExecutionDate.since(today).days > 366) {
    add('requestedExecutionDate', 'must lie within a year');
  }
  return problems;
}

function draftOf(
  deps: PaymentDeps,
  request: PaymentRequest,
  place: PaymentPlace,
  payee: ResolvedBeneficiary,
): NewPayment {
  const now = deps.now();
  const { account, connection } = place;
  const day = dayIn(now, account.zone);
  const wanted = request.requestedExecutionDate ?? day;
  const isLater = wanted.since(day).days > 0;
  const content = {
    accountId: account.accountId,
    creditor: payee.creditor,
    instructedAmount: request.instructedAmount,
    purpose: request.purpose,
  };
  return {
    ...content,
    orgId: request.orgId,
    paymentId: newId('pay'),
    endToEndId: newEndToEndId(),
    connectionId: connection.connectionId,
    environment: connection.environment,
    beneficiaryId: payee.beneficiaryId,
    beneficiaryVersion: payee.version,
    remittanceInformation: request.remittanceInformation.replace(/\s+/g, ' ').trim(),
    rail: request.rail ?? 'intrabank',
    chargeBearer: request.chargeBearer ?? 'debtor',
    // A day that is over cannot be asked of a bank any more: it becomes today.
    requestedExecutionDate: isLater ? wanted : day,
    notBefore: isLater ? startOfDay(wanted, account.zone) : now,
    digest: digestOf(content),
    source: request.source,
    sourceKey: request.sourceKey,
    maker: request.maker,
    approvalVia: request.approval.via,
    processCode: request.approval.via === 'dingtalk' ? request.approval.processCode : undefined,
    processInstanceId:
      request.approval.via === 'dingtalk' ? request.approval.processInstanceId : undefined,
    approvalsRequired: request.approvalsRequired ?? 1,
    batchId: request.batch?.batchId,
    batchItem: request.batch?.item,
    recurrenceId: request.recurrenceId,
    state: request.state ?? 'awaitingApproval',
  };
}

/** The wanted rail, or the first in the bank's own order that takes the instruction. */
function chooseRail(
  capability: PaymentCapability<unknown>,
  payment: NewPayment,
  place: PaymentPlace,
  wanted: PaymentRail | undefined,
): { readonly rail: PaymentRail } | { readonly problems: readonly RequestProblem[] } {
  const config = place.connector.config.parse(place.connection.config);
  const offered = capability.rails.filter(({ rail }) => wanted === undefined || rail === wanted);
  let nearest: readonly InstructionProblem[] | undefined;
  for (const traits of offered) {
    const instruction = toInstruction(asPayment(payment, traits.rail), place);
    const problems = [
      ...problemsOfRail(traits, payment),
      ...capability.checkInstruction(instruction, config),
    ];
    if (problems.length === 0) return { rail: traits.rail };
    // The rail with the fewest objections tells best what is missing.
    if (!nearest || problems.length < nearest.length) nearest = problems;
  }
  const problems = nearest ?? [
    { field: 'rail', problem: `${place.connector.displayName} does not offer this way to pay` },
  ];
  return {
    problems: problems.map((problem) => ({ ...problem, code: 'payment.invalid' as const })),
  };
}

function asPayment(payment: NewPayment, rail: PaymentRail): NewPayment {
  return { ...payment, rail };
}

function problemsOfRail(traits: RailTraits, payment: NewPayment): InstructionProblem[] {
  const { instructedAmount, creditor } = payment;
  const problems: InstructionProblem[] = [];
  if (!traits.currencies.includes(instructedAmount.currency)) {
    problems.push({ field: 'currency', problem: `${traits.rail} does not carry this currency` });
  }
  if (!traits.schemes.includes(creditor.scheme)) {
    problems.push({ field: 'rail', problem: `${traits.rail} does not reach such an account` });
  }
  const { amountMin, amountMax } = traits;
  const units = instructedAmount.amountMinorUnits;
  if (amountMax?.currency === instructedAmount.currency && units > amountMax.amountMinorUnits) {
    problems.push({ field: 'amount', problem: `is more than ${traits.rail} carries` });
  }
  if (amountMin?.currency === instructedAmount.currency && units < amountMin.amountMinorUnits) {
    problems.push({ field: 'amount', problem: `is less than ${traits.rail} carries` });
  }
  return problems;
}
