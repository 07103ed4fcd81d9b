import { header, isObject } from '../inbound.ts';
import type { InboundRequest } from '../inbound.ts';
import type { RefusedCall } from './journal.ts';

type OrderFields = Pick<
  RefusedCall,
  'accountNo' | 'partnerReferenceNo' | 'externalId' | 'amount' | 'beneficiaryAccountNo'
>;

/** What can be read of an order that was refused, however broken its body is. */
export function refusedOrder(request: InboundRequest): OrderFields {
  const body = parsed(request.body);
  return {
    accountNo: text(body['sourceAccountNo']),
    partnerReferenceNo: text(body['partnerReferenceNo']),
    externalId: header(request, 'X-EXTERNAL-ID') ?? null,
    amount: body['amount'] ?? null,
    beneficiaryAccountNo: text(body['beneficiaryAccountNo']),
  };
}

function parsed(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
