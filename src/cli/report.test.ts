import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemNetwork } from '#engine/ladder/network.ts';
import { readSettings } from '#engine/settings.ts';
import { createTransport } from '#engine/transport.ts';
import { createToken } from '#store/tokens.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createPayWorld, payingBank } from '#tests/pay-world.ts';
import type { PayWorld } from '#tests/pay-world.ts';
import type { Terminal } from './context.ts';
import { runCommandLine } from './program.ts';

let database: TestDatabase;
let world: PayWorld;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPayWorld(database);
  folder = await mkdtemp(join(tmpdir(), 'cashbell-report-'));
});
afterAll(async () => {
  await world.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(line: readonly string[], by?: string): Promise<Run> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    environment: by === undefined ? {} : { CASHBELL_TOKEN: by },
    isInteractive: false,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    readStdin: () => Promise.resolve(''),
    ask: () => Promise.resolve(''),
  };
  const code = await runCommandLine(line, terminal, () => {
    const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
    return Promise.resolve({
      services: {
        ...world.services,
        connectors: [payingBank],
        payments: world.deps,
        network: systemNetwork,
        allowedPrivateHosts: ['*'],
        transport,
      },
      settings: readSettings({ CASHBELL_HOME: folder }),
      close: () => transport.close(),
    });
  });
  return { code, out, err };
}

async function json(line: readonly string[], by?: string) {
  const done = await run([...line, '--json'], by);
  if (done.code !== 0) throw new Error(`${line.join(' ')}: ${done.err}`);
  return JSON.parse(done.out);
}

describe('cli of reports', () => {
  test('cli: a report is made now, written for its owner alone, shown, listed and fetched again', async () => {
    const line = [
      'report',
      'make',
      'dailyCash',
      '--format',
      'xlsx',
      '--output',
      folder,
      '--in',
      'ar',
    ];
    const made = await json(line);
    expect(made).toMatchObject({ state: 'ready', language: 'ar', requestedBy: 'cli' });
    const [path] = made.paths;
    expect((await stat(path)).mode & 0o077).toBe(0);
    const { sheets } = await readXlsx(new Uint8Array(await readFile(path)));
    expect(sheets[0]?.view?.rightToLeft).toBe(true);
    const shown = await run(['report', 'show', made.reportId]);
    expect(shown.out).toContain(made.files[0].sha256);
    const { items } = await json(['report', 'list']);
    expect(items).toMatchObject([{ reportId: made.reportId }]);
    const again = await json(['report', 'download', made.reportId, '--output', folder]);
    expect(await readFile(again.path)).toEqual(await readFile(path));
  });

  test('cli: the same as-of gives the same workbook but for when it was made', async () => {
    const asOf = new Date(Date.now() - 1_000).toISOString();
    const line = [
      'report',
      'make',
      'monthEnd',
      '--format',
      'xlsx',
      '--output',
      folder,
      '--as-of',
      asOf,
    ];
    const cells = async () => {
      const { paths } = await json(line);
      const { sheets } = await readXlsx(new Uint8Array(await readFile(paths[0])));
      return sheets.map(({ name, rows }) => [
        name,
        rows.filter(([label]) => label !== 'Made at' && label !== 'Report'),
      ]);
    };
    expect(await cells()).toEqual(await cells());
  });

  test('cli: a person without a right is refused, and what is wrong is named', async () => {
    const { orgId } = world;
    const personId = await world.entitled('Nobody', {});
    const input = { orgId, name: 'test', scopes: ['write' as const], personId };
    const { token } = await createToken(world.services, input, 'test');
    const refused = await run(['report', 'make', 'dailyCash', '--output', folder], token.reveal());
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('report.read')]);
    const kind = await run(['report', 'make', 'everything']);
    expect([kind.code, kind.err]).toEqual([2, expect.stringContaining('dailyCash')]);
    const nowhere = await run([
      'report',
      'make',
      'dailyCash',
      '--format',
      'xlsx',
      '--output',
      '/nowhere',
    ]);
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('ENOENT')]);
  });

  test('cli: a rate is added as a pair and listed with its source', async () => {
    const line = ['report', 'rate', 'add', 'usd/idr', '16250.50', '--source', 'JISDOR'];
    expect(await json(line)).toMatchObject({ base: 'USD', quote: 'IDR', rate: '16250.50' });
    expect((await run(['report', 'rate', 'list'])).out).toContain('JISDOR');
    expect((await run(['report', 'rate', 'add', 'USD', '1', '--source', 'x'])).code).toBe(2);
  });
});
