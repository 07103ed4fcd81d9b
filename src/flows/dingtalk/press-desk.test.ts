import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import { waitFor } from '#tests/wait.ts';
import { createEventIntake } from './event-intake.ts';
import { createPressDesk } from './press-desk.ts';
import type { AnswerPress } from './press-desk.ts';

let database: TestDatabase;
let world: FlowWorld;
let app: DirectoryApp;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createFlowWorld(database);
  const { services, directory, orgId } = world;
  const { appId } = await addDingtalkApp(
    services,
    { orgId, name: 'Cashbell', appKey: 'key', appSecret: 'secret-of-the-app' },
    'test',
  );
  directory.forget(orgId);
  const found = (await directory.org(orgId)).apps.get(appId);
  if (!found) throw new Error('no app');
  app = found;
});
beforeEach(async () => {
  await database.pool.query('DELETE FROM dingtalk_event');
});
afterAll(() => database.drop());

const data = JSON.stringify({
  outTrackId: 'clm_1.dst_1',
  userId: 'user01',
  content: '{"cardPrivateData":{"actionIds":["claim@1"]}}',
});
const late = { presser: { hint: 'later' } };

function desk(answerPress: AnswerPress, patienceMs?: number) {
  const { services, directory } = world;
  const errors: unknown[] = [];
  const whispers: string[] = [];
  const made = createPressDesk({
    services,
    intake: createEventIntake({ services, directory, onStored: () => undefined }),
    answerPress,
    lateAnswer: () => Promise.resolve(late),
    whisper: (_app, userId, text) => {
      whispers.push(`${userId}: ${text}`);
      return Promise.resolve();
    },
    onError: (error) => errors.push(error),
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });
  return {
    take: (messageId: string) => made.take(app, 'stream', { messageId, data }),
    errors,
    whispers,
  };
}

const stored = () =>
  world.ask<{ state: string; is_leased: boolean }>(
    'SELECT state, lease_until > now() AS is_leased FROM dingtalk_event ORDER BY received_at',
  );

describe('press desk', () => {
  test('press desk: it is on disk before it is done, and done before it is answered', async () => {
    let before: unknown;
    const { take } = desk(async (press, { isRepeated }) => {
      before = [await stored(), press.actionIds, isRepeated];
      return { everybody: { state: 'claimed' } };
    });
    expect(await take('m1')).toMatchObject({ cardData: { cardParamMap: { state: 'claimed' } } });
    expect(before).toEqual([[{ state: 'stored', is_leased: true }], ['claim@1'], false]);
    expect(await stored()).toEqual([{ state: 'processed', is_leased: null }]);
  });

  test('press desk: told twice it says so, and the second changes nothing on disk', async () => {
    const repeated: boolean[] = [];
    const { take } = desk((_press, context) => {
      repeated.push(context.isRepeated);
      return Promise.resolve({ everybody: { state: 'claimed' } });
    });
    expect(await take('m1')).toEqual(await take('m1'));
    expect(repeated).toEqual([false, true]);
    expect(await stored()).toHaveLength(1);
    await take('m2');
    expect(repeated).toEqual([false, true, false]);
  });

  test('press desk: what takes long is answered in time, goes on, and its no is whispered', async () => {
    const gate = Promise.withResolvers<void>();
    const { take, whispers } = desk(async () => {
      await gate.promise;
      return { everybody: { state: 'claimed' }, hint: 'not yours' };
    }, 30);
    expect(await take('m1')).toMatchObject({
      userPrivateData: { cardParamMap: { hint: 'later' } },
    });
    expect(await stored()).toEqual([{ state: 'stored', is_leased: true }]);
    gate.resolve();
    await waitFor(async () => (await stored())[0]?.state === 'processed', { what: 'its end' });
    await waitFor(() => whispers[0] === 'user01: not yours', { what: 'the whisper' });
  });

  test('press desk: what fails stays for the inbox, and the presser learns that it is kept', async () => {
    const { take, errors } = desk(() => Promise.reject(new Error('database away')));
    expect(await take('m1')).toMatchObject({
      userPrivateData: { cardParamMap: { hint: 'later' } },
    });
    expect(errors).toHaveLength(1);
    expect(await stored()).toEqual([{ state: 'stored', is_leased: true }]);
  });

  test('press desk: a button of nobody is answered with nothing', async () => {
    const { take } = desk(() => Promise.resolve(undefined));
    expect(await take('m1')).toEqual({});
    expect(await stored()).toEqual([{ state: 'ignored', is_leased: null }]);
  });
});
