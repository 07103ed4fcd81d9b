/** Instructions and answers for the tests of paying. */
import { parseInstant, parsePlainDate } from '#core/dates.ts';
import type { HttpResponse } from '#core/http.ts';
import { parseMoney } from '#core/money.ts';
import type { Creditor, TransferInstruction } from '#core/payments.ts';
import type { PaymentCapability, SignedContext } from '../contract.ts';
import type { SnapConfig } from './config.ts';

export const SENT_AT = parseInstant('2025-06-30T10:15:30+07:00');

/** The configuration that every test of a SNAP bank pays with. */
export const paymentConfig: SnapConfig = {
  clientId: 'client',
  clientSecret: 's3cr3t-Test-Only',
  privateKey: 'unused',
  partnerId: 'partner',
  channelId: '95051',
  statementService: '14',
  transferPaths: {},
  senderType: '2',
  senderResidence: '1',
};

export function toPaymentContext(config: Partial<SnapConfig> = {}): SignedContext<SnapConfig> {
  return {
    config: { ...paymentConfig, ...config },
    environment: 'sandbox',
    now: SENT_AT,
    basePath: '',
    token: 'token',
    externalId: '20250630101530000000000000000018',
  };
}

/** Pays ten thousand rupiah to an account of the same bank unless told otherwise. */
export function toInstruction(
  changed: Partial<Omit<TransferInstruction, 'creditor'>> & {
    readonly creditor?: Partial<Creditor>;
  } = {},
): TransferInstruction {
  return {
    endToEndId: '20250630000000000017',
    rail: 'intrabank',
    debtorAccount: { number: '1234567890', currency: 'IDR' },
    instructedAmount: parseMoney('10000.00', 'IDR'),
    chargeBearer: 'debtor',
    purpose: 'supplier',
    remittanceInformation: 'INV-001',
    requestedExecutionDate: parsePlainDate('2025-06-30'),
    ...changed,
    creditor: {
      name: 'BUDI',
      account: '8010001575',
      scheme: 'domestic',
      country: 'ID',
      ...changed.creditor,
    },
  };
}

export function toAnswer(body: unknown, status = 200): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: {}, body: new TextEncoder().encode(text) };
}

/** The capability of a connector under test, with its configuration's type back. */
export function demandPayments<Config>(connector: {
  readonly payments?: PaymentCapability<Config>;
}): PaymentCapability<Config> {
  if (connector.payments === undefined) throw new Error('no payments');
  return connector.payments;
}
