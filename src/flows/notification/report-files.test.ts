import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ReportFact } from '#core/events.ts';
import { parseInstant } from '#core/dates.ts';
import { SecretText } from '#core/secret-text.ts';
import { newId } from '#secret/ids.ts';
import type { DirectoryApp, DirectoryDestination } from '#store/directory.ts';
import { insertReport, insertReportFile, loadReportFile } from '#store/reports.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import type { DingtalkSender, SendOutcome, UploadOutcome } from './dingtalk-sender.ts';
import type { Work } from './notification-steps.ts';
import { sendReportFile } from './report-files.ts';

let database: TestDatabase;
let world: FlowWorld;
let reportId: ReportFact['reportId'];
let said: string[];
let onUpload: () => UploadOutcome;
let onSend: () => SendOutcome;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
});
beforeEach(async () => {
  said = [];
  onUpload = () => ({ kind: 'accepted', mediaId: '@media' });
  onSend = () => ({ kind: 'accepted' });
  reportId = newId('rep');
  const { orgId, services } = world;
  const at = parseInstant('2026-11-23T00:00:00Z');
  await insertReport(services.pool, {
    orgId,
    reportId,
    scheduleId: undefined,
    dueAt: undefined,
    report: 'dailyCash',
    settings: { from: '2026-11-23', to: '2026-11-23' },
    formats: ['pdf'],
    language: 'en',
    zone: 'UTC',
    asOf: at,
    destinationId: undefined,
    requestedBy: 'cli',
  });
  const content = Buffer.from('%PDF-1.7');
  const file = { format: 'pdf' as const, fileName: '资金.pdf', digest: '00', bytes: 8, content };
  await insertReportFile(services.pool, services, { orgId, reportId }, file);
});
afterAll(() => database.drop());

const sender: DingtalkSender = {
  upload: (_app, file) => {
    said.push(`upload ${file.fileName} ${Buffer.from(file.bytes).toString()}`);
    return Promise.resolve(onUpload());
  },
  send: (message) => {
    said.push(`${message.kind} ${'msgParam' in message ? message.msgParam : ''}`);
    return Promise.resolve(onSend());
  },
};

async function send(
  change: {
    readonly attempts?: number;
    readonly kind?: 'robot' | 'person';
    readonly app?: string;
  } = {},
): Promise<SendOutcome> {
  const { orgId } = world;
  const org = await world.directory.org(orgId);
  const appId = change.app ?? 'app_1';
  const app: DirectoryApp = {
    orgId,
    appId,
    name: 'App',
    eventMode: 'none',
    appKey: 'key',
    appSecret: new SecretText('secret'),
    robotCode: 'robot',
    apiHost: 'https://api.dingtalk.com',
    oapiHost: 'https://oapi.dingtalk.com',
  };
  const configs: Record<string, DirectoryDestination['config']> = {
    robot: { kind: 'robot', host: '', accessToken: new SecretText('x') },
    person: { kind: 'person', appId, userId: 'user01' },
    group: { kind: 'appGroup', appId, openConversationId: 'cid', style: 'card' },
  };
  const destinationId = world.destinations[0] ?? newId('dst');
  const fact: ReportFact = {
    kind: 'report.file',
    reportId,
    version: 2,
    at: parseInstant('2026-11-23T00:00:00Z'),
    asOf: parseInstant('2026-11-23T00:00:00Z'),
    environment: 'sandbox',
    zone: 'UTC',
    language: 'en',
    title: 'Cash',
    lines: [],
    file: { format: 'pdf', fileName: '资金.pdf' },
  };
  const work: Work = {
    org: { ...org, apps: new Map([[appId, app]]) },
    destination: {
      orgId,
      destinationId,
      name: 'Group',
      config: configs[change.kind ?? 'group'] ?? { kind: 'person', appId, userId: '' },
      messagesPerMinute: 20,
      urgentReserve: 4,
      digestMax: 100,
    },
    delivery: {
      orgId,
      destinationId,
      deliveryId: newId('dlv'),
      kind: 'file',
      lane: 'normal',
      attempts: change.attempts ?? 1,
    },
    notices: [
      {
        noticeId: newId('ntf'),
        position: 1n,
        lane: 'normal',
        language: 'en',
        detail: 'full',
        mentions: [],
        createdAtMs: 0,
        fact,
      },
    ],
  };
  return sendReportFile(world.services, sender, work);
}

const PARAM = '{"mediaId":"@media","fileName":"资金.pdf","fileType":"pdf"}';

describe('file of a report', () => {
  test('file: it is uploaded, noted, and sent with the name that people see', async () => {
    expect(await send()).toEqual({ kind: 'accepted' });
    expect(said).toEqual(['upload 资金.pdf %PDF-1.7', `groupMessage ${PARAM}`]);
    const place = { orgId: world.orgId, reportId, format: 'pdf' };
    expect((await loadReportFile(world.services, place))?.mediaId).toBe('app_1 @media');
  });

  test('file: a second place of the same app needs no second upload, another app its own', async () => {
    await send();
    await send({ kind: 'person' });
    await send({ app: 'app_2' });
    expect(said.filter((one) => one.startsWith('upload'))).toHaveLength(2);
    expect(said[2]).toBe(`personalMessage ${PARAM}`);
  });

  test('file: an upload without an answer is tried again, for nobody saw it', async () => {
    onUpload = () => ({ kind: 'retry', code: 'dingtalk.unreachable' });
    expect(await send()).toEqual({ kind: 'retry', code: 'dingtalk.unreachable' });
    onUpload = () => ({ kind: 'accepted', mediaId: '@media' });
    expect(await send({ attempts: 2 })).toEqual({ kind: 'accepted' });
    expect(said.filter((one) => one.startsWith('group'))).toHaveLength(1);
  });

  test('file: a message without an answer is final', async () => {
    onSend = () => ({ kind: 'unknown', code: 'dingtalk.outcomeUnknown' });
    expect(await send()).toMatchObject({ kind: 'refused', isFinal: true });
  });

  test('file: what a crash left on its way is not sent again', async () => {
    await send();
    expect(await send({ attempts: 2 })).toEqual({
      kind: 'refused',
      code: 'dingtalk.outcomeUnknown',
      isFinal: true,
    });
    expect(said.filter((one) => one.startsWith('group'))).toHaveLength(1);
  });

  test('file: DingTalk refused before anything was shown, so it waits and goes later', async () => {
    onSend = () => ({ kind: 'retry', code: 'dingtalk.tooFast' });
    expect(await send()).toEqual({ kind: 'retry', code: 'dingtalk.tooFast' });
  });

  test('file: a robot takes none, and what was taken away cannot be sent', async () => {
    expect(await send({ kind: 'robot' })).toMatchObject({ kind: 'refused', isFinal: true });
    await database.pool.query('UPDATE report_file SET sealed = NULL');
    expect(await send()).toEqual({ kind: 'refused', code: 'report.notReady', isFinal: true });
    expect(said).toEqual([]);
  });
});
