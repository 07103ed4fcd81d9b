import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../testing.ts';
import { PAYMENT_VALUES, startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

async function page(path: string, body?: unknown): Promise<Json> {
  const method = body === undefined ? 'GET' : 'POST';
  const { status, json } = await stand.call(method, `/_page/approvals${path}`, body);
  return status === 200 ? json : { status, ...json };
}

describe('approvals on the page', () => {
  test('each person sees what waits for them, what they decided and what they sent', async () => {
    const id = await stand.startId();
    await stand.deed(id, 'agree', { userId: 'user02' });
    const ids = async (userId: string, box: string): Promise<string[]> =>
      (await page(`?userId=${userId}&box=${box}`)).items.map((item: Json) => item.id);
    expect(await ids('user03', 'waiting')).toEqual([id]);
    expect(await ids('user02', 'waiting')).toEqual([]);
    expect(await ids('user02', 'handled')).toEqual([id]);
    expect(await ids('user01', 'started')).toEqual([id]);
    expect(await ids('user04', 'all')).toEqual([id]);
    expect((await page('?userId=user03&box=all')).waiting).toBe(1);
  });

  test('a request shows values as people read them, and what may be done', async () => {
    const rows = '[[{"name":"行金额","value":"12.50"}]]';
    const id = await stand.startId({
      formComponentValues: [
        { name: '金额（元）', value: '1234567.80' },
        ...PAYMENT_VALUES.slice(1),
        { name: '明细', value: rows },
      ],
    });
    const request = await page(`/${id}?userId=user02`);
    const byLabel = Object.fromEntries(request.values.map((value: Json) => [value.label, value]));
    expect(byLabel['金额（元）']).toMatchObject({ text: '1,234,567.80', value: '1234567.80' });
    expect(byLabel['明细']).toMatchObject({ columns: ['行金额'], rows: [['12.50']] });
    expect(request.may).toMatchObject({ decide: true, withdraw: false });
    const own = await page(`/${id}?userId=user01`);
    expect(own.may).toMatchObject({ decide: false, withdraw: true });
    expect(own.may.withdrawInMs).toBeGreaterThan(0);
  });

  test('a deed that cannot be is refused with a word for the reason', async () => {
    const id = await stand.startId();
    const error = async (deed: string, order: Json): Promise<string> =>
      (await page(`/${id}/${deed}`, order)).error;
    expect(await error('agree', { userId: 'user03' })).toMatch(/^task: /);
    expect(await error('revoke', { userId: 'user01' })).toMatch(/^early: /);
    expect(await error('revoke', { userId: 'user02' })).toMatch(/^forbidden: /);
    expect(await error('edit', { userId: 'user02', values: { amount: 'x' } })).toMatch(
      /^formConverterError: /,
    );
    expect(await error('dance', { userId: 'user02' })).toMatch(/^deeds are /);
    expect(await page('/nowhere?userId=user01')).toMatchObject({ status: 404 });
  });

  test('a person starts a request from the forms that they may see', async () => {
    await stand.manage('POST', `forms/${stand.processCode}`, { visibleTo: ['user05'] });
    expect(await page('/forms?userId=user01')).toEqual([]);
    const [form] = await page('/forms?userId=user05');
    expect(form.values[1]).toMatchObject({ label: '付款账户', choices: ['基本户', '一般户'] });
    const values = { amount: '1.00', account: '基本户', creditor: 'PT Maju' };
    const order = { userId: 'user05', form: form.processCode, values };
    const { id } = await page('', order);
    expect((await stand.details(id)).result).toMatchObject({ originatorUserId: 'user05' });
  });
});
