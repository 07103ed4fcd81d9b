import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { launchBrowser, takeScreen } from './browser.ts';
import type { TestBrowser } from './browser.ts';
import { startDemo } from './demo-process.ts';
import type { Demo } from './demo-process.ts';

const FINANCE = 'Finance 财务群';
const MAKER = 'user01';
const MANAGER = 'user02';
const STEP_MS = 60_000;

let browser: TestBrowser;
let demo: Demo;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), 'cashbell-payment-'));
  endings.push(() => rm(home, { recursive: true, force: true }));
  browser = await launchBrowser();
  endings.unshift(() => browser.close());
  demo = await startDemo(home);
  endings.unshift(() => demo.interrupt());
});
afterAll(async () => {
  for (const end of endings) await end();
});

/** Each page holds a connection for its live view, and a browser opens six to one host at most. */
const pages: Page[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

async function openAs(userId: string, hash = '', size: 'desk' | 'phone' = 'desk'): Promise<Page> {
  const page = await browser.open(`${demo.dingtalkUrl}${hash}`, size);
  pages.push(page);
  await page.locator('#viewer option').first().waitFor({ state: 'attached' });
  await page.locator('#viewer').selectOption(userId);
  return page;
}

/** The card of the demo's payment in the group of the finance people. */
async function financeCard(page: Page) {
  await page.locator('#list button', { hasText: FINANCE }).click();
  const card = page.locator('#stream .item', { hasText: 'PT PEMASOK SEJATI' }).first();
  await card.waitFor({ timeout: STEP_MS });
  return card;
}

/** Movements of the payment on the page of the simulated banks. */
async function debits(): Promise<number> {
  const page = await browser.open(demo.banksUrl, 'desk');
  await page.getByText('Transfers of the company').first().waitFor({ timeout: STEP_MS });
  const count = await page.getByText(/^−18,500,000\.00$/).count();
  await page.close();
  return count;
}

describe('a payment in the demo world', () => {
  test('payment: a person agrees in DingTalk, the card goes from waiting to paid to settled, the bank shows one debit', async () => {
    const finance = await openAs(MANAGER);
    const card = await financeCard(finance);
    await card.getByText(/waits for approval/).waitFor({ timeout: STEP_MS });
    await card.scrollIntoViewIfNeeded();
    await takeScreen(finance, 'payment-waiting-en');
    const manager = await openAs(MANAGER, '#approvals');
    const request = manager.locator('.approval-list .request').first();
    await request.waitFor({ timeout: STEP_MS });
    await request.click();
    await manager.locator('.sheet').getByText('18,500,000.00').waitFor();
    await takeScreen(manager, 'payment-approval-en');
    await manager.getByRole('button', { name: 'Agree', exact: true }).click();
    await card.getByText(/Payment settled/).waitFor({ timeout: STEP_MS });
    await card.scrollIntoViewIfNeeded();
    await takeScreen(finance, 'payment-settled-en');
    // The transfer and the movement that it made: one of each.
    expect(await debits()).toBe(2);
    // The debit rings as the settlement of the payment.
    const ring = finance.locator('#list button', { hasText: 'Treasury Indonesia' });
    await ring.click();
    await finance
      .locator('#stream .item', { hasText: 'IDR 18.500.000,00' })
      .filter({ hasText: 'PT PEMASOK SEJATI' })
      .last()
      .waitFor({ timeout: STEP_MS });
    // The outcome stands below the request, for whoever looks there.
    const maker = await openAs(MAKER, '#approvals');
    await maker.getByText('Sent by me').click();
    await maker.locator('.approval-list .request').first().click();
    await maker
      .locator('.sheet')
      .getByText(/Cashbell|217|2\d{17}/)
      .first()
      .waitFor();
    expect(browser.complaints).toEqual([]);
  });

  test('payment: whoever refuses keeps it from the bank', async () => {
    const maker = await openAs(MAKER, '#approvals');
    await maker.getByText('New request').click();
    await maker.getByLabel('Choose a form').selectOption({ label: 'Bank payment' });
    await maker.getByLabel(/^Pay from/).selectOption({ label: 'BCA Operations …7890 IDR' });
    await maker.getByLabel(/^Payee/).fill('PT PEMASOK SEJATI');
    await maker.getByLabel(/^Account number/).fill('8010001575');
    await maker.getByLabel(/^Bank code/).fill('CENAIDJA');
    await maker.getByLabel(/^Amount/).fill('7700000');
    await maker.getByLabel(/^Currency/).selectOption({ label: 'IDR' });
    await maker.getByLabel(/^Purpose/).selectOption({ label: 'supplier' });
    await maker.getByLabel(/^Payment text/).fill('INV 2026 0999');
    await takeScreen(maker, 'payment-request-en');
    await maker.getByRole('button', { name: 'Submit' }).click();
    const manager = await openAs(MANAGER, '#approvals');
    const request = manager.locator('.approval-list .request').first();
    await request.waitFor({ timeout: STEP_MS });
    await request.click();
    await manager.getByPlaceholder('Remark').fill('Wrong invoice');
    await manager.getByRole('button', { name: 'Refuse', exact: true }).click();
    const finance = await openAs(MANAGER);
    await finance.locator('#list button', { hasText: FINANCE }).click();
    await finance
      .locator('#stream .item', { hasText: '7,700,000.00' })
      .getByText(/declined/)
      .first()
      .waitFor({ timeout: STEP_MS });
    const banks = await browser.open(demo.banksUrl, 'desk');
    await waitFor(() => banks.getByText('Last movements').first().isVisible(), {
      what: 'the banks',
    });
    expect(await banks.getByText(/7,700,000\.00/).count()).toBe(0);
    await banks.close();
  });
});
