import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestWorld } from '#api/test-services.ts';
import { createTestWorld } from '#api/test-services.ts';
import type { FakeBank } from '#engine/ladder/test-bank.ts';
import { rightValues, startFakeBank } from '#engine/ladder/test-bank.ts';
import { createTransport } from '#engine/transport.ts';
import { readSettings } from '#engine/settings.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { Terminal } from './context.ts';
import { runCommandLine } from './program.ts';

let database: TestDatabase;
let world: TestWorld;
let bank: FakeBank;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
  bank = await startFakeBank();
  folder = await mkdtemp(join(tmpdir(), 'cashbell-cli-'));
});

afterAll(async () => {
  await bank.close();
  await world.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Surroundings {
  readonly environment?: Record<string, string>;
  readonly stdin?: string;
  readonly answers?: readonly string[];
}

async function run(args: readonly string[], around: Surroundings = {}): Promise<Run> {
  let out = '';
  let err = '';
  const answers = [...(around.answers ?? [])];
  const terminal: Terminal = {
    environment: around.environment ?? {},
    isInteractive: around.answers !== undefined,
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    readStdin: () => Promise.resolve(around.stdin ?? ''),
    ask: (question, { isSecret }) => {
      err += `${question}${isSecret ? '(hidden)' : ''}\n`;
      return Promise.resolve(answers.shift() ?? '');
    },
  };
  const code = await runCommandLine(args, terminal, () => {
    const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'cashbell-test' });
    return Promise.resolve({
      services: { ...world.services, transport },
      settings: readSettings({}),
      close: () => transport.close(),
    });
  });
  return { code, out, err };
}

const addArgs = (): string[] => [
  'connection',
  'add',
  'testbank',
  '--base-url',
  bank.baseUrl,
  '--set',
  'clientId=CLIENT01',
];

describe('cli', () => {
  test('cli: every command has help with an example', async () => {
    const commands = [
      'start',
      'doctor',
      'migrate',
      'org create',
      'org list',
      'token create',
      'token list',
      'token revoke',
      'connection add',
      'connection test',
      'connection list',
      'connection rotate',
      'account add',
      'account list',
      'dingtalk app add',
      'dingtalk app events',
      'dingtalk app list',
      'approval form create',
      'approval form update',
      'approval form map',
      'approval form show',
      'approval form check',
      'approval form list',
      'approval form remove',
      'approval rule add',
      'approval rule confirm',
      'approval rule refuse',
      'approval rule remove',
      'approval rule list',
      'approval rule check',
      'destination add',
      'destination test',
      'destination list',
      'routes show',
      'routes set',
      'routes test',
      'replay',
      'audit verify',
      'bench',
    ];
    for (const command of commands) {
      const { code, out } = await run([...command.split(' '), '--help']);
      expect([command, code]).toEqual([command, 0]);
      expect(out).toContain('Example:');
    }
  });

  test('cli: an unknown command or option ends with 2', async () => {
    expect((await run(['nonsense'])).code).toBe(2);
    expect((await run(['org', 'list', '--nonsense'])).code).toBe(2);
    expect((await run(['token', 'create', 'x', '--scope', 'root'])).code).toBe(2);
  });

  test('cli: a wrong setting names the variable and the fix', async () => {
    const { code, err } = await run(['start'], { environment: { CASHBELL_PORT: 'http' } });
    expect(code).toBe(2);
    expect(err).toContain('CASHBELL_PORT');
    expect(err).toContain('docs/errors.md#config.invalid');
    expect(err).not.toContain('    at ');
  });

  test('cli: an unsafe address to listen on is refused before anything starts', async () => {
    const { code, err } = await run(['start'], { environment: { CASHBELL_HOST: '0.0.0.0' } });
    expect(code).toBe(2);
    expect(err).toContain('config.insecureListen');
  });

  test('cli: errors are told in the language of LANG', async () => {
    const around = { environment: { LANG: 'zh_CN.UTF-8' } };
    const { err } = await run(['connection', 'add', 'nobank'], around);
    expect(err).toMatch(/[\u4e00-\u9fff]/);
    expect(err).toContain('[connector.unknown]');
  });

  test('cli: a stack trace is shown only when it is asked for', async () => {
    const args = ['connection', 'list', '--org', 'org_none'];
    expect((await run(args)).err).not.toContain('    at ');
    const environment = { CASHBELL_LOG_LEVEL: 'debug' };
    expect((await run(args, { environment })).err).toContain('    at ');
  });

  test('cli: a token is shown once and only there', async () => {
    const made = await run(['token', 'create', 'ERP', '--scope', 'write', '--json']);
    const { token, tokenId } = JSON.parse(made.out);
    expect(token).toMatch(/^cbt_/);
    const listed = await run(['token', 'list']);
    expect(listed.out).toContain(tokenId);
    expect(listed.out).not.toContain(token);
    expect((await run(['token', 'revoke', tokenId])).code).toBe(0);
  });

  test('cli: a secret on the command line is refused', async () => {
    const { code, err } = await run([
      ...addArgs(),
      '--set',
      'clientSecret=right-secret-0123456789',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('must not stand on the command line');
    expect(err).not.toContain('right-secret');
  });

  test('cli: a missing secret without a terminal says how to give it', async () => {
    const { code, err } = await run(addArgs());
    expect(code).toBe(2);
    expect(err).toContain('--file clientSecret=<path>');
  });

  test('cli: a secret is asked for without echo', async () => {
    const { code, err } = await run(addArgs(), { answers: [rightValues.clientSecret] });
    expect(code).toBe(0);
    expect(err).toContain('(hidden)');
    expect(err).not.toContain(rightValues.clientSecret);
  });

  test('cli: a stray space is explained, and --repair takes it away', async () => {
    const stdin = JSON.stringify({ clientSecret: `${rightValues.clientSecret} ` });
    const args = [...addArgs(), '--values', '-'];
    const refused = await run(args, { stdin });
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('clientSecret');
    expect((await run([...args, '--repair'], { stdin })).code).toBe(0);
  });

  test('cli: from a key file to a green connection and a listed account', async () => {
    const path = join(folder, 'secret.txt');
    await writeFile(path, `${rightValues.clientSecret}\n`);
    const added = await run([...addArgs(), '--file', `clientSecret=${path}`, '--json']);
    const { connectionId } = JSON.parse(added.out);
    const early = await run(['connection', 'test', connectionId]);
    expect(early.code).toBe(1);
    const account = ['account', 'add', connectionId, '1234567890', '--currency', 'IDR'];
    expect((await run(account)).code).toBe(0);
    const again = await run([...account, '--json']);
    expect([again.code, JSON.parse(again.err).error.code]).toEqual([1, 'api.conflict']);
    const tested = await run(['connection', 'test', connectionId]);
    expect(tested.out).toContain('Green. The connection is armed.');
    expect(tested.code).toBe(0);
    const listed = await run(['account', 'list', '--connection', connectionId, '--json']);
    expect(JSON.parse(listed.out).items).toHaveLength(1);
    const rotated = await run([
      'connection',
      'rotate',
      connectionId,
      '--file',
      `clientSecret=${path}`,
    ]);
    expect(rotated.code).toBe(0);
    const { rows } = await database.pool.query(
      'SELECT replaced_at IS NULL AS current FROM secret WHERE owner_id = $1 ORDER BY created_at',
      [connectionId],
    );
    expect(rows.map((row) => row.current)).toEqual([false, true]);
  });

  test('cli: a robot’s address is split, and a damaged one is explained', async () => {
    const webhook = 'https://oapi.dingtalk.com/robot/send?access_token=abcdef0123456789';
    const values = (text: string): Surroundings => ({
      stdin: JSON.stringify({ webhook: text, signingSecret: 'SEC0123456789' }),
    });
    const args = ['destination', 'add', 'Finance', '--values', '-'];
    const broken = await run(args, values(`${webhook} `));
    expect(broken.code).toBe(2);
    expect(broken.err).toContain('ends with a space');
    const made = await run([...args, '--json'], values(webhook));
    expect(JSON.parse(made.out)).toMatchObject({
      kind: 'robot',
      config: { host: 'https://oapi.dingtalk.com', security: { mode: 'signature' } },
      secrets: [{ field: 'accessToken' }, { field: 'signingSecret' }],
    });
    expect(made.out).not.toContain('abcdef0123456789');
  });

  test('cli: routes are tried, set and shown', async () => {
    const stdin = JSON.stringify({
      webhook: 'https://oapi.dingtalk.com/robot/send?access_token=0123456789abcdef',
    });
    const add = ['destination', 'add', 'Treasury', '--security', 'ip', '--values', '-', '--json'];
    const { destinationId } = JSON.parse((await run(add, { stdin })).out);
    const tree = `name: all\ndestinationIds: [${destinationId}]\n`;
    expect((await run(['routes', 'test', '-'], { stdin: tree })).out).toContain('Nothing happened');
    expect((await run(['routes', 'set', '-'], { stdin: tree })).code).toBe(0);
    expect((await run(['routes', 'show'])).out).toContain(destinationId);
    const unknown = 'name: all\ndestinationIds: [dst_0000000000]\n';
    const refused = await run(['routes', 'set', '-'], { stdin: unknown });
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('destinationIds[0]');
  });

  test('cli: replay wants exactly one scope', async () => {
    expect((await run(['replay'])).code).toBe(2);
    expect((await run(['replay', '--all', '--connection', 'con_x'])).code).toBe(2);
    const { code, out } = await run(['replay', '--all', '--json']);
    expect([code, JSON.parse(out)]).toEqual([0, { replayed: 0 }]);
  });

  test('cli: a broken audit chain ends with 1 and says where', async () => {
    expect((await run(['audit', 'verify'])).code).toBe(0);
    await database.pool.query('ALTER TABLE audit DISABLE TRIGGER audit_append_only');
    await database.pool.query("UPDATE audit SET actor = 'somebody' WHERE number = 2");
    const { code, out } = await run(['audit', 'verify', '--org', world.orgId, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      intact: false,
      organisations: [{ broken: { number: '2', problem: 'content' } }],
    });
  });
});
