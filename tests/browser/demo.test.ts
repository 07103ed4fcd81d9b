import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitFor } from '../support/wait.ts';
import { launchBrowser, takeScreen } from './browser.ts';
import type { TestBrowser } from './browser.ts';
import { isListening, isRunning, runCashbell, startDemo } from './demo-process.ts';
import type { Demo } from './demo-process.ts';

const FINANCE = 'Finance 财务群';
const TREASURY = 'Treasury Indonesia';
const SALES = 'Sales 销售群';
const MANAGEMENT = 'Management 管理层';
/** The demo's fourth movement, which no push announces. */
const POLLED = 'Cloud Hosting Inc.';

/** A round of the demo's movements takes 36 seconds; two rounds are patience enough. */
const ROUND_MS = 80_000;

let home = '';
let browser: TestBrowser;
let demo: Demo;
/** What was started, in the order in which it is ended. */
const endings: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cashbell-browser-'));
  endings.push(() => rm(home, { recursive: true, force: true }));
  browser = await launchBrowser();
  endings.unshift(() => browser.close());
  demo = await startDemo(home);
  endings.unshift(() => demo.interrupt());
});

afterAll(async () => {
  for (const end of endings) await end();
});

async function openDingtalk(size: 'desk' | 'phone' = 'desk'): Promise<Page> {
  const page = await browser.open(demo.dingtalkUrl, size);
  await conversation(page, FINANCE).waitFor();
  return page;
}

function conversation(page: Page, title: string) {
  return page.locator('#list button', { hasText: title });
}

/** What the simulated DingTalk knows, as its page is told. */
interface PageState {
  readonly groups: readonly { readonly id: string; readonly title: string }[];
  readonly items: readonly { readonly params?: Readonly<Record<string, string>> }[];
}

async function readState(page: Page): Promise<PageState> {
  return page.evaluate<PageState>(`fetch('/_page/state').then((answer) => answer.json())`);
}

async function hasSidewaysScroll(page: Page): Promise<boolean> {
  return page.evaluate<boolean>(
    'document.documentElement.scrollWidth > document.documentElement.clientWidth',
  );
}

/** What a person reads: amounts are wrapped in marks that keep their direction. */
async function readText(element: Locator): Promise<string> {
  return (await element.innerText()).replaceAll(/[\u2066-\u2069]/g, '');
}

describe('demo world', () => {
  test('demo: a movement rings in the group within the first round', async () => {
    const page = await openDingtalk();
    await conversation(page, TREASURY).click();
    const message = page.locator('#stream .item', { hasText: /Dana (masuk|keluar)/ }).first();
    await message.waitFor({ timeout: ROUND_MS });
    expect(await readText(message)).toMatch(/IDR [\d.]+,\d\d · Dana (masuk|keluar)/);
    await page.close();
  });

  test('demo: a card changes from pending to booked before the eyes', async () => {
    const page = await openDingtalk();
    await conversation(page, FINANCE).click();
    // Payments have pending cards too, without a reference of the bank's movements.
    const pending = page.locator('#stream .card.pending', { hasText: /MV\d{12}/ }).last();
    await pending.waitFor({ timeout: ROUND_MS });
    await takeScreen(page, 'dingtalk-pending');
    const words = await readText(pending);
    const reference = /MV\d{12}/.exec(words)?.[0] ?? '';
    expect(words).toContain('pending');
    expect(reference).not.toBe('');

    const same = page.locator('#stream .item', { hasText: reference });
    await waitFor(async () => (await same.locator('.card.pending').count()) === 0, {
      what: `the card of ${reference} to be booked`,
      deadlineMs: 30_000,
    });
    expect(await same.count()).toBe(1);
    expect(await readText(same.locator('.state'))).toBe('booked');
    expect(await readText(same)).toContain('updated');
    await takeScreen(page, 'dingtalk-booked');
    await page.close();
  });

  test('demo: money deposited on the page of the bank rings', async () => {
    const bank = await browser.open(demo.banksUrl, 'desk');
    const card = bank.locator('article.card', { hasText: '1234567890' });
    await card.getByLabel('Amount').fill('8,888,000');
    await card.getByLabel('From / to').fill('PT SUMBER REJEKI');
    await card.getByLabel('Remark').fill('INV 2026-118');
    await card.getByRole('button', { name: 'Deposit' }).click();
    const row = card.locator('li.row', { hasText: 'PT SUMBER REJEKI' });
    await row.getByText('company told').waitFor();
    const reference = /MV\d{12}/.exec(await readText(row))?.[0] ?? '';
    await takeScreen(bank, 'banks');

    const page = await openDingtalk();
    await conversation(page, TREASURY).click();
    const told = page.locator('#stream .item', { hasText: reference });
    await told.waitFor({ timeout: 10_000 });
    expect(await readText(told)).toContain('IDR 8.888.000,00');
    await takeScreen(page, 'dingtalk-deposit');
    await page.close();
    await bank.close();
  });

  test('demo: on a phone the conversations fill the screen, then one of them does', async () => {
    const page = await openDingtalk('phone');
    expect(await hasSidewaysScroll(page)).toBe(false);
    await conversation(page, FINANCE).click();
    await page.locator('#stream .card').first().waitFor({ timeout: ROUND_MS });
    expect(await conversation(page, FINANCE).isVisible()).toBe(false);
    expect(await hasSidewaysScroll(page)).toBe(false);
    await takeScreen(page, 'dingtalk-phone');
    await page.getByLabel('Back to conversations').click();
    await conversation(page, FINANCE).waitFor();
    await page.close();
  });

  test('demo: the group of the sales people reads Chinese', async () => {
    const page = await openDingtalk('phone');
    await conversation(page, SALES).click();
    const message = page.locator('#stream .item').first();
    await message.waitFor({ timeout: ROUND_MS });
    expect(await readText(message)).toContain('入账');
    await takeScreen(page, 'dingtalk-zh-cn');
    await page.close();
  });

  test('demo: a destination and a route added by command ring at once, in Arabic', async () => {
    await addArabicCards();
    const page = await openDingtalk('phone');
    await conversation(page, MANAGEMENT).click();
    const card = page.locator('#stream .card[dir=rtl]').first();
    await card.waitFor({ timeout: ROUND_MS });
    expect(await card.getAttribute('lang')).toBe('ar');
    expect(await readText(card)).toMatch(/[\u0600-\u06FF]/);
    await takeScreen(page, 'dingtalk-ar');
    await page.close();
  });

  test('demo: no page had an error or asked another host', () => {
    expect(browser.complaints).toEqual([]);
  });

  test('demo: Ctrl-C ends everything, and a second start goes on', async () => {
    const first = await openDingtalk();
    await waitForPolled(first);
    await first.close();
    const before = await organisations();
    const processes = demo.descendants();
    const addresses = [demo.serverUrl, demo.dingtalkUrl, demo.banksUrl];
    expect(processes.length).toBeGreaterThan(4);

    expect(await demo.interrupt()).toEqual({ code: 0, signal: null });
    await waitFor(() => processes.every((pid) => !isRunning(pid)), {
      what: 'the end of every process',
    });
    for (const address of addresses) expect(await isListening(address)).toBe(false);

    demo = await startDemo(home);
    expect(await organisations()).toEqual(before);
    expect(await runCashbell(home, ['routes', 'show'])).toContain('Management in Arabic');
    const page = await openDingtalk();
    await waitForPolled(page);
    const { items } = await readState(page);
    // The banks began anew: nothing of the first start may pass for the same movement.
    expect(items.filter(({ params }) => params?.['state'] === 'corrected')).toEqual([]);
    expect(demo.output()).not.toContain('delivery not accepted');
    await page.close();
  });
});

async function organisations(): Promise<unknown> {
  return JSON.parse(await runCashbell(home, ['org', 'list', '--json']));
}

async function waitForPolled(page: Page): Promise<void> {
  await conversation(page, FINANCE).click();
  await page.locator('#stream .card', { hasText: POLLED }).first().waitFor({ timeout: ROUND_MS });
}

/** What an administrator does beside the running server: a destination, a route, no restart. */
async function addArabicCards(): Promise<void> {
  const page = await openDingtalk();
  const { groups } = await readState(page);
  await page.close();
  const group = groups.find(({ title }) => title === MANAGEMENT);
  const apps = JSON.parse(await runCashbell(home, ['dingtalk', 'app', 'list', '--json']));
  const added = JSON.parse(
    await runCashbell(home, [
      'destination',
      'add',
      'Management',
      '--json',
      `--app=${apps.items[0].appId}`,
      `--group=${group?.id}`,
    ]),
  );
  const tree = parse(await runCashbell(home, ['routes', 'show']));
  tree.children.unshift({
    name: 'Management in Arabic',
    matchers: [{ kind: 'bank', values: ['airwallex'] }],
    destinationIds: [added.destinationId],
    continueMatching: true,
    settings: { language: 'ar' },
  });
  const file = join(home, 'routes.yaml');
  await writeFile(file, stringify(tree));
  await runCashbell(home, ['routes', 'set', file]);
}
