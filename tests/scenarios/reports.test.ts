import { createHash } from 'node:crypto';
import { readXlsx } from 'hucre/xlsx';
import type { Sheet } from 'hucre/xlsx';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { orderReport } from '../../src/flows/reports/order-report.ts';
import { assembleReports } from '../../src/flows/reports/report-deps.ts';
import type { ReportDeps } from '../../src/flows/reports/report-deps.ts';
import { createSchedule, raiseDueReports } from '../../src/flows/reports/schedules.ts';
import { getReport, listReportFiles } from '../../src/store/reports.ts';
import type { Report } from '../../src/store/reports.ts';
import { waitFor } from '../support/wait.ts';
import { startStand } from './stand.ts';
import type { Stand } from './stand.ts';

const BCA = '1234567890';

let stand: Stand;
let deps: ReportDeps;
beforeAll(async () => {
  stand = await startStand({ seed: 11 });
  await stand.pollNow();
  deps = depsOf(stand);
});
afterAll(() => stand.stop());
afterEach(async () => {
  await stand.dingtalk.manage('DELETE', 'faults');
  await stand.database.pool.query(
    'UPDATE destination_meter SET blocked_until = NULL, failures = 0, next_look_at = NULL',
  );
});

function depsOf({ started: { runtime } }: Stand): ReportDeps {
  const { services, directory, announcer, connectorOf } = runtime;
  return assembleReports({ services, directory, announcer, connectorOf, onRings: () => {} });
}

interface Told {
  readonly group: string;
  readonly title: string;
  readonly text: string;
  readonly file?: { readonly mediaId: string; readonly fileName: string };
}

async function messages(): Promise<readonly Told[]> {
  const state = (await stand.dingtalk.manage('GET', 'state')) as { messages: readonly Told[] };
  return state.messages;
}

/** Files that arrived in the group and whose names contain a word. */
async function filesOf(word: string): Promise<readonly Told[]> {
  return (await messages()).filter(({ file }) => file?.fileName.includes(word) === true);
}

async function bytesOf(told: Told | undefined): Promise<Buffer> {
  const id = encodeURIComponent(told?.file?.mediaId ?? '');
  const answer = await fetch(`${stand.dingtalk.url}/_page/media/${id}`);
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

function waitForReport(reportId: string, state: Report['state'] = 'ready'): Promise<Report> {
  const { orgId } = stand;
  return waitFor(
    async () => {
      const report = await getReport(stand.database.pool, { orgId, reportId });
      return report.state === state ? report : undefined;
    },
    { what: `report ${reportId} to be ${state}`, deadlineMs: 120_000 },
  );
}

function valuesOf(sheet: Sheet | undefined): unknown[][] {
  return (sheet?.rows ?? []).map((row) => [...row]);
}

const order = (more: object = {}) => ({
  orgId: stand.orgId,
  report: 'dailyCash',
  settings: {},
  destinationId: stand.destinations.finance,
  ...more,
});

describe('reports in the group', () => {
  it('report: a card with its figures, then a workbook and pages that open, each once', async () => {
    const reference = await stand.move({
      account: BCA,
      creditDebitIndicator: 'credit',
      amount: '1250000.00',
      channel: 'va',
    });
    await stand.waitForTold(reference, 1);
    const reportId = await orderReport(
      deps,
      order({ report: 'statement', settings: { period: 'thisMonth' } }),
      'cli',
    );
    await waitForReport(reportId);
    const files = await waitFor(
      async () => {
        const found = await filesOf('Account statement');
        return found.length >= 2 ? found : undefined;
      },
      { what: 'two files', deadlineMs: 120_000 },
    );
    expect(new Set(files.map(({ file }) => file?.fileName.split('.').at(-1)))).toEqual(
      new Set(['pdf', 'xlsx']),
    );
    expect(files).toHaveLength(2);
    const { cards } = await stand.books();
    const card = cards.find(({ params }) => params['title']?.includes('Account statement'));
    expect(card?.params['lines']).toMatch(/Operations.*IDR.*Closing balance/);

    const workbook = await bytesOf(files.find(({ file }) => file?.fileName.endsWith('xlsx')));
    const { sheets } = await readXlsx(new Uint8Array(workbook));
    const table = sheets.find(({ name }) => name === 'Operations IDR');
    const [header, ...rows] = valuesOf(table);
    const column = (header ?? []).indexOf('In');
    expect(rows.map((row) => row[column])).toContain(1_250_000);
    const pages = await bytesOf(files.find(({ file }) => file?.fileName.endsWith('pdf')));
    expect(pages.subarray(0, 5).toString()).toBe('%PDF-');

    // What people got is what is kept.
    const kept = await listReportFiles(stand.database.pool, { orgId: stand.orgId, reportId });
    const digests = [workbook, pages].map((bytes) =>
      createHash('sha256').update(bytes).digest('hex'),
    );
    expect(kept.map(({ digest }) => digest).toSorted()).toEqual(digests.toSorted());
  });

  it('report: a schedule that two look at makes its moment once', async () => {
    const schedule = await createSchedule(
      deps,
      {
        ...order({ formats: ['xlsx'] }),
        name: 'Cash',
        rule: 'FREQ=DAILY',
        at: '08:00',
        destinationId: stand.destinations.finance,
        startsOn: '2026-11-01',
      },
      'cli',
    );
    await stand.database.pool.query(
      `UPDATE report_schedule SET next_at = date_trunc('day', now()) - interval '3 days'
       WHERE schedule_id = $1`,
      [schedule.scheduleId],
    );
    const fail = (error: unknown): never => {
      throw error instanceof Error ? error : new Error(String(error));
    };
    const raised = await Promise.all([
      raiseDueReports(deps, fail),
      raiseDueReports(deps, fail),
      raiseDueReports(deps, fail),
    ]);
    expect(raised.reduce((sum, one) => sum + one, 0)).toBe(1);
    const { rows } = await stand.database.pool.query<{ report_id: string; is_newest: boolean }>(
      `SELECT r.report_id, s.next_at > now() AND r.due_at > now() - interval '1 day' AS is_newest
       FROM report r JOIN report_schedule s USING (org_id, schedule_id) WHERE schedule_id = $1`,
      [schedule.scheduleId],
    );
    // Days that were slept through are not made up for: only the newest is.
    expect(rows).toEqual([{ report_id: expect.any(String), is_newest: true }]);
    const report = await waitForReport(rows[0]?.report_id ?? '');
    expect(report.asOf.equals(report.dueAt ?? report.createdAt)).toBe(true);
    await waitFor(async () => ((await filesOf('Daily cash')).length > 0 ? true : undefined), {
      what: 'the file',
      deadlineMs: 120_000,
    });
    expect(await filesOf('Daily cash')).toHaveLength(1);
  });

  it('report: a maker that died is taken over, and its report is told once', async () => {
    // Somebody holds it who will never finish; his lease is over.
    const gone = { owner: 'wrk_dead', until: new Date(Date.now() - 1_000) };
    const reportId = await orderReport(
      deps,
      order({ report: 'bankDelay', formats: ['xlsx'] }),
      'cli',
      gone,
    );
    await waitForReport(reportId);
    await waitFor(async () => ((await filesOf('Delay and')).length > 0 ? true : undefined), {
      what: 'the file',
      deadlineMs: 120_000,
    });
    expect(await filesOf('Delay and')).toHaveLength(1);
  });

  it('report: a file whose answer is lost is not sent again, and the group is told', async () => {
    await stand.dingtalk.manage('POST', 'faults', {
      name: 'timeoutAfterAccepting',
      path: '/v1.0/robot/groupMessages/send',
      count: 1,
    });
    await orderReport(deps, order({ report: 'payments', formats: ['xlsx'] }), 'cli');
    const told = await waitFor(
      async () => {
        const { cards } = await stand.books();
        const uncertain = cards.find(({ params }) => params['title']?.includes('Nobody can tell'));
        const message = (await messages()).find(({ title }) => title.includes('Nobody can tell'));
        return uncertain?.params['lines'] ?? message?.text;
      },
      { what: 'the word about the file', deadlineMs: 120_000 },
    );
    expect(told).toContain('cashbell report download rep_');
    expect(await filesOf('Payments by state')).toHaveLength(1);
  });
});
