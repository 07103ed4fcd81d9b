import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { component, startApprovalStand } from '../../simulators/dingtalk/workflow/testing.ts';
import type { ApprovalStand } from '../../simulators/dingtalk/workflow/testing.ts';
import { launchBrowser } from './browser.ts';
import type { TestBrowser } from './browser.ts';

let stand: ApprovalStand;
let browser: TestBrowser;
beforeAll(async () => {
  stand = await startApprovalStand();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await stand.close();
});

async function openAs(userId: string, hash = '#approvals', size: 'desk' | 'phone' = 'desk') {
  const page = await browser.open(`${stand.url}/${hash}`, size);
  await page.locator('#viewer option').first().waitFor({ state: 'attached' });
  await page.locator('#viewer').selectOption(userId);
  return page;
}

const requests = (page: Page) => page.locator('.approval-list .request');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const standing = (page: Page) => page.locator('.sheet .standing');

test('a request comes in live; two persons agree, and the originator sees the end', async () => {
  const manager = await openAs('user02');
  await manager.getByText('Nothing waits for you.').waitFor();
  const id = await stand.startId();
  await requests(manager).first().click();
  await manager.locator('.sheet').getByText('900.00').waitFor();
  const maker = await openAs('user01', `#approval/${id}`);
  await standing(maker).getByText('In progress').waitFor();
  await manager.getByPlaceholder('Remark').fill('Checked.');
  await button(manager, 'Agree').click();
  await maker.locator('.lines').getByText('Checked.').waitFor();
  await manager.getByText('Nothing waits for you.').waitFor();
  const cfo = await openAs('user03', `#approval/${id}`, 'phone');
  await button(cfo, 'Agree').click();
  await standing(maker).getByText('Approved').waitFor();
  expect((await stand.details(id)).result).toMatchObject({ status: 'COMPLETED', result: 'agree' });
  expect(browser.complaints).toEqual([]);
});

test('a person changes a value, hands the task on, and the next one refuses', async () => {
  const id = await stand.startId();
  const page = await openAs('user02', `#approval/${id}`);
  await button(page, 'Change values…').click();
  await page.getByLabel('金额（元）').fill('950.00');
  await button(page, 'Save').click();
  await page.locator('.values').getByText('950.00').waitFor();
  await page.getByLabel('Hand on to').selectOption('user04');
  await page.getByText('handed on').waitFor();
  await page.locator('#viewer').selectOption('user04');
  await button(page, 'Refuse').click();
  await standing(page).getByText('Refused').waitFor();
  const { edits, tasks } = await stand.manage('GET', `instances/${id}`);
  expect(edits).toMatchObject([{ userId: 'user02', from: '900.00', to: '950.00' }]);
  expect(tasks).toMatchObject([{ result: 'REDIRECTED' }, { userId: 'user04', result: 'REFUSE' }]);
});

test('the originator fills a form of the console in Chinese, and withdraws it after its 15 seconds', async () => {
  await stand.manage('POST', 'forms', {
    name: '借款单',
    formComponents: [component('TextField', 'reason', '事由', { required: true })],
    flow: { nodes: [{ roles: ['CFO'] }] },
  });
  const page = await openAs('user05', '#approvals', 'phone');
  await page.getByLabel('Language').selectOption('zh');
  await page.getByText('发起审批').click();
  await page.getByLabel('选择表单').selectOption({ label: '借款单' });
  await button(page, '提交').click();
  await page.getByText('内容不符合要求').waitFor();
  await page.getByLabel('事由').fill('出差');
  await button(page, '提交').click();
  await standing(page).getByText('审批中').waitFor();
  expect(await page.getByText(/撤销（\d+ 秒后）/).isDisabled()).toBe(true);
  await stand.manage('POST', 'clock', { advanceMs: 15_000 });
  await page.reload();
  await page.locator('#viewer option').first().waitFor({ state: 'attached' });
  await page.locator('#viewer').selectOption('user05');
  await button(page, '撤销').click();
  await standing(page).getByText('已撤销').waitFor();
  const width = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  expect(width).toBeLessThanOrEqual(0);
  expect(browser.complaints).toEqual([]);
});
