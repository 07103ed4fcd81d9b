import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { leaveNothingBehind } from '../support/servers.ts';

const screens = join(import.meta.dirname, '..', '..', 'docs', 'screens');

/** Sizes that the screenshots of the documents have. */
export const sizes = {
  desk: { width: 1200, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

/** Debian's Chromium; it asks no host but those of the test. */
export interface TestBrowser {
  open(url: string, size: keyof typeof sizes): Promise<Page>;
  /** What pages complained of: errors of scripts and requests that went elsewhere. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function launchBrowser(): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'cashbell-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    locale: 'en-GB',
    timezoneId: 'Asia/Hong_Kong',
    colorScheme: 'light',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const release = leaveNothingBehind('Chromium');
  const complaints: string[] = [];
  listenTo(context, complaints);
  return {
    complaints,
    open: async (url, size) => {
      const page = await context.newPage();
      await page.setViewportSize(sizes[size]);
      await page.goto(url);
      return page;
    },
    close: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true });
      release();
    },
  };
}

function listenTo(context: BrowserContext, complaints: string[]): void {
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.push(request.url());
  });
}

/** Writes a picture for the documents; only `UPDATE_SCREENS=1` does, so that tests change no file. */
export async function takeScreen(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_SCREENS'] !== '1') return;
  await mkdir(screens, { recursive: true });
  // Finished animations: a card that just changed still flashes.
  await page.screenshot({ path: join(screens, `${name}.png`), animations: 'disabled' });
}
