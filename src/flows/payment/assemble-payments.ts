import { createTransferCaller } from '#engine/transfer-calls.ts';
import type { BankCaller } from '#engine/bank-calls.ts';
import { channels } from '#engine/wake-ups.ts';
import { readLocalApproval } from '#store/approvals.ts';
import type { Metrics } from '#engine/metrics.ts';
import type { AdminServices } from '#store/orgs.ts';
import { createBankCalendar } from './bank-calendar.ts';
import type { PaymentDeps } from './payment-deps.ts';
import { createApprovalReader } from './read-approval.ts';

/** What a process has open already; the command line has less of it than a server. */
export interface PaymentParts
  extends Pick<PaymentDeps, 'directory' | 'announcer' | 'connectorOf' | 'onSent'> {
  readonly services: AdminServices;
  readonly banks: BankCaller;
  /** Absent where nothing runs payments: there no approval is ever read as given. */
  readonly readDingtalkApproval?: PaymentDeps['readApproval'];
  /** Wakes a worker: the one of this process, else those of others. */
  readonly signal: (channel: 'cashbell_ring' | 'cashbell_payment', payload: string) => void;
}

/** Shows sendings to the metrics. */
export function observeSendings(metrics: Metrics): NonNullable<PaymentDeps['onSent']> {
  return (connector, outcome, sinceAuthorisedMs) => {
    metrics.transfers.inc({ connector, outcome });
    metrics.authorisedToAnsweredSeconds.observe({ connector }, sinceAuthorisedMs / 1000);
  };
}

/** What payments need, put together in one place. */
export function assemblePayments({
  signal,
  readDingtalkApproval,
  ...parts
}: PaymentParts): PaymentDeps {
  const { services, connectorOf, banks } = parts;
  return {
    ...parts,
    transfers: createTransferCaller({ banks, connectorOf }),
    readApproval: createApprovalReader({
      local: (payment) => readLocalApproval(services.pool, payment),
      dingtalk: readDingtalkApproval ?? (() => Promise.resolve({ kind: 'running' })),
    }),
    calendar: createBankCalendar({
      pool: services.pool,
      nowMs: () => services.now().epochMilliseconds,
    }),
    now: services.now,
    onRings: (rings) => {
      for (const { orgId, destinationId } of rings) {
        signal(channels.ring, `${orgId}/${destinationId}`);
      }
    },
    onWoken: () => signal(channels.payment, ''),
  };
}
