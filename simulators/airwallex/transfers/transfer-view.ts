import { formatAmount } from '../money.ts';
import type { Transfer } from './transfer.ts';

/** What an auditor reads of a transfer; amounts are decimal text. */
export interface TransferView {
  readonly sequence: number;
  readonly revision: number;
  readonly at: string;
  readonly id: string;
  readonly requestId: string;
  readonly shortReferenceId: string;
  /** The wallet, as `accounts` names it. */
  readonly account: string;
  readonly sourceCurrency: string;
  readonly sourceAmount: string;
  readonly currency: string;
  readonly transferAmount: string;
  readonly beneficiaryName: string;
  readonly beneficiaryAccount: string;
  readonly beneficiaryBank: string;
  readonly reference: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: string;
  readonly fundingStatus: string;
  readonly failureType?: string;
  /** Whether the wallet was debited, and by how much besides the fee. */
  readonly debited: boolean;
  readonly debitedAmount: string;
  readonly feeAmount: string;
  /** The movement in `accounts` that is the debit, and stands in its narrative. */
  readonly debitReference?: string;
  readonly returned: boolean;
  readonly returnedAmount: string;
  /** Whether the company got the answer to its create call. */
  readonly answered: boolean;
}

/** Shows a transfer to an auditor. */
export function viewTransfer(transfer: Transfer): TransferView {
  const { order, quote, wallet, payout, fee } = transfer;
  const amount = (minorUnits: bigint): string => formatAmount(minorUnits, wallet.currency);
  const returned = payout?.status === 'REVERSED';
  return {
    sequence: transfer.sequence,
    revision: transfer.revision,
    at: new Date(transfer.acceptedAtMs).toISOString(),
    id: transfer.id,
    requestId: order.requestId,
    shortReferenceId: transfer.shortReferenceId,
    account: wallet.id,
    sourceCurrency: wallet.currency,
    sourceAmount: amount(quote.sourceMinorUnits),
    currency: quote.transferCurrency,
    transferAmount: formatAmount(quote.transferMinorUnits, quote.transferCurrency),
    beneficiaryName: order.beneficiary.name,
    beneficiaryAccount: order.beneficiary.account,
    beneficiaryBank: order.beneficiary.bankCode,
    reference: order.reference,
    metadata: order.metadata,
    status: transfer.status,
    fundingStatus: transfer.fundingStatus,
    ...(transfer.failure ? { failureType: transfer.failure.type } : {}),
    debited: payout !== undefined,
    debitedAmount: amount(payout?.minorUnits ?? 0n),
    feeAmount: amount(fee?.minorUnits ?? 0n),
    ...(payout ? { debitReference: payout.reference } : {}),
    returned,
    returnedAmount: amount(returned ? payout.minorUnits : 0n),
    answered: transfer.answered,
  };
}
