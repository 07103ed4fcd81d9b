import type { Account } from './books.ts';
import { bookedBalance, CONDITIONS } from './books.ts';
import { partnerReference, requestedAccount } from './inbound.ts';
import type { Answer, ServiceCall } from './inbound.ts';
import { wireAmount } from './money.ts';
import { referenceNo } from './reference-no.ts';
import { startOfWibDay } from './times.ts';

/** Service 11 (A10.1): the balances of one account. */
export function balanceInquiry(call: ServiceCall): Answer {
  const partnerReferenceNo = partnerReference(call);
  const account = requestedAccount(call);
  const info = accountInfo(account, call.world.clock.now());
  const start = {
    referenceNo: referenceNo(call.world, '01'),
    ...(partnerReferenceNo === undefined ? {} : { partnerReferenceNo }),
    accountNo: account.account,
    name: account.name,
  };
  switch (call.profile.bank) {
    case 'bca':
      // The sample of BCA has one object where the standard has a list (A13).
      return { fields: { ...start, accountInfos: { ...info, registrationStatusCode: '0001' } } };
    case 'bri':
      return {
        fields: {
          ...start,
          accountInfos: [info],
          additionalInfo: { productCode: 'GIRO', accountType: 'D' },
        },
      };
    case 'bni':
      return { fields: { ...start, accountInfos: [info] } };
  }
}

/** Pending debits are held, pending credits float; the ledger balance is that of the day's start. */
function accountInfo(account: Account, now: Date): Record<string, unknown> {
  const amount = (hundredths: bigint) => wireAmount(hundredths, account.currency);
  const pending = (direction: 'credit' | 'debit'): bigint =>
    account.pending
      .filter((movement) => movement.creditDebitIndicator === direction)
      .reduce((sum, movement) => sum + movement.amount, 0n);
  const booked = bookedBalance(account);
  const today = startOfWibDay(now);
  const before = account.booked.findLast((movement) => movement.at < today);
  return {
    balanceType: 'Cash',
    amount: amount(booked),
    floatAmount: amount(pending('credit')),
    holdAmount: amount(pending('debit')),
    availableBalance: amount(booked - pending('debit')),
    ledgerBalance: amount(before?.balanceAfter ?? account.opening),
    currentMultilateralLimit: amount(0n),
    status: CONDITIONS[account.condition],
  };
}
