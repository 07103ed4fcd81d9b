/** Facts for the golden files and tests of rendering: invented people, shapes as banks send them. */
import { instantFromMs, parseInstant, parsePlainDate } from '#core/dates.ts';
import type { ErrorDetails } from '#core/errors.ts';
import type { AlertFact, AlertKind, EntryFact, EntryState } from '#core/events.ts';
import { parseMoney } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';

export const entryStates = ['pending', 'booked', 'corrected', 'reversed', 'withdrawn'] as const;
export const directions = ['credit', 'debit'] as const;

const bookedAt = parseInstant('2026-11-23T15:59:05+07:00');
const seenAt = parseInstant('2026-11-23T15:59:07+07:00');
/** When the samples are told: two seconds after they were seen. */
export const sampleToldAt = parseInstant('2026-11-23T15:59:09+07:00');

const credit: EntryFact = {
  kind: 'entry.recorded',
  entryId: 'ent_01sample0000000000000000000',
  version: 1,
  state: 'booked',
  accountId: 'acc_01sample0000000000000000000',
  connectionId: 'con_01sample0000000000000000000',
  bank: 'BCA',
  bankId: 'bca',
  environment: 'production',
  accountName: 'Operasional',
  accountNumber: '0613005878',
  creditDebitIndicator: 'credit',
  amount: parseMoney('1250000.00', 'IDR'),
  counterparty: { name: 'BUDI SANTOSO', account: '8830471234', agent: 'CENAIDJA' },
  remittanceInformation: 'TRSF E-BANKING CR 2311/FTSCY/WS95031 INV-2026/117 BUDI SANTOSO',
  accountServicerReference: '2311FTSCYWS95031',
  endToEndId: 'E2E20261123000117',
  bookingDate: parsePlainDate('2026-11-23'),
  bookedAt,
  seenAt,
  source: 'push',
  zone: 'Asia/Jakarta',
  balanceAfter: parseMoney('98750000.00', 'IDR'),
};

const debit: EntryFact = {
  ...credit,
  entryId: 'ent_02sample0000000000000000000',
  bank: 'HSBC Hong Kong',
  bankId: 'hsbc',
  accountName: 'Payroll',
  accountNumber: '808123456838',
  creditDebitIndicator: 'debit',
  amount: parseMoney('38400.50', 'HKD'),
  counterparty: { name: '陳大文', account: '012-345-6-789012' },
  remittanceInformation: 'SALARY NOV 2026',
  accountServicerReference: 'HK1123B0004411',
  zone: 'Asia/Hong_Kong',
  valueDate: parsePlainDate('2026-11-24'),
  balanceAfter: parseMoney('1203599.50', 'HKD'),
};

/** A movement of a direction in a state; changed states follow a booked or pending first version. */
export function sampleEntry(direction: CreditDebitIndicator, state: EntryState): EntryFact {
  const base = direction === 'credit' ? credit : debit;
  const previous = {
    amount: parseMoney(direction === 'credit' ? '1250.00' : '38400.05', base.amount.currency),
    remittanceInformation: base.remittanceInformation,
  };
  const isFirst = state === 'pending' || state === 'booked';
  return {
    ...base,
    state,
    kind: isFirst ? 'entry.recorded' : 'entry.changed',
    version: isFirst ? 1 : 2,
    ...(state === 'corrected' ? { previous } : {}),
  };
}

/** A digest's worth: several currencies, late ones, changed ones, one of an Arabic payer. */
export function sampleMovements(): readonly EntryFact[] {
  const later = (seconds: number) => instantFromMs(seenAt.epochMilliseconds + seconds * 1000);
  const kuwait: EntryFact = {
    ...credit,
    entryId: 'ent_03sample0000000000000000000',
    amount: parseMoney('1234.567', 'KWD'),
    counterparty: { name: 'شركة النور للتجارة' },
    remittanceInformation: 'دفعة الفاتورة INV-44 / 2026',
    accountServicerReference: 'KW-77/2026-0044',
    seenAt: later(40),
  };
  const dong: EntryFact = {
    ...debit,
    entryId: 'ent_04sample0000000000000000000',
    amount: parseMoney('15000000', 'VND'),
    counterparty: { name: 'NGUYEN VAN A' },
    remittanceInformation: 'THANH TOAN HD 0098',
    accountServicerReference: 'FT26327000981',
    seenAt: later(75),
  };
  const second: EntryFact = {
    ...credit,
    entryId: 'ent_05sample0000000000000000000',
    amount: parseMoney('0.50', 'IDR'),
    remittanceInformation: 'INV-2026/118',
    accountServicerReference: '2311FTSCYWS95044',
    seenAt: later(90),
  };
  const reversed: EntryFact = {
    ...sampleEntry('credit', 'reversed'),
    entryId: 'ent_06sample0000000000000000000',
    accountServicerReference: '2311FTSCYWS95050',
    seenAt: later(120),
  };
  return [
    sampleEntry('debit', 'booked'),
    sampleEntry('credit', 'booked'),
    kuwait,
    dong,
    second,
    reversed,
  ];
}

const alertDetails: Readonly<Record<AlertKind, ErrorDetails>> = {
  'statement.gap': { expected: '98750000.00', stated: '97500000.00', currency: 'IDR' },
  'statement.gapClosed': {},
  'account.stale': { minutes: 95 },
  'account.fresh': { minutes: 0 },
  'connection.failing': { problem: 'transport.timeout', since: '2026-11-23T08:40:00Z' },
  'connection.recovered': { since: '2026-11-23T08:40:00Z' },
  'connection.callsRefused': { count: 3, reason: 'inbound.signatureInvalid' },
  'inbound.quarantined': { inbound: 'inb_01sample', problem: 'amount: expected text' },
  'delivery.failing': { destination: '财务群', problem: 'keywords not in content' },
  'delivery.recovered': { destination: '财务群', since: '2026-11-23T08:40:00Z' },
  'delivery.givenUp': { destination: '财务群', problem: 'sensitive word', count: 1 },
  'budget.low': { used: 4012, limit: 5000, day: '2026-11-27' },
  'audit.difference': { missing: 2, overdue: 5 },
  'payment.debitMissing': {
    amount: 'IDR 15000000.00',
    creditor: 'PT MAJU JAYA',
    since: '2026-11-21T03:00:00Z',
  },
  'payment.debitFound': { amount: 'IDR 15000000.00', creditor: 'PT MAJU JAYA' },
  'payment.debitUnexpected': { amount: 'IDR 750000.00', reference: '20261123000000000417' },
  'payment.lateOutcome': {
    amount: 'IDR 15000000.00',
    creditor: 'PT MAJU JAYA',
    before: 'rejected',
    now: 'settled',
  },
  'payment.amountDiffers': {
    instructed: 'IDR 15000000.00',
    reported: 'IDR 14993500.00',
    creditor: 'PT MAJU JAYA',
  },
  'payment.notRaised': {
    name: 'Rent of the office',
    day: '2026-11-27',
    field: 'beneficiary',
    problem: 'is not registered',
  },
  'payments.stopped': { by: 'Siti Rahma', reason: 'laptop stolen' },
  'payments.resumed': { by: 'Siti Rahma' },
  'approvals.unreachable': { since: '2026-11-23T08:40:00Z' },
  'approvals.reachable': {},
  'approvals.notPayable': { field: '收款账号', problem: 'is empty' },
};

const alertCodes: Partial<Record<AlertKind, NonNullable<AlertFact['code']>>> = {
  'connection.failing': 'transport.timeout',
  'inbound.quarantined': 'inbound.unparseable',
  'delivery.failing': 'dingtalk.keywordMissing',
  'delivery.givenUp': 'dingtalk.contentRefused',
  'payment.notRaised': 'payment.beneficiaryUnknown',
  'approvals.notPayable': 'approval.formMismatch',
};

export function sampleAlert(kind: AlertKind): AlertFact {
  const code = alertCodes[kind];
  return {
    kind,
    at: seenAt,
    subject: kind.startsWith('delivery.') ? '财务群' : 'BCA · Operasional',
    details: alertDetails[kind],
    ...(code === undefined ? {} : { code }),
  };
}
