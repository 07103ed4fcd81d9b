import type { FastifyInstance } from 'fastify';
import { connectors } from '#connectors/catalogue.ts';
import type { Connector } from '#connectors/contract.ts';
import { createBankCaller } from '#engine/bank-calls.ts';
import { systemNetwork } from '#engine/ladder/network.ts';
import type { Settings } from '#engine/settings.ts';
import type { Transport } from '#engine/transport.ts';
import { assemblePayments } from '#flows/payment/assemble-payments.ts';
import type { PaymentDeps } from '#flows/payment/payment-deps.ts';
import { createDirectory } from '#store/directory.ts';
import type { AdminServices } from '#store/orgs.ts';
import { unpackMessage } from '#flows/ingest/sealed-message.ts';
import type { ApiServices } from './app.ts';
import { apiPlugin } from './app.ts';
import { createProbe } from './operations/probe.ts';
import type { OperationServices } from './operations/services.ts';

/** What a process has open and the API works with. */
export interface ApiOptions {
  readonly services: AdminServices;
  readonly transport: Transport;
  readonly settings: Pick<Settings, 'allowedPrivateHosts' | 'publicUrl'>;
  /** The demo world may reach simulated banks on this machine. */
  readonly isSandbox: boolean;
  /** Of the process that runs; a single command puts its own together. */
  readonly payments?: PaymentDeps;
}

/** The operations over the whole catalogue and the real network. */
export function operationServices(options: ApiOptions): OperationServices {
  const { services, transport, settings, isSandbox } = options;
  return {
    ...services,
    connectors,
    transport,
    payments: options.payments ?? paymentsOf({ services, transport, connectors }),
    network: systemNetwork,
    allowedPrivateHosts: isSandbox ? ['*'] : settings.allowedPrivateHosts,
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
  };
}

/** Payments for a process that has nothing else open: workers elsewhere are woken by the database. */
export function paymentsOf(parts: {
  readonly services: AdminServices;
  readonly transport: Transport;
  readonly connectors: readonly Connector[];
}): PaymentDeps {
  const { services, transport } = parts;
  const connectorOf = (id: string): Connector | undefined =>
    parts.connectors.find((connector) => connector.id === id);
  const directory = createDirectory(services);
  return assemblePayments({
    services,
    directory,
    connectorOf,
    announcer: { directory, connectorOf },
    banks: createBankCaller({ services, transport, connectorOf }),
    // A lost wake-up costs seconds: what is due is found by the worker's own look.
    signal: (channel, payload) =>
      void services.pool
        .query('SELECT pg_notify($1, $2)', [channel, payload])
        .catch(() => undefined),
  });
}

/** The HTTP API as a plugin that brings its own prefix: `app.register(buildApi(options))`. */
export function buildApi(options: ApiOptions): (app: FastifyInstance) => Promise<void> {
  const services: ApiServices = {
    ...operationServices(options),
    probe: createProbe({ ...options.services, transport: options.transport }),
    unpackInbound: unpackMessage,
  };
  return async (app) => {
    await app.register(apiPlugin(services), { prefix: '/api' });
  };
}
