import { foldAccount } from '#core/payments.ts';
import { connectors } from '#connectors/catalogue.ts';
import { createTransport } from '#engine/transport.ts';
import { createForm } from '#flows/approval/forms.ts';
import { createAppCalls } from '#flows/dingtalk/app-calls.ts';
import { newId } from '#secret/ids.ts';
import type { GrantAction } from '#core/grants.ts';
import { bootstrapGrants } from '#store/bootstrap.ts';
import { addDestination } from '#store/destinations-admin.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import { createDirectory } from '#store/directory.ts';
import { confirmGrant, proposeGrant } from '#store/grants-admin.ts';
import { addPerson } from '#store/persons.ts';
import type { PersonActor } from '#store/persons.ts';
import { createToken } from '#store/tokens.ts';
import { listOf, textOf } from '../../harness/child.ts';
import {
  addAirwallex,
  addBankAccount,
  addOrg,
  connectSnapSimulator,
  liftMonthlyQuotas,
  writeRoutes,
} from '../../harness/furnish.ts';
import type { Simulator } from '../../harness/simulator.ts';
import type { World } from '../../harness/world.ts';
import { BCA_ACCOUNTS, CHECKERS, MAKERS, PAYEES } from './plan.ts';
import type { RealBank } from './plan.ts';

export interface RealScene {
  readonly world: World;
  readonly dingtalk: Simulator;
  readonly banks: Simulator;
}

/** Somebody with a token of their own. */
export interface RealPerson extends PersonActor {
  readonly name: string;
  readonly dingtalkUserId: string;
  readonly token: string;
}

export interface RealPayee {
  readonly beneficiaryId: string;
  readonly name: string;
  readonly account: string;
  readonly agent: string;
}

export interface RealAccount {
  readonly accountId: string;
  readonly number: string;
  readonly currency: string;
  /** As the form offers it. */
  readonly option: string;
}

/** Everything that was put in place, as the people of the run know it. */
export interface Furniture {
  readonly orgId: string;
  readonly makers: readonly RealPerson[];
  readonly checkers: readonly RealPerson[];
  /** Two who decide where a bank cannot tell. */
  readonly deciders: readonly [RealPerson, RealPerson];
  readonly accounts: Readonly<Record<RealBank, readonly RealAccount[]>>;
  readonly payees: Readonly<Record<RealBank, readonly RealPayee[]>>;
  readonly processCode: string;
}

const ACTOR = 'harness';
/** BCA allows thirty calls a minute. */
const POLL_SECONDS = 12;

/** A company with people, rights, payees and a form, at two banks and on DingTalk. */
export async function furnishPay(scene: RealScene): Promise<Furniture> {
  const { world, dingtalk, banks } = scene;
  await liftMonthlyQuotas(dingtalk);
  await dingtalk.manage('POST', 'limits', {
    perMinute: 1_000_000,
    qps: 100_000,
    withdrawAfterMs: 0,
  });
  const orgId = await addOrg(world, 'Simulation');
  const destinationId = await connectDingtalk(scene, orgId);
  const people = await hirePeople(scene, orgId);
  const bca = await connectBca(scene, orgId);
  const airwallex = await connectAirwallex(scene, orgId);
  await banks.manage('PUT', 'snap/transfer-settings/bca', { visibilityDelayMs: 3_000 });
  await banks.manage('POST', 'airwallex/transfers/progress', { visibilityMs: 2_000 });
  const accountIds = [...bca, ...airwallex].map(({ accountId }) => accountId);
  await writeRoutes(world, orgId, {
    warnings: destinationId,
    branches: [{ name: 'Payments', accountIds, destinationIds: [destinationId], about: 'payment' }],
  });
  await writeRule(scene, orgId, people.checkers);
  const { processCode, options } = await makeForm(scene, orgId);
  const withOption = (account: Omit<RealAccount, 'option'>): RealAccount => ({
    ...account,
    option: options.find((one) => one.includes(account.number.slice(-4))) ?? '',
  });
  return {
    orgId,
    ...people,
    processCode,
    accounts: { bca: bca.map(withOption), airwallex: airwallex.map(withOption) },
    payees: {
      bca: await registerPayees(scene, orgId, 'ID'),
      airwallex: await registerPayees(scene, orgId, 'HK'),
    },
  };
}

async function connectDingtalk({ world, dingtalk }: RealScene, orgId: string): Promise<string> {
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
      eventMode: 'stream',
      apiHost: dingtalk.url,
      oapiHost: dingtalk.url,
      loginHost: dingtalk.url,
    },
    ACTOR,
  );
  const group = await dingtalk.manage('POST', 'groups', { title: 'Payments', appRobot: true });
  const { destinationId } = await addDestination(
    world.services,
    {
      orgId,
      name: 'Payments',
      kind: 'appGroup',
      appId,
      openConversationId: textOf(group, 'openConversationId'),
      style: 'card',
    },
    ACTOR,
  );
  // Folding into digests is not what is asked about: each payment keeps its card.
  await world.services.pool.query('UPDATE destination SET messages_per_minute = 1000000');
  return destinationId;
}

async function hirePeople(scene: RealScene, orgId: string) {
  const hire = (role: string, count: number): Promise<RealPerson[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => hireOne(scene, orgId, role, index)));
  const [first, second] = await hire('officer', 2);
  const makers = await hire('maker', MAKERS);
  const checkers = await hire('checker', CHECKERS);
  const deciders = await hire('decider', 2);
  const [one, two] = deciders;
  if (!first || !second || !one || !two) throw new Error('nobody was hired');
  const { services } = scene.world;
  for (const officer of [first, second]) {
    await bootstrapGrants(services, officer, () => Promise.resolve());
  }
  const grant = async (to: RealPerson, action: GrantAction): Promise<void> => {
    const { grantId } = await proposeGrant(services, first, { personId: to.personId, action });
    await confirmGrant(services, second, grantId);
  };
  for (const maker of makers) await grant(maker, 'payment.make');
  for (const checker of checkers) await grant(checker, 'payment.approve');
  for (const decider of deciders) await grant(decider, 'payment.decide');
  return { makers, checkers, deciders: [one, two] as const };
}

async function hireOne(
  { world, dingtalk }: RealScene,
  orgId: string,
  role: string,
  index: number,
): Promise<RealPerson> {
  const dingtalkUserId = `${role}${index}`;
  const name = `${role} number ${index}`;
  await dingtalk.manage('POST', 'users', { userId: dingtalkUserId, name });
  const { services } = world;
  const { personId } = await addPerson(services, { orgId, name, dingtalkUserId }, ACTOR);
  const order = { orgId, name, scopes: ['read', 'write'] as const, personId };
  const { token } = await createToken(services, order, ACTOR);
  return { orgId, personId, name, dingtalkUserId, token: token.reveal() };
}

async function connectBca({ world, banks }: RealScene, orgId: string) {
  const { connectionId } = await connectSnapSimulator(world, orgId, 'bca', banks, {
    retryDelayMs: 1_500,
    callbackTimeoutMs: 5_000,
  });
  const accounts: Omit<RealAccount, 'option'>[] = [];
  for (let index = 0; index < BCA_ACCOUNTS; index += 1) {
    const number = `41234567${String(index).padStart(2, '0')}`;
    await banks.manage('POST', 'snap/accounts', {
      bank: 'bca',
      account: number,
      balance: '900000000000.00',
      companyCode: `4300${index}`,
      merchantId: `000884${String(index).padStart(9, '0')}`,
    });
    const order = { orgId, connectionId, bank: 'bca', number, currency: 'IDR' };
    accounts.push({ accountId: await addPayer(world, order, index), number, currency: 'IDR' });
  }
  return accounts;
}

async function connectAirwallex({ world, banks }: RealScene, orgId: string) {
  const connectionId = await addAirwallex(world, orgId, { baseUrl: banks.url, banks });
  await banks.manage('PUT', 'airwallex/partner', { retryBaseMs: 1_000, webhookTimeoutMs: 5_000 });
  const number = 'acct_SimCashbellHK0001:HKD';
  await banks.manage('POST', 'movements', {
    account: number,
    creditDebitIndicator: 'credit',
    amount: '90000000.00',
  });
  const order = { orgId, connectionId, bank: 'airwallex', number, currency: 'HKD' };
  return [{ accountId: await addPayer(world, order, BCA_ACCOUNTS), number, currency: 'HKD' }];
}

function addPayer(
  world: World,
  order: Parameters<typeof addBankAccount>[1],
  index: number,
): Promise<string> {
  const firstAt = new Date(Date.now() + index * 1_000);
  return addBankAccount(world, order, { everySeconds: POLL_SECONDS, firstAt });
}

/** Confirmed by two people, and rested, as far as the tables know. */
async function registerPayees(
  { world, banks }: RealScene,
  orgId: string,
  country: 'ID' | 'HK',
): Promise<RealPayee[]> {
  const payees: RealPayee[] = [];
  for (let index = 0; index < PAYEES; index += 1) {
    const isHongKong = country === 'HK';
    const payee = {
      beneficiaryId: newId('ben'),
      name: isHongKong ? `Golden Harbour ${index} Ltd` : `PT PEMASOK ${index}`,
      account: isHongKong ? `0123456789${String(index).padStart(2, '0')}` : `801000${2000 + index}`,
      agent: isHongKong ? '004' : '',
    };
    payees.push(payee);
    if (!isHongKong) {
      const { account, name } = payee;
      await banks.manage('POST', 'snap/payees', { bank: 'CENAIDJA', account, name });
    }
    await world.services.pool.query(
      `INSERT INTO beneficiary (org_id, beneficiary_id, version, state, name, account,
         folded_account, scheme, agent, country, details, usable_from, name_match, created_at)
       VALUES ($1, $2, 1, 'active', $3, $4, $5, 'domestic', $6, $7,
         '{"kind":"organisation","isResident":true,"address":"Jakarta"}', now() - interval '1 day',
         'matched', now())`,
      [
        orgId,
        payee.beneficiaryId,
        payee.name,
        payee.account,
        foldAccount(payee.account),
        payee.agent,
        country,
      ],
    );
  }
  return payees;
}

/** What is asked for in our own console is approved there by one of the checkers. */
async function writeRule(
  { world }: RealScene,
  orgId: string,
  checkers: readonly RealPerson[],
): Promise<void> {
  const nodes = [{ action: 'OR', persons: checkers.map(({ personId }) => personId) }];
  await world.services.pool.query(
    `INSERT INTO approval_rule (org_id, rule_id, ordinal, via, nodes, approvals_required,
       proposed_by, confirmed_by, created_at, confirmed_at)
     VALUES ($1, $2, 1, 'local', $3, 1, 'per_officer1', 'per_officer2', now(), now())`,
    [orgId, newId('rul'), JSON.stringify(nodes)],
  );
}

async function makeForm(
  { world, dingtalk }: RealScene,
  orgId: string,
): Promise<{ readonly processCode: string; readonly options: readonly string[] }> {
  const { services } = world;
  const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-harness' });
  try {
    const deps = {
      services,
      directory: createDirectory(services),
      connectorOf: (id: string) => connectors.find((one) => one.id === id),
      calls: createAppCalls({ services, transport, onError: () => undefined }),
    };
    const { form, problems } = await createForm(deps, { orgId }, ACTOR);
    if (!form) throw new Error(`the form is not usable: ${JSON.stringify(problems)}`);
    const known = await dingtalk.manage('GET', 'forms');
    if (!Array.isArray(known)) throw new Error('DingTalk shows no forms');
    const made: unknown = known.find((one) => Object(one).processCode === form.processCode);
    const payer = listOf(made, 'components').find(
      (one) => Object(one).bizAlias === 'cashbell_debtor',
    );
    return { processCode: form.processCode, options: listOf(payer, 'options').map(String) };
  } finally {
    await transport.close();
  }
}
