import { randomInt } from 'node:crypto';
import { findConnector } from '#connectors/catalogue.ts';
import { createOrg, listOrgs } from '#store/orgs.ts';
import type { Runtime } from '../runtime.ts';
import type { Server } from '../server.ts';
import { beginAnew, ensureBank } from './demo-bank.ts';
import type { BankPlace, DemoBank } from './demo-bank.ts';
import { ensureDingtalk, ensureRoutes } from './demo-dingtalk.ts';
import { ensureApprovals, requestFirstPayment } from './demo-approvals.ts';
import { ensureClose, ensureReports } from './demo-close.ts';
import type { DemoScene } from './demo-close.ts';
import { ensurePaymentPeople, putFormerPaymentsAside } from './demo-payments.ts';
import { startMovements } from './demo-movements.ts';
import { startSimulator } from './simulator-process.ts';
import { DEMO_ORG, refuseRealData } from './guard.ts';
import type { SimulatorProcess } from './simulator-process.ts';

const REPORTS_MS = 40_000;

const BANKS: readonly DemoBank[] = [
  {
    connector: findConnector('bca'),
    name: 'BCA (simulated)',
    accounts: [
      {
        number: '1234567890',
        name: 'Operations',
        currency: 'IDR',
        settings: { virtualAccounts: '12345', qrMerchants: '000885000000001' },
      },
      {
        number: '1234567891',
        name: 'Payroll',
        currency: 'IDR',
        settings: { virtualAccounts: '12346', qrMerchants: '000885000000002' },
      },
    ],
  },
  {
    connector: findConnector('bri'),
    name: 'BRI (simulated)',
    accounts: [
      {
        number: '111231271284142',
        name: 'Collections',
        currency: 'IDR',
        settings: { virtualAccounts: '77777', qrMerchants: '000002000000001' },
      },
    ],
  },
  {
    connector: findConnector('airwallex'),
    name: 'Airwallex (simulated)',
    accounts: [
      { number: 'acct_SimCashbellHK0001:HKD', name: 'Hong Kong wallet', currency: 'HKD' },
      { number: 'acct_SimCashbellHK0001:USD', name: 'US dollar wallet', currency: 'USD' },
    ],
  },
];

/** The demo world around a running Cashbell: simulated banks, a simulated DingTalk, moving money. */
export async function startSandbox(
  runtime: Runtime,
  server: Server | undefined,
): Promise<{ stop(): Promise<void> }> {
  if (!server) throw new Error('the demo world needs the server: start it with the role "all"');
  const { sandbox } = runtime.settings;
  await refuseRealData(runtime.services.pool, runtime.settings);
  const seed = randomInt(1, 1_000_000);
  const running: SimulatorProcess[] = [];
  const stopAll = async (): Promise<void> => {
    await Promise.all(running.map((simulator) => simulator.stop()));
  };
  try {
    const dingtalk = await startSimulator({
      name: 'dingtalk',
      port: sandbox.dingtalkPort,
      adminPort: sandbox.dingtalkAdminPort,
      seed: 1,
    });
    running.push(dingtalk);
    const banks = await startSimulator({
      name: 'banks',
      port: sandbox.banksPort,
      adminPort: sandbox.banksAdminPort,
      seed,
    });
    running.push(banks);
    const scene = await furnish(runtime, { dingtalk, banks, publicUrl: server.url });
    const warn = (error: unknown): void => runtime.logger.warn({ error }, 'demo world');
    const { firstRound } = await ensureClose(runtime, scene);
    const movements = startMovements(banks, firstRound, warn);
    // When the first round of movements is there to be reported.
    const reports = setTimeout(() => void ensureReports(runtime, scene).catch(warn), REPORTS_MS);
    print(server.url, dingtalk, banks);
    return {
      stop: async () => {
        clearTimeout(reports);
        movements.stop();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function furnish(
  runtime: Runtime,
  world: {
    readonly dingtalk: SimulatorProcess;
    readonly banks: SimulatorProcess;
    readonly publicUrl: string;
  },
): Promise<DemoScene> {
  const { services, directory } = runtime;
  const known = (await listOrgs(services)).find(({ name }) => name === DEMO_ORG);
  const org =
    known ??
    (await createOrg(
      services,
      { name: DEMO_ORG, language: 'en', zone: 'Asia/Hong_Kong', dingtalkEdition: 'professional' },
      'system',
    ));
  const place: BankPlace = { services, directory, orgId: org.orgId, ...world };
  const destinations = await ensureDingtalk(services, org.orgId, world.dingtalk);
  await ensureRoutes(services, org.orgId, destinations);
  for (const bank of BANKS) await ensureBank(place, bank);
  await beginAnew(place);
  const people = await ensurePaymentPeople(services, org.orgId, world.banks);
  await putFormerPaymentsAside(services, org.orgId);
  await ensureApprovals(runtime, org.orgId, people, world.dingtalk);
  await requestFirstPayment(runtime, org.orgId, people);
  return { orgId: org.orgId, people, destinations };
}

function print(url: string, dingtalk: SimulatorProcess, banks: SimulatorProcess): void {
  process.stdout.write(`
Cashbell runs in its demo world. Nothing here is real money.

  DingTalk (simulated)   ${dingtalk.url}/
  Banks (simulated)      ${banks.adminUrl}/      deposit money here and hear it ring
  Health                 ${url}/readyz
  API                    ${url}/api/openapi.json

Movements arrive every few seconds; those that pay an invoice say which. In the finance group somebody is asked
about receipts that nobody expected (claim one as Zhang Wei, confirm it as Siti Rahma), and the cash report and
the month-end pack arrive as files. Ask the robot: "balance", "has Maju paid", "find 1,250,000".
A payment waits for a yes: open Approvals as Siti Rahma, agree, and watch its card go from waiting to paid to
settled. Ctrl-C ends everything.
`);
}
