import type { Connector } from '#connectors/contract.ts';
import { CashbellError } from '#core/errors.ts';
import type { LadderNetwork } from '#engine/ladder/network.ts';
import type { Transport } from '#engine/transport.ts';
import type { PaymentDeps } from '#flows/payment/payment-deps.ts';
import type { AdminServices } from '#store/orgs.ts';

/** What the API and the command line share: the stores, the catalogue and the way out. */
export interface OperationServices extends AdminServices {
  readonly connectors: readonly Connector[];
  readonly transport: Pick<Transport, 'send'>;
  readonly network: LadderNetwork;
  readonly allowedPrivateHosts: readonly string[];
  /** Payments as worker, API and command line see them. */
  readonly payments: PaymentDeps;
  /** Where banks and DingTalk reach us. */
  readonly publicUrl?: string;
}

/** A connector by its id, as a stored connection names it. */
export function connectorOf(
  services: Pick<OperationServices, 'connectors'>,
  id: string,
): Connector {
  const found = services.connectors.find((connector) => connector.id === id);
  if (found) return found;
  const known = services.connectors.map((connector) => connector.id).join(', ');
  throw new CashbellError('connector.unknown', {
    field: 'connector',
    id: id.slice(0, 60),
    problem: `must be one of ${known}`,
  });
}
