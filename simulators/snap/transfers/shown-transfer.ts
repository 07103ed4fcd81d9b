import type { ShownTransfer } from '../../lib/bank.ts';
import { formatAmount } from '../money.ts';
import type { Transfer, TransferStatus } from './journal.ts';
import { STATUS_WORDS } from './status-words.ts';

const STATES: Readonly<Record<TransferStatus, ShownTransfer['state']>> = {
  '00': 'done',
  '01': 'open',
  '02': 'open',
  '03': 'open',
  '04': 'returned',
  '05': 'failed',
  '06': 'failed',
};

/** A transfer for the page, with the buttons that fit its status. */
export function shownTransfer(transfer: Transfer): ShownTransfer {
  const { order, status, reason } = transfer;
  const words = `${status} ${STATUS_WORDS[status]}`;
  return {
    id: transfer.id,
    at: transfer.at.toISOString(),
    amount: formatAmount(order.amount),
    currency: order.currency,
    creditor: order.beneficiaryAccountName ?? order.beneficiaryAccountNo,
    detail: [
      order.rail,
      order.beneficiaryBankCode ?? '',
      order.beneficiaryAccountNo,
      order.partnerReferenceNo,
    ]
      .filter((part) => part !== '')
      .join(' · '),
    state: STATES[status],
    status: reason === undefined ? words : `${words}: ${reason}`,
    answered: transfer.answered ?? 'not answered yet',
    verbs: verbsOf(transfer),
  };
}

function verbsOf({ status, order }: Transfer): ShownTransfer['verbs'] {
  if (status === '00') return [{ verb: 'return', label: 'Return this transfer' }];
  if (status !== '03') return [];
  return [
    { verb: 'settle', label: 'Settle' },
    { verb: 'reject', label: `Reject this ${order.rail.toUpperCase()}` },
  ];
}
