import type { Account, Movement } from './books.ts';
import { signedAmount } from './books.ts';
import type { ServiceCall } from './inbound.ts';
import { wireAmount } from './money.ts';
import { narrative } from './narrative.ts';
import { referenceNo } from './reference-no.ts';
import type { StatementPage } from './statement-page.ts';
import { wibMidnight, wibSeconds } from './times.ts';

type Fields = Record<string, unknown>;

/** Writes a page as the bank does: the fields of A10.3 with the differences of A13 to A15. */
export function answerFields(
  call: ServiceCall,
  account: Account,
  page: StatementPage,
  partnerReferenceNo: string | undefined,
): Fields {
  const { bank } = call.profile;
  const rows = page.rows.map((movement) => row(call, account, movement));
  return {
    // BRI's first version has no reference (A14).
    ...(call.version === '1.0' ? {} : { referenceNo: referenceNo(call.world, '02') }),
    ...(partnerReferenceNo === undefined ? {} : { partnerReferenceNo }),
    balance: [rangeBalance(account, page)],
    totalCreditEntries: total(account, page, 'credit'),
    totalDebitEntries: total(account, page, 'debit'),
    ...(bank === 'bca' ? {} : paging(page)),
    detailData: rows,
  };
}

function paging(page: StatementPage): Fields {
  if (!page.hasMore || !page.lastRecordAt) return { hasMore: 'N' };
  return { hasMore: 'Y', lastRecordDateTime: wibSeconds(page.lastRecordAt) };
}

/** `dateTime` sits inside each amount (A10.3). */
function rangeBalance(account: Account, page: StatementPage): Fields {
  const dated = (hundredths: bigint, at: Date): Fields => ({
    ...wireAmount(hundredths, account.currency),
    dateTime: wibSeconds(at),
  });
  return {
    amount: dated(page.endingBalance, page.range.to),
    startingBalance: dated(page.startingBalance, page.range.from),
    endingBalance: dated(page.endingBalance, page.range.to),
  };
}

/** The number of entries is a whole number sent as text (A10.3). */
function total(account: Account, page: StatementPage, direction: 'credit' | 'debit'): Fields {
  const rows = page.booked.filter((movement) => movement.creditDebitIndicator === direction);
  const sum = rows.reduce((amount, movement) => amount + movement.amount, 0n);
  return { numberOfEntries: String(rows.length), amount: wireAmount(sum, account.currency) };
}

function row(call: ServiceCall, account: Account, movement: Movement): Fields {
  const amount = wireAmount(movement.amount, account.currency);
  const type = call.profile.directions[movement.creditDebitIndicator];
  const remark = narrative(movement);
  if (call.profile.bank === 'bca') {
    // Days only, no transactionId; the running balance is `endAmount` (A13, A21).
    const endAmount = wireAmount(movement.balanceAfter, account.currency);
    return { amount, transactionDate: wibMidnight(movement.at), remark, type, endAmount };
  }
  return {
    ...detailBalance(account, movement),
    amount,
    originAmount: amount,
    transactionDate: wibSeconds(movement.at),
    remark,
    transactionId: movement.transactionId,
    type,
    transactionDetailStatus: detailStatus(movement),
    ...(call.version === '2.0' ? { remarkCustom: movement.remark } : {}),
  };
}

/** Before and after the entry; a pending one has not touched the balance yet. */
function detailBalance(account: Account, movement: Movement): Fields {
  if (movement.status === 'pending') return {};
  const side = (hundredths: bigint): Fields[] => [
    { amount: wireAmount(hundredths, account.currency) },
  ];
  const startAmount = side(movement.balanceAfter - signedAmount(movement));
  return { detailBalance: { startAmount, endAmount: side(movement.balanceAfter) } };
}

function detailStatus(movement: Movement): string {
  if (movement.status === 'pending') return 'PENDING';
  return movement.reverses ? 'ERROR CORRECTION' : 'SUCCESS';
}
