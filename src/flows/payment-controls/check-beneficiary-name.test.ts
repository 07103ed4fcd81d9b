import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connector } from '#connectors/contract.ts';
import { connectors } from '#connectors/catalogue.ts';
import { CashbellError } from '#core/errors.ts';
import { testBank } from '#engine/ladder/test-bank.ts';
import type { TransferCaller } from '#engine/transfer-calls.ts';
import type { Beneficiary } from '#store/beneficiaries.ts';
import { getBeneficiary } from '#store/beneficiaries.ts';
import {
  confirmBeneficiary,
  proposeBeneficiary,
  proposeBeneficiaryChange,
} from '#store/beneficiary-changes.ts';
import { createDirectory } from '#store/directory.ts';
import type { PersonActor } from '#store/persons.ts';
import type { PeopleWorld } from '#store/test-people.ts';
import { codeOf, createPeopleWorld } from '#store/test-people.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { checkBeneficiaryName } from './check-beneficiary-name.ts';
import { checkWaitingNames } from './check-waiting-names.ts';

let database: TestDatabase;
let world: PeopleWorld;
let maker: PersonActor;
let checker: PersonActor;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  maker = await world.entitled('Maker', 'beneficiary.propose');
  checker = await world.entitled('Checker', 'beneficiary.confirm');
});

beforeEach(async () => {
  await database.pool.query('DELETE FROM beneficiary_version');
  await database.pool.query('DELETE FROM beneficiary');
});

afterAll(async () => {
  await world.close();
  await database.drop();
});

/** A bank that can pay; what it can do is that of BCA, and it is never called. */
function payingBank(): Connector {
  const payments = connectors.find(({ id }) => id === 'bca')?.payments;
  if (!payments) throw new Error('BCA cannot pay');
  return { ...testBank, payments };
}

type Answer = Awaited<ReturnType<TransferCaller['askCreditorName']>>;

function check(
  beneficiaryId: string,
  answer: Answer | CashbellError,
  { accountId, connector = payingBank() }: { accountId?: string; connector?: Connector } = {},
) {
  return checkBeneficiaryName(
    {
      services: world.services,
      directory: createDirectory(world.services),
      connectorOf: (id) => (id === connector.id ? connector : undefined),
      transfers: {
        askCreditorName: () =>
          answer instanceof CashbellError ? Promise.reject(answer) : Promise.resolve(answer),
      },
    },
    { orgId: world.orgId, beneficiaryId, accountId },
    'system',
  );
}

const propose = (): Promise<Beneficiary> =>
  proposeBeneficiary(world.services, maker, {
    name: 'PT Maju Jaya',
    country: 'ID',
    account: '1234567890',
    agent: '014',
  });

const reread = (beneficiaryId: string) => getBeneficiary(database.pool, world.orgId, beneficiaryId);

describe('name at the bank', () => {
  test.each<[string, Answer | CashbellError, string, string | undefined]>([
    ['the same', { name: 'MAJU JAYA PT' }, 'matched', 'MAJU JAYA PT'],
    ['nearly the same', { name: 'CV MAJU JAYA' }, 'close', 'CV MAJU JAYA'],
    ['another', { name: 'BUDI SANTOSO' }, 'noMatch', 'BUDI SANTOSO'],
    ['none, for there is no such account', { name: undefined }, 'noMatch', undefined],
    ['nothing that can be asked for', 'unsupported', 'unsupported', undefined],
    ['no answer', new CashbellError('transport.timeout'), 'pending', undefined],
  ])('name: %s is written down whole', async (_what, answer, match, nameAtBank) => {
    const { beneficiaryId } = await propose();
    expect(await check(beneficiaryId, answer)).toMatchObject({ match, nameAtBank });
    const { open, nameCheck } = await reread(beneficiaryId);
    expect(open?.nameCheck).toMatchObject({ match, nameAtBank });
    expect(nameCheck).toBeUndefined();
  });

  test('name: where no bank of ours can be asked, that is said', async () => {
    const { beneficiaryId } = await propose();
    const result = await check(beneficiaryId, { name: 'X' }, { connector: testBank });
    expect(result).toMatchObject({ match: 'unsupported', reason: 'notOffered' });
  });

  test('name: of a change that waits the new name is asked, not the old one', async () => {
    const { beneficiaryId } = await propose();
    await confirmBeneficiary(world.services, checker, { beneficiaryId, version: 1 });
    await proposeBeneficiaryChange(world.services, maker, beneficiaryId, { name: 'CV Sumber' });
    expect((await check(beneficiaryId, { name: 'CV SUMBER' })).match).toBe('matched');
    const { open, nameCheck } = await reread(beneficiaryId);
    expect(open?.nameCheck?.match).toBe('matched');
    expect(nameCheck).toBeUndefined();
  });

  test('name: an account that is not ours is refused', async () => {
    const { beneficiaryId } = await propose();
    const accountId = 'acc_0000';
    expect(await codeOf(check(beneficiaryId, 'unsupported', { accountId }))).toBe('api.notFound');
  });
});

describe('names that wait', () => {
  test('a new payee is asked about by itself, once, and again only while the bank is silent', async () => {
    const { beneficiaryId } = await propose();
    const asked: string[] = [];
    let answer: Answer | CashbellError = new CashbellError('transport.timeout');
    const deps = {
      services: world.services,
      directory: createDirectory(world.services),
      connectorOf: payingBank,
      transfers: {
        askCreditorName: async () => {
          asked.push('once');
          if (answer instanceof CashbellError) throw answer;
          return answer;
        },
      },
    };
    await checkWaitingNames(deps, new Date());
    expect((await reread(beneficiaryId)).open).toMatchObject({
      nameCheck: { match: 'pending' },
    });
    await checkWaitingNames(deps, new Date());
    expect(asked).toHaveLength(1);
    answer = { name: 'PT MAJU JAYA' };
    await checkWaitingNames(deps, new Date(Date.now() + 16 * 60_000));
    expect(asked).toHaveLength(2);
    expect((await reread(beneficiaryId)).open).toMatchObject({
      nameCheck: { match: 'matched' },
    });
    expect(await checkWaitingNames(deps, new Date(Date.now() + 60 * 60_000))).toBe(0);
  });
});
