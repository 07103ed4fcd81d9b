import fastifySwagger from '@fastify/swagger';
import Fastify from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { registerAccess } from './access.ts';
import { registerFiles } from './files.ts';
import { registerIdempotency } from './idempotency.ts';
import type { DestinationProbe } from './operations/probe.ts';
import type { OperationServices } from './operations/services.ts';
import { registerProblems } from './problem.ts';
import type { Unpack } from './queries/inbound.ts';
import { accountRoutes } from './routes/accounts.ts';
import { approvalFormRoutes } from './routes/approval-forms.ts';
import { approvalRuleRoutes } from './routes/approval-rules.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { beneficiaryRoutes } from './routes/beneficiaries.ts';
import { claimRoutes } from './routes/claims.ts';
import { appRoutes } from './routes/dingtalk-apps.ts';
import { connectionRoutes } from './routes/connections.ts';
import { destinationRoutes } from './routes/destinations.ts';
import { entitlementRoutes } from './routes/entitlements.ts';
import { entryRoutes } from './routes/entries.ts';
import { inboundRoutes } from './routes/inbound.ts';
import { itemImportRoutes } from './routes/item-imports.ts';
import { itemTemplateRoutes } from './routes/item-templates.ts';
import { itemRoutes } from './routes/items.ts';
import { matchingRoutes } from './routes/matching.ts';
import { matchingSetUpRoutes } from './routes/matching-set-up.ts';
import { orgRoutes } from './routes/org.ts';
import { bankCalendarRoutes } from './routes/bank-calendar.ts';
import { paymentBatchRoutes } from './routes/payment-batches.ts';
import { paymentControlRoutes } from './routes/payment-controls.ts';
import { paymentRoutes } from './routes/payments.ts';
import { recurringRoutes } from './routes/recurring-payments.ts';
import { recordRoutes } from './routes/records.ts';
import { reportRoutes } from './routes/reports.ts';
import { routingRoutes } from './routes/routing.ts';
import { tellingRoutes } from './routes/telling.ts';

/** What the HTTP API needs beside the operations. */
export interface ApiServices extends OperationServices {
  /** Sends one test message to a destination. */
  readonly probe: DestinationProbe;
  /** How a stored message is packed; the ingest flow knows. */
  readonly unpackInbound: Unpack;
}

/** Fastify whose routes are typed by their zod schemas. */
export type ApiApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** No request of the API is larger: a routing tree of thousands of routes fits. */
export const API_BODY_BYTES_MAX = 1024 * 1024;

/**
 * Puts the API below `/api` of a server: `app.register(apiPlugin(services), { prefix: '/api' })`.
 * Everything it sets (compilers, error handler, headers) stays within the prefix.
 */
export function apiPlugin(services: ApiServices): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(serializerCompiler);
    registerProblems(app);
    await app.register(fastifySwagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Cashbell',
          version: '1',
          description:
            'Bank connections, movements and who is told of them. A token belongs to one organisation and sees nothing else.',
        },
        components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
        security: [{ token: [] }],
      },
      transform: jsonSchemaTransform,
    });
    app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    await app.register(
      (versioned) => {
        registerAccess(versioned, services);
        registerIdempotency(versioned, services);
        registerFiles(versioned);
        const typed = versioned.withTypeProvider<ZodTypeProvider>();
        for (const routes of allRoutes) routes(typed, services);
        return Promise.resolve();
      },
      { prefix: '/v1' },
    );
  };
}

const allRoutes = [
  orgRoutes,
  connectionRoutes,
  accountRoutes,
  entryRoutes,
  inboundRoutes,
  appRoutes,
  destinationRoutes,
  routingRoutes,
  tellingRoutes,
  recordRoutes,
  entitlementRoutes,
  beneficiaryRoutes,
  paymentControlRoutes,
  approvalRoutes,
  approvalFormRoutes,
  approvalRuleRoutes,
  paymentRoutes,
  paymentBatchRoutes,
  recurringRoutes,
  bankCalendarRoutes,
  reportRoutes,
  claimRoutes,
  itemRoutes,
  itemImportRoutes,
  itemTemplateRoutes,
  matchingRoutes,
  matchingSetUpRoutes,
];

/** The API as a server of its own, for tests and for embedding. */
export async function buildApiServer(services: ApiServices): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: API_BODY_BYTES_MAX, logger: false });
  await app.register(apiPlugin(services), { prefix: '/api' });
  await app.ready();
  return app;
}
