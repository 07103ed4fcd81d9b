import type { GrantAction } from '#core/grants.ts';
import { cancelImport } from '#flows/expected-items/cancel-items.ts';
import { ImportOpen, ImportRefused, importFile } from '#flows/expected-items/import-file.ts';
import { orderReport } from '#flows/reports/order-report.ts';
import { assembleReports } from '#flows/reports/report-deps.ts';
import type { ReportDeps } from '#flows/reports/report-deps.ts';
import { createSchedule } from '#flows/reports/schedules.ts';
import { parseId } from '#core/ids.ts';
import { setClaimGroup } from '#store/claim-settings.ts';
import { confirmGrant, proposeGrant } from '#store/grants-admin.ts';
import { listGrants } from '#store/grants.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { Runtime } from '../runtime.ts';
import type { DemoDestinations } from './demo-dingtalk.ts';
import { ROUNDS_AHEAD, invoicesOf } from './demo-movements.ts';
import type { DemoPeople } from './demo-payments.ts';

const ACTOR = 'system';
const FILE_NAME = 'demo-invoices.csv';

/** Where the demo's story plays. */
export interface DemoScene {
  readonly orgId: string;
  readonly people: DemoPeople;
  readonly destinations: DemoDestinations;
}

const RIGHTS: Readonly<Record<keyof DemoPeople, readonly GrantAction[]>> = {
  maker: ['claim.make', 'account.read'],
  manager: [
    'item.manage',
    'match.decide',
    'match.undo',
    'claim.make',
    'claim.confirm',
    'account.read',
    'report.read',
  ],
  director: ['match.decide', 'claim.confirm', 'account.read', 'report.read'],
};

/**
 * Furnishes the demo for the end of the month: rights, a file of invoices, a group that is asked about
 * receipts nobody expected, and reports that come by themselves.
 */
export async function ensureClose(
  runtime: Runtime,
  scene: DemoScene,
): Promise<{ readonly firstRound: number }> {
  const { services } = runtime;
  await giveRights(services, scene.people);
  await askAboutReceipts(services, scene.orgId, scene.destinations.finance);
  const firstRound = await findRound(services, scene);
  await importInvoices(services, scene, firstRound);
  return { firstRound };
}

/** What a former version of the demo did not grant is granted now, by two people as always. */
async function giveRights(services: AdminServices, people: DemoPeople): Promise<void> {
  const { manager, director } = people;
  const held = await listGrants(services.pool, { orgId: manager.orgId });
  for (const role of ['maker', 'manager', 'director'] as const) {
    const { personId } = people[role];
    // Nobody confirms what they get themselves.
    const [proposer, checker] = role === 'director' ? [director, manager] : [manager, director];
    for (const action of RIGHTS[role]) {
      if (held.some((one) => one.personId === personId && one.action === action)) continue;
      const { grantId } = await proposeGrant(services, proposer, { personId, action });
      await confirmGrant(services, checker, grantId);
    }
  }
}

async function askAboutReceipts(
  services: AdminServices,
  orgId: string,
  destinationId: string,
): Promise<void> {
  const { rows } = await services.pool.query<{ account_id: string }>(
    'SELECT account_id FROM account WHERE org_id = $1 AND claim_destination_id IS NULL',
    [orgId],
  );
  for (const { account_id: accountId } of rows) {
    await setClaimGroup(services, { orgId, accountId, destinationId, language: 'en' }, ACTOR);
  }
}

/**
 * Each start has rounds of its own, so that nothing of a former start passes for the same movement or
 * invoice. What a former start expected never comes any more: its file is taken back.
 */
async function findRound(
  services: AdminServices,
  { orgId, people }: Pick<DemoScene, 'orgId' | 'people'>,
): Promise<number> {
  const { rows } = await services.pool.query<{ import_id: string }>(
    'SELECT import_id FROM item_import WHERE org_id = $1 AND file_name = $2 ORDER BY created_at',
    [orgId, FILE_NAME],
  );
  const last = rows.at(-1);
  if (last) {
    const actor = people.manager.personId;
    await cancelImport(services, { orgId, importId: last.import_id, actor });
  }
  return rows.length * ROUNDS_AHEAD;
}

async function importInvoices(
  services: AdminServices,
  { orgId, people }: { readonly orgId: string; readonly people: DemoPeople },
  firstRound: number,
): Promise<void> {
  try {
    await importFile(services, {
      orgId: parseId('org', orgId),
      actor: people.manager.personId,
      bytes: Buffer.from(invoicesOf(firstRound, ROUNDS_AHEAD), 'utf8'),
      fileName: FILE_NAME,
      answers: {},
      choice: 'takeGood',
      changes: 'propose',
    });
  } catch (error) {
    if (error instanceof ImportOpen) throw new Error(JSON.stringify(error.questions));
    if (error instanceof ImportRefused) throw new Error(JSON.stringify(error.problems));
    throw error;
  }
}

const DAILY_CASH = 'Daily cash 每日资金';

/**
 * Cash on every business day, and once, soon after the start, what it and the end of the month look like:
 * nobody who tries the demo waits until six o'clock.
 */
export async function ensureReports(runtime: Runtime, scene: DemoScene): Promise<void> {
  const { orgId, destinations, people } = scene;
  const deps = reportDepsOf(runtime);
  const actor = people.manager.personId;
  const destinationId = destinations.finance;
  const { rowCount } = await runtime.services.pool.query(
    'SELECT 1 FROM report_schedule WHERE org_id = $1 LIMIT 1',
    [orgId],
  );
  if (rowCount === 0) {
    await createSchedule(
      deps,
      {
        orgId,
        name: DAILY_CASH,
        report: 'dailyCash',
        settings: {},
        rule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
        at: '18:00',
        calendar: 'HK',
        destinationId,
      },
      actor,
    );
  }
  await orderReport(deps, { orgId, report: 'dailyCash', settings: {}, destinationId }, actor);
  const settings = { period: 'thisMonth' } as const;
  await orderReport(deps, { orgId, report: 'monthEnd', settings, destinationId }, actor);
}

function reportDepsOf({
  services,
  directory,
  connectorOf,
  announcer,
  signal,
}: Runtime): ReportDeps {
  return assembleReports({
    services,
    directory,
    connectorOf,
    announcer,
    onRings: (rings) => {
      for (const ring of rings) signal('cashbell_ring', `${ring.orgId}/${ring.destinationId}`);
    },
  });
}
