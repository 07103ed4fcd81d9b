import { addDestination } from '#store/destinations-admin.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { textOf } from '../harness/child.ts';
import {
  addAirwallex,
  addBankAccount,
  addOrg,
  addRobot,
  addRobotDestination,
  connectSnapSimulator,
  liftMonthlyQuotas,
  writeRoutes,
} from '../harness/furnish.ts';
import type { Branch } from '../harness/furnish.ts';
import type { Simulator } from '../harness/simulator.ts';
import type { World } from '../harness/world.ts';
import type { Bank, Plan, PlannedDestination } from './plan.ts';

export interface Scene {
  readonly world: World;
  readonly dingtalk: Simulator;
  readonly banks: Simulator;
}

const ACTOR = 'harness';
/** Quick enough that a restart is outlived, as the banks' real five seconds are by theirs. */
const RETRY_MS = 1_500;
/** As many as a digest lists by name, so that every movement stands in the books. */
const DIGEST_MAX = 30;

/** Puts the plan's company, banks and groups in place. */
export async function furnishRun({ world, dingtalk, banks }: Scene, plan: Plan): Promise<void> {
  await liftMonthlyQuotas(dingtalk);
  const orgId = await addOrg(world, 'Simulation');
  const appId = await addApp(world, orgId, dingtalk);
  const destinationIds: string[] = [];
  for (const destination of plan.destinations) {
    destinationIds.push(await addOne(world, { orgId, appId, dingtalk }, destination));
  }
  const warnings = await addRobotDestination(
    world,
    orgId,
    await addRobot(dingtalk, 'Warnings'),
    DIGEST_MAX,
  );
  const connections = await connectBanks(world, orgId, banks);
  const branches: Branch[] = [];
  for (const [index, account] of plan.accounts.entries()) {
    const { bank, number, currency, companyCode, merchantId } = account;
    if (bank !== 'airwallex') {
      const opening = { balance: '900000000.00', companyCode, merchantId };
      await banks.manage('POST', 'snap/accounts', { bank, account: number, ...opening });
    }
    const settings =
      bank === 'airwallex' ? {} : { virtualAccounts: companyCode, qrMerchants: merchantId };
    // Spread over the interval, as many accounts of one bank would be.
    const firstAt = new Date(
      Date.now() + (plan.pollSeconds * 1000 * (index + 1)) / plan.accounts.length,
    );
    const accountId = await addBankAccount(
      world,
      { orgId, connectionId: connections[bank], bank, number, currency, settings },
      { everySeconds: plan.pollSeconds, firstAt },
    );
    const destinationId = destinationIds[account.destination] ?? '';
    branches.push({ name: number, accountIds: [accountId], destinationIds: [destinationId] });
  }
  await writeRoutes(world, orgId, { warnings, branches });
}

async function connectBanks(
  world: World,
  orgId: string,
  banks: Simulator,
): Promise<Record<Bank, string>> {
  const snap = async (bank: 'bca' | 'bri' | 'bni', partner: object): Promise<string> =>
    (await connectSnapSimulator(world, orgId, bank, banks, { ...partner })).connectionId;
  const patient = { retryDelayMs: RETRY_MS, callbackTimeoutMs: 5_000 };
  const bca = await snap('bca', patient);
  // BRI never calls twice: what it could not tell is found in the statement.
  const bri = await snap('bri', { callbackTimeoutMs: 5_000 });
  const bni = await snap('bni', patient);
  const airwallex = await addAirwallex(world, orgId, { baseUrl: banks.url, banks });
  await banks.manage('PUT', 'airwallex/partner', { retryBaseMs: 1_000, webhookTimeoutMs: 5_000 });
  return { bca, bri, bni, airwallex };
}

async function addApp(world: World, orgId: string, dingtalk: Simulator): Promise<string> {
  const app: unknown = Object(await dingtalk.manage('GET', 'world')).app;
  const { appId } = await addDingtalkApp(
    world.services,
    {
      orgId,
      name: 'Cashbell',
      appKey: textOf(app, 'appKey'),
      appSecret: textOf(app, 'appSecret'),
      robotCode: textOf(app, 'robotCode'),
      cardTemplateId: textOf(app, 'cardTemplateId'),
      apiHost: dingtalk.url,
      oapiHost: dingtalk.url,
      loginHost: dingtalk.url,
    },
    ACTOR,
  );
  return appId;
}

async function addOne(
  world: World,
  place: { readonly orgId: string; readonly appId: string; readonly dingtalk: Simulator },
  { name, kind }: PlannedDestination,
): Promise<string> {
  const { orgId, appId, dingtalk } = place;
  if (kind === 'robot') {
    return addRobotDestination(world, orgId, await addRobot(dingtalk, name), DIGEST_MAX);
  }
  const group = await dingtalk.manage('POST', 'groups', { title: name, appRobot: true });
  const { destinationId } = await addDestination(
    world.services,
    {
      orgId,
      name,
      kind: 'appGroup',
      appId,
      openConversationId: textOf(group, 'openConversationId'),
      style: kind === 'appCard' ? 'card' : 'message',
      digestMax: DIGEST_MAX,
    },
    ACTOR,
  );
  return destinationId;
}
