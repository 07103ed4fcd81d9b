/** Paying through a SNAP bank: the capability, assembled from what is the bank's own. */
import type { PaymentRail } from '#core/payments.ts';
import { paymentRails } from '#core/payments.ts';
import type { PaymentCapability, RailTraits } from '../contract.ts';
import type { SnapConfig } from './config.ts';
import { parseName, parseTransfer, parseTransferStatus } from './payment-answers.ts';
import { toAgentCode } from './bank-codes.ts';
import { checkTransfer } from './payment-check.ts';
import { judgeInquiry, judgeTransfer } from './payment-codes.ts';
import {
  finalWithinMs,
  isGross,
  type SnapPayments,
  type TransferService,
  VISIBILITY_MS,
} from './payment-profile.ts';
import {
  demandRail,
  isInternal,
  toNameRequest,
  toStatusRequest,
  toTransferRequest,
} from './payment-requests.ts';
import type { SnapProfile } from './profile.ts';

const serviceNames: Readonly<Record<TransferService, string>> = {
  '17': '17 transfer-intrabank',
  '18': '18 transfer-interbank',
  '22': '22 transfer-rtgs',
  '23': '23 transfer-skn',
};

/** What a SNAP bank can do about paying, from its profile. */
export function toPaymentCapability(
  profile: SnapProfile,
  payments: SnapPayments,
): PaymentCapability<SnapConfig> {
  const { status } = payments;
  return {
    // 409xx01 (same reference again) stands in the standard only; BCA's tables do not list it, and
    // nobody else promises to compare references (A8.3, F6). So a second sending may pay twice.
    idempotency: { kind: 'none' },
    inquiry: {
      kind: 'byReference',
      visibilityMs: status.visibilityMs ?? VISIBILITY_MS,
      retentionDays: status.retentionDays,
    },
    rails: paymentRails.flatMap((rail) => toRailTraits(payments, rail)),
    isDebitReferenced: true,
    ...(payments.nameInquiry.nameMax === undefined
      ? {}
      : { creditorNameMax: payments.nameInquiry.nameMax }),
    checkInstruction: (instruction) => checkTransfer(instruction, payments),
    initiateTransfer: {
      serviceOf: (instruction) => serviceNames[demandRail(payments, instruction).service],
      request: (instruction, context) => toTransferRequest(profile, payments, instruction, context),
      judge: (response, { config }) => judgeTransfer(response, config),
      parse: (response, instruction) =>
        parseTransfer(response, payments.rails[instruction.rail]?.service, instruction),
    },
    fetchTransfer: {
      service: '36 transfer/status',
      request: (question, context) => toStatusRequest(profile, payments, question, context),
      judge: (response, { config }) => judgeInquiry(response, config, '404.01'),
      parse: (response, question) => parseTransferStatus(response, question),
    },
    fetchCreditorName: {
      service: '15/16 account-inquiry',
      isSupported: ({ creditor }) =>
        creditor.scheme === 'domestic' &&
        (isInternal(payments, creditor) ||
          toAgentCode(creditor.agent ?? '', payments.nameInquiry.agentForm) !== undefined),
      request: (question, context) => toNameRequest(profile, payments, question, context),
      judge: (response, { config }) => judgeInquiry(response, config, '404.11'),
      parse: (response, { creditor }) => parseName(response, creditor.account),
    },
  };
}

function toRailTraits(payments: SnapPayments, rail: PaymentRail): RailTraits[] {
  const own = payments.rails[rail];
  if (own === undefined) return [];
  return [
    {
      rail,
      currencies: ['IDR'],
      schemes: ['domestic'],
      creditorAgent: own.agentForm === undefined ? 'same' : 'other',
      isBusinessDaysOnly: isGross(own.service),
      finalWithinMs: finalWithinMs(own.service),
      // Service 18 has no remark (A10.5), so its debit shows at most the bank's own reference.
      ...(own.service === '18' ? { isDebitReferenced: false } : {}),
    },
  ];
}
