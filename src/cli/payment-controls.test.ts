import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestWorld } from '#api/test-services.ts';
import { createTestWorld } from '#api/test-services.ts';
import { createTransport } from '#engine/transport.ts';
import { readSettings } from '#engine/settings.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import type { Terminal } from './context.ts';
import { createProgram, runCommandLine } from './program.ts';

let database: TestDatabase;
let world: TestWorld;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createTestWorld(database);
  folder = await mkdtemp(join(tmpdir(), 'cashbell-cli-'));
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
  /** What `--json` wrote. */
  json<Value = Record<string, string>>(): Value;
}

async function run(line: readonly string[], token?: string): Promise<Run> {
  let out = '';
  let err = '';
  const terminal: Terminal = {
    environment: token === undefined ? {} : { CASHBELL_TOKEN: token },
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
      services: { ...world.services, transport },
      settings: readSettings({}),
      close: () => transport.close(),
    });
  });
  return { code, out, err, json: () => JSON.parse(out) };
}

async function ok(line: readonly string[], token?: string): Promise<Run> {
  const done = await run([...line, '--json'], token);
  if (done.code !== 0) throw new Error(`${line.join(' ')}: ${done.err}`);
  return done;
}

/** A person with a token of their own. */
async function person(name: string): Promise<{ readonly id: string; readonly token: string }> {
  const { personId = '' } = (await ok(['person', 'add', name])).json();
  const made = await ok(['token', 'create', name, '--person', personId, '--scope', 'write']);
  return { id: personId, token: made.json()['token'] ?? '' };
}

describe('cli of people who pay', () => {
  test('cli: two people begin, and from there everything takes two', async () => {
    const [ani, budi, citra] = [await person('Ani'), await person('Budi'), await person('Citra')];
    expect((await run(['grant', 'begin', ani.id])).out).toContain('One more person is needed');
    await ok(['grant', 'begin', budi.id]);
    const third = await run(['grant', 'begin', citra.id]);
    expect(third.code).toBe(1);
    expect(third.err).toContain('two people can grant together already');

    const grant = async (to: string, action: string): Promise<void> => {
      const proposed = await ok(['grant', 'propose', to, action], ani.token);
      const { grantId = '' } = proposed.json();
      const own = await run(['grant', 'confirm', grantId], ani.token);
      expect(own.err).toContain('[api.secondPerson]');
      await ok(['grant', 'confirm', grantId], budi.token);
    };
    await grant(citra.id, 'beneficiary.propose');
    await grant(citra.id, 'beneficiary.confirm');
    const made = await run(
      ['beneficiary', 'add', 'PT Maju', '123 456 7890', '--country', 'ID', '--bank', '014'],
      citra.token,
    );
    expect(made.out).toContain('! account: had spaces');
    const [, id = '', seen = ''] = /(ben_\w+) --seen (\d+)/.exec(made.out) ?? [];
    const confirm = ['beneficiary', 'confirm', id, '--seen', seen];
    expect((await run(confirm, citra.token)).err).toContain('[api.secondPerson]');
    const dewi = await person('Dewi');
    await grant(dewi.id, 'beneficiary.confirm');
    expect((await run(confirm, dewi.token)).out).toMatch(/PT Maju can be paid from 20/);
    const { items } = (await ok(['beneficiary', 'list'])).json<{ items: object[] }>();
    expect(items).toMatchObject([{ beneficiaryId: id, state: 'active' }]);
    expect((await run(['beneficiary', 'show', id])).out).toContain('confirmed');
  });

  test('cli: being on the machine is not being somebody', async () => {
    for (const line of [
      ['beneficiary', 'add', 'X', '1234567890', '--country', 'ID', '--bank', '014'],
      ['payments', 'stop', '--reason', 'x'],
      ['payments', 'approve', 'pay_0000', '--digest', 'x'],
      ['limit', 'add', 'IDR 1.00', '--per', 'day'],
      ['cool-off', 'propose', '0'],
    ]) {
      const refused = await run(line);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain('CASHBELL_TOKEN');
    }
    const { token = '' } = (await ok(['token', 'create', 'ERP', '--scope', 'admin'])).json();
    const machine = await run(['payments', 'stop', '--reason', 'x'], token);
    expect(machine.err).toContain('it is the token of a machine');
    const wrong = await run(['payments', 'stop', '--reason', 'x'], 'nonsense');
    expect(wrong.err).toContain('[api.unauthorised]');
  });

  test('cli: a token may stand in a file, and never on the command line', async () => {
    const eka = await person('Eka');
    const file = join(folder, 'token');
    await writeFile(file, `${eka.token}\n`);
    const refused = await run(['payments', 'stop', '--reason', 'x', '--token-file', file]);
    // The person is known; the right is missing.
    expect(refused.err).toContain('[payment.notEntitled]');
  });

  test('cli: an account that cannot be is refused with field and fix', async () => {
    const fajar = await person('Fajar');
    const line = ['beneficiary', 'add', 'X', 'AE12', '--country', 'AE', '--bank', 'BOMLAEAD'];
    const refused = await run(line, fajar.token);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('scheme: must be iban: accounts in AE are paid by IBAN only');
  });

  test('cli: limits, cool-off and stops are listed for whoever is on the machine', async () => {
    expect((await run(['limit', 'list'])).out).toContain('No limit yet');
    expect((await run(['cool-off', 'show'])).out).toContain('24 hours');
    expect((await run(['payments', 'stops'])).out).toContain('Payments are not stopped');
    expect((await run(['payments', 'decisions'])).out).toContain('Nothing waits');
    expect((await run(['grant', 'list'])).out).toContain('grant.confirm');
  });

  test('cli: every one of these commands has help with an example', () => {
    const program = createProgram({
      terminal: {
        environment: {},
        isInteractive: false,
        write: () => {},
        writeError: () => {},
        readStdin: () => Promise.resolve(''),
        ask: () => Promise.resolve(''),
      },
      withServices: () => Promise.reject(new Error('not opened')),
      shared: () => ({ json: false, language: 'en' }),
    });
    for (const name of ['person', 'grant', 'beneficiary', 'limit', 'cool-off', 'payments']) {
      const group = program.commands.find((command) => command.name() === name);
      expect(group, name).toBeDefined();
      for (const command of group?.commands ?? []) {
        let help = '';
        command.configureOutput({
          writeOut: (text) => {
            help += text;
          },
        });
        command.outputHelp();
        expect(help, `${name} ${command.name()}`).toContain(`cashbell ${name} ${command.name()}`);
        expect(help).toContain('Example:');
      }
    }
  });
});
