import type { Answer, ServiceCall } from '../inbound.ts';
import { wireAmount } from '../money.ts';
import { STATUS_WORDS } from './status-words.ts';
import type { Transfer } from './journal.ts';

/** Writes the answer to a transfer as the bank does (A10.5, A13). */
export function transferAnswer(call: ServiceCall, transfer: Transfer): Answer {
  const { order } = transfer;
  const fields = {
    referenceNo: transfer.referenceNo,
    partnerReferenceNo: order.partnerReferenceNo,
    amount: wireAmount(order.amount, order.currency),
    ...(order.service === '17' ? {} : otherBank(transfer)),
    beneficiaryAccountNo: order.beneficiaryAccountNo,
    sourceAccountNo: order.sourceAccountNo,
    transactionDate: order.transactionDate,
    ...(order.customerReference === undefined
      ? {}
      : { customerReference: order.customerReference }),
    ...clearing(call, transfer),
    additionalInfo: additionalInfo(call, transfer),
  };
  const isInProgress = transfer.responseCode.startsWith('202');
  return { fields, transfer, ...(isInProgress ? { isInProgress } : {}) };
}

function otherBank({ order, traceNo }: Transfer): Record<string, unknown> {
  return { beneficiaryBankCode: order.beneficiaryBankCode, traceNo };
}

/** RTGS and SKN say at once how far they are; BCA's words for it are 00, 03 and 06. */
function clearing(call: ServiceCall, { order, status }: Transfer): Record<string, unknown> {
  if (order.service !== '22' && order.service !== '23') return {};
  const bank = call.desk.directory.bank(order.beneficiaryBankCode ?? '')?.code ?? '';
  return {
    beneficiaryAccountName: order.beneficiaryAccountName,
    beneficiaryAccountType: call.desk.directory.payee(bank, order.beneficiaryAccountNo).type,
    // The answer was written before the rejection arrived, if one overtook it.
    transactionStatus: status === '06' ? '03' : status,
    transactionStatusDesc: STATUS_WORDS[status === '06' ? '03' : status],
  };
}

/** What the company sent comes back; BCA adds an id of 18 characters to BI-FAST (A13). */
function additionalInfo(call: ServiceCall, { order, sequence }: Transfer): Record<string, unknown> {
  if (order.rail !== 'bifast' || call.profile.bank !== 'bca') return { ...order.additionalInfo };
  return { ...order.additionalInfo, bifastId: `BF${String(sequence).padStart(16, '0')}` };
}
