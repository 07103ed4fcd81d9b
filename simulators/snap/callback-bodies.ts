import type { Account, Movement } from './books.ts';
import { formatAmount, wireAmount } from './money.ts';
import { wibSeconds } from './times.ts';

/** A call that a bank makes to a company: which service, where, and what it says. */
export interface CallbackOrder {
  readonly service: '25' | '34' | '52' | '75' | '76';
  /** Path below the company's base URL (A12.2). */
  readonly path: string;
  readonly channelId: string;
  readonly partnerId: string;
  /** A repeated payment notification says so (A10.8: flagAdvise). */
  body(repeated: boolean): Record<string, unknown>;
}

/** The services that a movement causes. */
type MovementService = '25' | '34' | '52';

/** CHANNEL-ID of each kind of BCA's calls (A13). */
const BCA_CHANNELS = { '25': '95231', '34': '95051', '52': '95251' } as const;

/** The call that a movement causes; undefined where the bank has none (A9: no credit webhook). */
export function callbackOrder(
  account: Account,
  movement: Movement,
  partner: { partnerId: string; channelId: string },
): CallbackOrder | undefined {
  const service = serviceOf(movement);
  if (!service) return undefined;
  const bca = movement.bank === 'bca';
  return {
    service,
    path: pathOf(movement, service),
    channelId: bca ? BCA_CHANNELS[service] : partner.channelId,
    partnerId: bca ? bcaPartnerId(account, service, partner.partnerId) : partner.partnerId,
    body: (repeated) => bodyOf(account, movement, { service, repeated }),
  };
}

/**
 * BCA tells of virtual account payments (25), of payments that the company itself made to a virtual
 * account (34) and of QR payments (52); BRI only of virtual accounts (34); BNI of 25 and 52.
 */
function serviceOf(movement: Movement): MovementService | undefined {
  const { bank, channel, creditDebitIndicator: direction } = movement;
  const intrabank = channel === 'vaIntrabank' || (channel === 'va' && direction === 'debit');
  if (bank === 'bca' && intrabank) return '34';
  if (direction === 'debit') return undefined;
  if (bank === 'bri') return channel === 'va' || intrabank ? '34' : undefined;
  if (channel === 'va') return '25';
  return channel === 'qr' ? '52' : undefined;
}

function pathOf(movement: Movement, service: MovementService): string {
  const base = { bca: '/openapi/v1.0', bri: '/snap/v1.0', bni: '/snap/v1' }[movement.bank];
  if (service === '25') return `${base}/transfer-va/payment`;
  if (service === '34') return `${base}/transfer-va/notify-payment-intrabank`;
  // BCA's sample has no `/qr/` in its path (A12.2); the standard has.
  return movement.bank === 'bca' ? `${base}/qr-mpm-notify` : `${base}/qr/qr-mpm-notify`;
}

/** X-PARTNER-ID: company code, CorporateID or merchant id, by service (A13). */
function bcaPartnerId(account: Account, service: MovementService, corporateId: string): string {
  if (service === '25') return account.companyCode;
  return service === '52' ? account.merchantId : corporateId;
}

function bodyOf(
  account: Account,
  movement: Movement,
  { service, repeated }: { service: MovementService; repeated: boolean },
): Record<string, unknown> {
  switch (service) {
    case '25':
      return payment(account, movement, repeated);
    case '34':
      return movement.bank === 'bri' ? briNotification(movement) : notification(movement);
    case '52':
      return qrNotification(account, movement);
  }
}

/** Service 25, A10.8 and A10.10. `referenceNo` is the movement's reference, as in the statement. */
function payment(account: Account, movement: Movement, repeated: boolean): Record<string, unknown> {
  const amount = wireAmount(movement.amount, account.currency);
  const text = movement.remark.slice(0, 32);
  return {
    ...movement.virtualAccount,
    virtualAccountName: movement.counterparty.slice(0, 30),
    paymentRequestId: movement.paymentRequestId,
    channelCode: 6011,
    paidAmount: amount,
    totalAmount: amount,
    trxDateTime: wibSeconds(movement.at),
    referenceNo: movement.reference,
    flagAdvise: repeated ? 'Y' : 'N',
    subCompany: '00000',
    billDetails: [],
    ...(text === '' ? {} : { freeTexts: [{ english: text, indonesia: text }] }),
    additionalInfo: {},
  };
}

/** Service 34 of the standard (A10.8), which names no amount. */
function notification(movement: Movement): Record<string, unknown> {
  return {
    ...movement.virtualAccount,
    inquiryRequestId: movement.paymentRequestId,
    paymentRequestId: movement.paymentRequestId,
    partnerReferenceNo: movement.reference,
    trxDateTime: wibSeconds(movement.at),
    paymentStatus: 'Success',
    paymentFlagReason: { english: 'Success', indonesia: 'Sukses' },
    additionalInfo: {},
  };
}

/**
 * Service 34 of BRI (A14.1): six fields. The amount is text in `additionalInfo`, as public partner
 * code reads it; `paymentRequestId` is the movement's reference, as in the statement.
 */
function briNotification(movement: Movement): Record<string, unknown> {
  return {
    ...movement.virtualAccount,
    paymentRequestId: movement.reference,
    trxDateTime: wibSeconds(movement.at),
    additionalInfo: {
      idApp: 'SIMULATED',
      passApp: 'SIMULATED',
      paymentAmount: formatAmount(movement.amount),
      terminalId: '9',
      bankId: '002',
    },
  };
}

/** Service 52 (A10.9). `originalReferenceNo` is the movement's reference, as in the statement. */
function qrNotification(account: Account, movement: Movement): Record<string, unknown> {
  return {
    originalReferenceNo: movement.reference,
    originalPartnerReferenceNo: movement.transactionId,
    latestTransactionStatus: '00',
    transactionStatusDesc: 'Success',
    customerNumber: '9360001410000000001',
    accountType: 'SAVING',
    destinationNumber: account.account,
    destinationAccountName: account.name.slice(0, 25),
    amount: wireAmount(movement.amount, account.currency),
    sessionId: movement.transactionId.slice(-10),
    bankCode: movement.bank === 'bca' ? '014' : '009',
    externalStoreId: account.merchantId,
    additionalInfo: { customerName: movement.counterparty, remark: movement.remark },
  };
}
