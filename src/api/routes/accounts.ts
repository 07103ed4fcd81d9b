import { z } from 'zod';
import { formatDecimal } from '#core/money.ts';
import type { AccountRecord } from '#store/accounts-admin.ts';
import { addAccount, changeAccount, getAccount, listAccounts } from '#store/accounts-admin.ts';
import { getConnection } from '#store/connections-admin.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, listOf } from '../contract/common.ts';
import { AccountNew, AccountPatch, AccountWire } from '../contract/connections.ts';
import { connectorOf } from '../operations/services.ts';

export function toAccountWire(record: AccountRecord): z.infer<typeof AccountWire> {
  return {
    ...record,
    identifiers: [...record.identifiers],
    balances: record.balances.map(({ amount, asOf, ...balance }) => ({
      ...balance,
      amount: formatDecimal(amount),
      currency: amount.currency,
      asOf: asOf.toString(),
    })),
    completeAsOf: record.completeAsOf?.toString(),
    gapSince: record.gapSince?.toString(),
    staleSince: record.staleSince?.toString(),
    poll: record.poll && {
      ...record.poll,
      nextAt: record.poll.nextAt.toString(),
      lastSuccessAt: record.poll.lastSuccessAt?.toString(),
    },
    createdAt: record.createdAt.toString(),
  };
}

const params = z.object({ accountId: IdText });
const query = z.object({ connectionId: IdText.optional() });
const tags = ['Accounts'];

/** Accounts with their balances, how complete they are, and both delays. */
export function accountRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/accounts',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: query, response: { 200: listOf(AccountWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return {
        items: (await listAccounts(services, { ...request.query, orgId })).map(toAccountWire),
      };
    },
  );
  app.post(
    '/accounts',
    {
      config: { scope: 'admin' },
      schema: { tags, body: AccountNew, response: { 201: AccountWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const connection = await getConnection(services, {
        orgId,
        connectionId: request.body.connectionId,
      });
      const connector = connectorOf(services, connection.connector);
      const account = await addAccount(services, { ...request.body, orgId, connector }, actor);
      return reply.code(201).send(toAccountWire(account));
    },
  );
  app.get(
    '/accounts/:accountId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: AccountWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      return toAccountWire(await getAccount(services, { ...request.params, orgId }));
    },
  );
  app.patch(
    '/accounts/:accountId',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: AccountPatch, response: { 200: AccountWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const scope = { ...request.params, orgId };
      const { connectionId } = await getAccount(services, scope);
      const connection = await getConnection(services, { orgId, connectionId });
      const connector = connectorOf(services, connection.connector);
      const change = { ...request.body, ...scope, connector };
      return toAccountWire(await changeAccount(services, change, actor));
    },
  );
}
