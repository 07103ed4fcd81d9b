import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readXlsx } from 'hucre';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, takeScreen } from './browser.ts';
import type { TestBrowser } from './browser.ts';
import { startDemo } from './demo-process.ts';
import type { Demo } from './demo-process.ts';

// What the end of the month looks like to people who have nothing but DingTalk.

const CLERK = 'user01';
const MANAGER = 'user02';
const STEP_MS = 90_000;

let browser: TestBrowser;
let demo: Demo;
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const home = await mkdtemp(join(tmpdir(), 'cashbell-close-'));
  endings.push(() => rm(home, { recursive: true, force: true }));
  browser = await launchBrowser();
  endings.unshift(() => browser.close());
  demo = await startDemo(home);
  endings.unshift(() => demo.interrupt());
});
afterAll(async () => {
  for (const end of endings) await end();
});

const pages: Page[] = [];
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
});

async function openAs(userId: string): Promise<Page> {
  const page = await browser.open(demo.dingtalkUrl, 'desk');
  pages.push(page);
  await page.locator('#viewer option').first().waitFor({ state: 'attached' });
  await page.locator('#viewer').selectOption(userId);
  return page;
}

async function openFinance(userId: string): Promise<Page> {
  const page = await openAs(userId);
  await page.getByRole('button', { name: /Finance 财务群/ }).click();
  return page;
}

/** The list lives: waiting until it stands still would be waiting for ever. */
async function show(place: Locator): Promise<void> {
  await place.evaluate((element) => element.scrollIntoView({ block: 'center' }));
}

/** The file of a message, as somebody who clicks on it gets it. */
async function download(page: Page, name: RegExp): Promise<Buffer> {
  const file = page.getByRole('group', { name }).last();
  await file.waitFor({ timeout: STEP_MS });
  const [got] = await Promise.all([
    page.waitForEvent('download'),
    // The list moves while the demo does, and a click would wait until it stands still.
    file.getByRole('link', { name: 'Download', exact: true }).dispatchEvent('click'),
  ]);
  return readFile(await got.path());
}

describe('the end of the month in the demo world', () => {
  test('close: a receipt says which invoice it pays when it rings', async () => {
    const page = await openFinance(MANAGER);
    const card = page.locator('#stream .item', { hasText: 'Golden Harbour Trading Ltd' }).first();
    await card
      .getByText(/HK-2026 \(Golden Harbour Trading Ltd\), paid in full/)
      .waitFor({ timeout: STEP_MS });
    await show(card);
    await takeScreen(page, 'close-matched-en');
    expect(browser.complaints).toEqual([]);
  });

  test('close: a receipt that nobody expected is claimed on its card and confirmed by another', async () => {
    const clerk = await openFinance(CLERK);
    const find = (page: Page) => page.locator('#stream .item', { hasText: /#1\u2069/ }).first();
    const card = find(clerk);
    await card.waitFor({ timeout: STEP_MS });
    await card.getByLabel('Invoice or customer').fill('Toko Sejahtera');
    await card.getByLabel('Note').fill('shop takings of Monday');
    await card.getByRole('button', { name: 'Claim it' }).dispatchEvent('click');
    await card
      .getByText(/张伟 Zhang Wei/)
      .first()
      .waitFor({ timeout: STEP_MS });
    const manager = await openFinance(MANAGER);
    const same = find(manager);
    await same.getByRole('button', { name: /^Confirm/ }).dispatchEvent('click');
    // The card is rewritten for everybody, also for those who look at it.
    for (const shown of [same, card]) {
      await shown
        .getByText(/· confirmed/)
        .first()
        .waitFor({ timeout: STEP_MS });
    }
    await show(same);
    await takeScreen(manager, 'close-claimed-en');
    expect(await same.getByRole('button', { name: 'Claim it' }).count()).toBe(0);
    expect(browser.complaints).toEqual([]);
  });

  test('close: the daily cash card and the month-end pack arrive with files that are what they say', async () => {
    const page = await openFinance(MANAGER);
    const cash = await download(page, /^Daily cash position.*\.xlsx$/);
    const { sheets } = await readXlsx(cash);
    const cells = sheets.flatMap(({ rows }) => rows.flat());
    expect(cells).toContain('Hong Kong wallet');
    expect(cells.some((cell) => typeof cell === 'number' && cell > 1000)).toBe(true);
    const pack = await download(page, /^Month-end.*\.pdf$/);
    expect(pack.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pack.length).toBeGreaterThan(10_000);
    await download(page, /^Month-end.*\.xlsx$/);
    await show(page.getByRole('group', { name: /^Month-end/ }).last());
    await takeScreen(page, 'close-files-en');
    expect(browser.complaints).toEqual([]);
  });

  test('close: a question to the robot is answered where it was asked', async () => {
    const page = await openAs(MANAGER);
    await page
      .getByRole('button', { name: /Siti Rahma/ })
      .first()
      .click();
    await page.getByLabel('Write to the robot').fill('has Maju paid');
    await page.getByRole('button', { name: 'Send' }).click();
    await page
      .locator('#stream')
      .getByText(/CV MAJU JAYA/)
      .first()
      .waitFor({ timeout: STEP_MS });
    await page.getByLabel('Write to the robot').fill('余额 BCA');
    await page.getByRole('button', { name: 'Send' }).click();
    await page
      .locator('#stream')
      .getByText(/Operations/)
      .last()
      .waitFor({ timeout: STEP_MS });
    await takeScreen(page, 'close-chat-en');
    expect(browser.complaints).toEqual([]);
  });
});
