import { isCashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { foldName } from '#core/payments.ts';
import { wakePayments } from '#store/payments.ts';
import type { PaymentDeps } from '../payment/payment-deps.ts';
import { checkRequest, requestPayments } from '../payment/request-payments.ts';
import type { CheckedRequest, PaymentRequest } from '../payment/request-payments.ts';
import type { FormRequest, IntakeOutcome, IntakeProblem, PaymentIntake } from './approval-deps.ts';
import type { FormPayment } from './read-form.ts';
import { sourceKeyOf } from './read-approval.ts';

/** Asks the flow of payments on behalf of approved forms. */
export function createPaymentIntake(deps: PaymentDeps): PaymentIntake {
  return {
    requestFromApproval: (request) => requestFromApproval(deps, request),
    wake: async (orgId, paymentIds) => {
      if (paymentIds.length === 0) return;
      await wakePayments(
        deps.services.pool,
        orgId,
        paymentIds,
        new Date(deps.now().epochMilliseconds),
      );
      deps.onWoken();
    },
  };
}

async function requestFromApproval(
  deps: PaymentDeps,
  request: FormRequest,
): Promise<IntakeOutcome> {
  const asked = request.payments.map((payment) => ({
    payment,
    request: toRequest(request, payment),
  }));
  for (const one of asked) {
    const checked = await checkRequest(deps, one.request).catch(unknownAccount);
    const problem = problemOf(one.payment, checked);
    if (problem) {
      const mayPassLater = problem.code === 'payment.beneficiaryUnknown';
      return { kind: 'refused', problem, mayPassLater };
    }
  }
  const requested = await requestPayments(
    deps,
    asked.map((one) => one.request),
  );
  return { kind: 'requested', paymentIds: requested.map(({ paymentId }) => paymentId) };
}

function toRequest(request: FormRequest, payment: FormPayment): PaymentRequest {
  const { processCode, processInstanceId, maker, approvalsRequired } = request;
  return {
    orgId: parseId('org', request.orgId),
    accountId: payment.debtorAccountId,
    beneficiary: payment.creditor,
    instructedAmount: payment.instructedAmount,
    purpose: payment.purpose,
    remittanceInformation: payment.remittanceInformation.slice(0, 140),
    requestedExecutionDate: payment.requestedExecutionDate,
    source: 'dingtalkForm',
    sourceKey: sourceKeyOf(processInstanceId, payment.row),
    maker,
    approval: { via: 'dingtalk', processCode, processInstanceId },
    approvalsRequired,
  };
}

function problemOf(asked: FormPayment, checked: CheckedRequest): IntakeProblem | undefined {
  if (!checked.isValid) {
    const [first] = checked.problems;
    const { code = 'payment.invalid', field = '', problem = '' } = first ?? {};
    return { code, field, problem, row: asked.row };
  }
  // The account is paid under the name in the book; people must not have agreed to another one.
  const { name } = checked.payment.creditor;
  if (foldName(name) === foldName(asked.creditor.name)) return undefined;
  return {
    code: 'payment.invalid',
    field: 'creditorName',
    problem: `the account is registered for "${name}"`,
    row: asked.row,
  };
}

/** An account that was taken away since the form was mapped. */
function unknownAccount(error: unknown): CheckedRequest {
  if (!isCashbellError(error, 'api.notFound')) throw error;
  const problem = 'the paying account is not there any more';
  const code = 'payment.invalid' as const;
  return { isValid: false, problems: [{ code, field: 'debtorAccount', problem }] };
}
