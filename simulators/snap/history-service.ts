import type { Account, Movement } from './books.ts';
import { isObject, optionalText, partnerReference } from './inbound.ts';
import type { Answer, ServiceCall } from './inbound.ts';
import { wireAmount } from './money.ts';
import { narrative } from './narrative.ts';
import { referenceNo } from './reference-no.ts';
import { invalidFormat, unknownAccount } from './refusal.ts';
import { inOrderOfTime } from './statement-page.ts';
import { parseMoment, plusDays, SECONDS_FORM, wibSeconds } from './times.ts';

const SERVICE = '12';
const PAGE_SIZE_MAX = 50;
const PAGE_SIZE_DEFAULT = 10;
const LONGEST_RANGE_DAYS = 31;

/**
 * Service 12 (A10.2), newest first, numbered pages from 0. The standard's request names no account:
 * `additionalInfo.accountNo` chooses one here, else it is the bank's first.
 */
export function transactionHistory(call: ServiceCall): Answer {
  const partnerReferenceNo = partnerReference(call);
  const account = chosenAccount(call);
  const now = call.world.clock.now();
  const from = moment(call, 'fromDateTime') ?? plusDays(now, -LONGEST_RANGE_DAYS);
  const to = moment(call, 'toDateTime') ?? now;
  if (to < from || to > plusDays(from, LONGEST_RANGE_DAYS)) {
    throw invalidFormat(SERVICE, 'toDateTime');
  }
  const pageSize = pageNumber(call, 'pageSize', PAGE_SIZE_DEFAULT);
  if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) throw invalidFormat(SERVICE, 'pageSize');
  const start = pageNumber(call, 'pageNumber', 0) * pageSize;
  const inside = [...account.booked, ...account.pending].filter(
    ({ at }) => at >= from && at.getTime() < to.getTime() + 1000,
  );
  const rows = inOrderOfTime(inside).reverse();
  return {
    fields: {
      referenceNo: referenceNo(call.world, '03'),
      ...(partnerReferenceNo === undefined ? {} : { partnerReferenceNo }),
      detailData: rows.slice(start, start + pageSize).map((movement) => row(account, movement)),
    },
  };
}

function chosenAccount(call: ServiceCall): Account {
  const { additionalInfo } = call.body;
  const number = isObject(additionalInfo) ? additionalInfo['accountNo'] : undefined;
  const { bank } = call.profile;
  const account =
    typeof number === 'string'
      ? call.world.books.find(bank, number)
      : call.world.books.all().find((candidate) => candidate.bank === bank);
  if (!account) throw unknownAccount(SERVICE);
  return account;
}

function moment(call: ServiceCall, name: string): Date | undefined {
  const text = optionalText(call, name, 25);
  if (text === undefined) return undefined;
  const at = parseMoment(text, SECONDS_FORM);
  if (!at) throw invalidFormat(SERVICE, name);
  return at;
}

/** The samples send the numbers as text (A10.2). */
function pageNumber(call: ServiceCall, name: string, fallback: number): number {
  const text = optionalText(call, name, 2);
  if (text === undefined) return fallback;
  if (!/^\d{1,2}$/.test(text)) throw invalidFormat(SERVICE, name);
  return Number(text);
}

function row(account: Account, movement: Movement): Record<string, unknown> {
  const amount = wireAmount(movement.amount, account.currency);
  return {
    dateTime: wibSeconds(movement.at),
    amount,
    remark: narrative(movement),
    sourceOfFunds: [{ source: 'BALANCE', amount }],
    status: movement.status === 'pending' ? 'INIT' : 'SUCCESS',
    type: movement.creditDebitIndicator === 'credit' ? 'RECEIVE_MONEY' : 'PAYMENT',
    additionalInfo: { transactionId: movement.transactionId },
  };
}
