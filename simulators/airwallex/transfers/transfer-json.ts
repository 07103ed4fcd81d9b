import { JsonNumber } from '../json.ts';
import type { Json } from '../json.ts';
import { toJsonNumberText } from '../money.ts';
import { formatTime } from '../shapes.ts';
import type { Transfer } from './transfer.ts';

/** A transfer as `GET /transfers/{id}`, the answer to a create call and the events carry it. */
export function toTransfer(transfer: Transfer): Json {
  const { order, quote } = transfer;
  const source = (minorUnits: bigint): JsonNumber => number(minorUnits, quote.sourceCurrency);
  const target = (minorUnits: bigint): JsonNumber => number(minorUnits, quote.transferCurrency);
  return {
    amount_beneficiary_receives: target(quote.beneficiaryReceivesMinorUnits),
    amount_payer_pays: source(quote.payerPaysMinorUnits),
    beneficiary: order.beneficiary.sent,
    beneficiary_id: order.beneficiaryId,
    conversion: quote.conversion && {
      currency_pair: quote.conversion.pair,
      rate: new JsonNumber(quote.conversion.rate),
    },
    created_at: formatTime(transfer.createdAt),
    dispatch_date: transfer.dispatchedAt && formatTime(transfer.dispatchedAt),
    dispatch_info: transfer.dispatchedAt && dispatchInfo(transfer),
    failure_reason: transfer.failure?.reason,
    failure_type: transfer.failure?.type,
    fee_amount: source(quote.feeMinorUnits),
    fee_currency: quote.sourceCurrency,
    fee_paid_by: order.feePaidBy,
    funding: {
      failure_reason: transfer.fundingStatus === 'FAILED' ? 'Insufficient funds' : undefined,
      status: transfer.fundingStatus,
    },
    id: transfer.id,
    lock_rate_on_create: order.lockRateOnCreate,
    metadata: Object.keys(order.metadata).length > 0 ? order.metadata : undefined,
    payer: {
      address: { city: 'Hong Kong', country_code: 'HK', street_address: '1 Simulated Road' },
      company_name: transfer.wallet.name,
      entity_type: 'COMPANY',
    },
    payer_id: order.payerId,
    reason: order.reason,
    reference: order.reference,
    remarks: order.remarks,
    request_id: order.requestId,
    short_reference_id: transfer.shortReferenceId,
    source_amount: source(quote.sourceMinorUnits),
    source_currency: quote.sourceCurrency,
    status: transfer.status,
    swift_charge_option: order.swiftChargeOption,
    transfer_amount: target(quote.transferMinorUnits),
    transfer_currency: quote.transferCurrency,
    transfer_date: order.transferDate,
    transfer_method: order.transferMethod,
    updated_at: formatTime(transfer.updatedAt),
  };
}

function dispatchInfo(transfer: Transfer): Json {
  return {
    external_reference: `SIM${transfer.shortReferenceId.replaceAll('-', '')}`,
    external_reference_type: transfer.order.transferMethod === 'SWIFT' ? 'UETR' : 'BANK_REFERENCE',
  };
}

function number(minorUnits: bigint, currency: string): JsonNumber {
  return new JsonNumber(toJsonNumberText(minorUnits, currency));
}
