import type { CallbackOrder } from '../callback-bodies.ts';
import { strike } from '../faults.ts';
import { wireAmount } from '../money.ts';
import { wibSeconds } from '../times.ts';
import type { World } from '../world.ts';
import type { Transfer } from './journal.ts';
import { TRANSFER_PROFILES } from './transfer-profiles.ts';

/** BCA's CHANNEL-ID of everything that belongs to KlikBCA Bisnis (A13). */
const BCA_CHANNEL = '95051';

/** The call by which a bank tells how an RTGS (76) or SKN (75) transfer ended (A10.7). */
export function transferNotice(transfer: Transfer, world: World): CallbackOrder | undefined {
  const { bank, order } = transfer;
  if (order.rail !== 'rtgs' && order.rail !== 'skn') return undefined;
  const service = order.rail === 'rtgs' ? '76' : '75';
  const partner = world.partners.of(bank);
  const scope = { bank, service, account: order.sourceAccountNo };
  const isMalformed = strike(world.faults, 'noticeMalformedDate', scope) !== undefined;
  return {
    service,
    path: `${TRANSFER_PROFILES[bank].noticePrefix}/transfer-${order.rail}/notify`,
    channelId: bank === 'bca' ? BCA_CHANNEL : partner.channelId,
    partnerId: partner.partnerId,
    body: () => noticeBody(transfer, isMalformed),
  };
}

function noticeBody(transfer: Transfer, isMalformed: boolean): Record<string, unknown> {
  const { bank, order } = transfer;
  const at = wibSeconds(transfer.at);
  const rejection =
    transfer.status === '06'
      ? { rejectStatusID: 'Transaksi ditolak', rejectStatusEN: transfer.reason }
      : {};
  return {
    originalPartnerReferenceNo: order.partnerReferenceNo,
    originalReferenceNo: transfer.referenceNo,
    // The field has room for 19 characters only, and is optional (A10.7).
    ...(transfer.externalId.length > 19 ? {} : { originalExternalId: transfer.externalId }),
    latestTransactionStatus: transfer.status,
    amount: wireAmount(order.amount, order.currency),
    beneficiaryAccountName: order.beneficiaryAccountName,
    beneficiaryAccountNo: order.beneficiaryAccountNo,
    beneficiaryBankCode: order.beneficiaryBankCode,
    sourceAccountNo: order.sourceAccountNo,
    // The sample of BCA has one zero too many (A13).
    transactionDate: isMalformed ? at.replace(/:00$/, ':000') : at,
    additionalInfo: {
      ...(bank === 'bca' ? rejection : {}),
      traceNo: transfer.traceNo,
    },
  };
}
