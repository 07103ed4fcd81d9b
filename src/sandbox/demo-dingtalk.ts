import { newId } from '#secret/ids.ts';
import { addDestination, changeDestination, listDestinations } from '#store/destinations-admin.ts';
import { addDingtalkApp, changeDingtalkApp, listDingtalkApps } from '#store/dingtalk-apps-admin.ts';
import type { DestinationInput } from '#store/destination-values.ts';
import type { AdminServices } from '#store/orgs.ts';
import { replaceRoutes } from '#store/routes-admin.ts';
import type { RouteTree } from '#store/routes-admin.ts';
import type { SimulatorProcess } from './simulator-process.ts';
import { textOf } from './simulator-process.ts';

const ACTOR = 'system';

/** Who hears of what in the demo: a group with live cards and two groups with robots. */
export interface DemoDestinations {
  readonly finance: string;
  readonly treasury: string;
  readonly sales: string;
}

/** Points app and destinations to the simulated DingTalk of this start. */
export async function ensureDingtalk(
  services: AdminServices,
  orgId: string,
  dingtalk: SimulatorProcess,
): Promise<DemoDestinations> {
  const world: unknown = await dingtalk.manage('GET', 'world');
  const app: unknown = Object(world).app;
  const groups: unknown[] = Object(world).groups;
  const robots: unknown[] = Object(world).robots;
  const hosts = { apiHost: dingtalk.url, oapiHost: dingtalk.url, loginHost: dingtalk.url };
  const [known] = await listDingtalkApps(services, orgId);
  const appId = known
    ? known.appId
    : (
        await addDingtalkApp(
          services,
          {
            orgId,
            name: 'Cashbell',
            appKey: textOf(app, 'appKey'),
            appSecret: textOf(app, 'appSecret'),
            robotCode: textOf(app, 'robotCode'),
            cardTemplateId: textOf(app, 'cardTemplateId'),
            eventMode: 'stream',
            ...hosts,
          },
          ACTOR,
        )
      ).appId;
  if (known) {
    await changeDingtalkApp(
      services,
      {
        orgId,
        appId,
        appKey: textOf(app, 'appKey'),
        appSecret: textOf(app, 'appSecret'),
        robotCode: textOf(app, 'robotCode'),
        cardTemplateId: textOf(app, 'cardTemplateId'),
        eventMode: 'stream',
        ...hosts,
      },
      ACTOR,
    );
  }
  const ensure = (name: string, target: DestinationInput): Promise<string> =>
    ensureDestination(services, orgId, name, target);
  return {
    finance: await ensure('Finance 财务群', {
      kind: 'appGroup',
      appId,
      openConversationId: textOf(groups[0], 'openConversationId'),
      style: 'card',
    }),
    treasury: await ensure('Treasury Indonesia', {
      kind: 'robot',
      webhook: dingtalk.url + textOf(robots[0], 'webhookPath'),
      security: { mode: 'signature' },
      signingSecret: textOf(robots[0], 'secret'),
    }),
    sales: await ensure('Sales 销售群', {
      kind: 'robot',
      webhook: dingtalk.url + textOf(robots[1], 'webhookPath'),
      security: { mode: 'keyword', keyword: 'Cashbell' },
    }),
  };
}

async function ensureDestination(
  services: AdminServices,
  orgId: string,
  name: string,
  target: DestinationInput,
): Promise<string> {
  const known = (await listDestinations(services, orgId)).find((one) => one.name === name);
  if (!known) {
    return (await addDestination(services, { orgId, name, ...target }, ACTOR)).destinationId;
  }
  const { destinationId } = known;
  await changeDestination(services, { orgId, destinationId, target }, ACTOR);
  return destinationId;
}

/** The demo's routing tree; written once, so that changes made in the demo stay. */
export async function ensureRoutes(
  services: AdminServices,
  orgId: string,
  to: DemoDestinations,
): Promise<void> {
  const { rowCount } = await services.pool.query('SELECT 1 FROM route WHERE org_id = $1 LIMIT 1', [
    orgId,
  ]);
  if (rowCount !== 0) return;
  const tree: RouteTree = {
    routeId: newId('rte'),
    name: 'Everything',
    destinationIds: [to.finance],
    settings: { language: 'en', detail: 'full', alerts: true },
    children: [
      {
        routeId: newId('rte'),
        name: 'Payments',
        matchers: [{ kind: 'about', values: ['payment'] }],
        destinationIds: [to.finance],
        continueMatching: true,
      },
      {
        routeId: newId('rte'),
        name: 'Indonesian accounts',
        matchers: [{ kind: 'bank', values: ['bca', 'bri'] }],
        destinationIds: [to.treasury],
        continueMatching: true,
        settings: { language: 'id' },
      },
      {
        routeId: newId('rte'),
        name: 'Receipts from customers',
        matchers: [
          { kind: 'bank', values: ['bca', 'bri'] },
          { kind: 'direction', values: ['credit'] },
        ],
        destinationIds: [to.sales],
        settings: { language: 'zh-CN', detail: 'masked' },
      },
      {
        routeId: newId('rte'),
        name: 'Hong Kong wallets',
        matchers: [{ kind: 'bank', values: ['airwallex'] }],
        destinationIds: [to.finance],
      },
    ],
  };
  await replaceRoutes(services, { orgId, tree }, ACTOR);
}
