import type { FastifyInstance } from 'fastify';
import { connectors } from '#connectors/catalogue.ts';
import { systemNetwork } from '#engine/ladder/network.ts';
import type { Settings } from '#engine/settings.ts';
import type { Transport } from '#engine/transport.ts';
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
}

/** The operations over the whole catalogue and the real network. */
export function operationServices(options: ApiOptions): OperationServices {
  const { services, transport, settings, isSandbox } = options;
  return {
    ...services,
    connectors,
    transport,
    network: systemNetwork,
    allowedPrivateHosts: isSandbox ? ['*'] : settings.allowedPrivateHosts,
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
  };
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
