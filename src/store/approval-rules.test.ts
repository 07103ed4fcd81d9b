import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCashbellError } from '#core/errors.ts';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import {
  activeApprovalRules,
  confirmApprovalRule,
  listApprovalRules,
  proposeApprovalRule,
  proposeApprovalRuleRemoval,
  refuseApprovalRule,
} from './approval-rules.ts';
import type { ApprovalRuleInput } from './approval-rules.ts';
import type { PersonActor } from './persons.ts';
import { createPeopleWorld } from './test-people.ts';
import type { PeopleWorld } from './test-people.ts';

let database: TestDatabase;
let world: PeopleWorld;
let proposer: PersonActor;
let checker: PersonActor;

beforeAll(async () => {
  database = await createTestDatabase();
  world = await createPeopleWorld(database);
  proposer = await world.entitled('Proposer', 'limit.propose', 'limit.confirm');
  checker = await world.entitled('Checker', 'limit.propose', 'limit.confirm');
});
afterAll(async () => {
  await world.close();
  await database.drop();
});

const input = (): ApprovalRuleInput => ({
  ordinal: 1,
  currency: 'IDR',
  amountFrom: 100n,
  amountBelow: 12_345_678_901_234_567_890n,
  via: 'dingtalk',
  nodes: [{ action: 'NONE', persons: [checker.personId] }],
  approvalsRequired: 1,
});

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isCashbellError(error) ? error.code : String(error)),
  );

const isActive = async (ruleId: string) =>
  (await activeApprovalRules(world.services.pool, world.orgId)).some(
    (rule) => rule.ruleId === ruleId,
  );

describe('approval rules', () => {
  test('approval rules: one holds when a second person agrees, and keeps every digit', async () => {
    const { services } = world;
    const { ruleId } = await proposeApprovalRule(services, proposer, input());
    expect(await isActive(ruleId)).toBe(false);
    expect(await codeOf(confirmApprovalRule(services, proposer, ruleId))).toBe('api.secondPerson');
    await confirmApprovalRule(services, checker, ruleId);
    expect(await isActive(ruleId)).toBe(true);
    const [rule] = await activeApprovalRules(services.pool, world.orgId);
    expect(rule).toMatchObject({ ...input(), state: 'active', proposedBy: proposer.personId });
  });

  test('approval rules: taking one away needs two people as well; until then it holds', async () => {
    const { services } = world;
    const { ruleId } = await proposeApprovalRule(services, proposer, input());
    await confirmApprovalRule(services, checker, ruleId);
    await proposeApprovalRuleRemoval(services, checker, ruleId);
    expect(await isActive(ruleId)).toBe(true);
    expect(await codeOf(confirmApprovalRule(services, checker, ruleId))).toBe('api.secondPerson');
    await refuseApprovalRule(services, proposer, ruleId);
    expect(await codeOf(confirmApprovalRule(services, proposer, ruleId))).toBe('api.conflict');
    await proposeApprovalRuleRemoval(services, checker, ruleId);
    await confirmApprovalRule(services, proposer, ruleId);
    expect(await isActive(ruleId)).toBe(false);
  });

  test('approval rules: without the right nobody proposes or confirms, administrators neither', async () => {
    const { services } = world;
    const nobody = await world.person('Nobody');
    expect(await codeOf(proposeApprovalRule(services, nobody, input()))).toBe(
      'payment.notEntitled',
    );
    const { ruleId } = await proposeApprovalRule(services, proposer, input());
    expect(await codeOf(confirmApprovalRule(services, nobody, ruleId))).toBe('payment.notEntitled');
    expect(await codeOf(refuseApprovalRule(services, nobody, ruleId))).toBe('payment.notEntitled');
    await refuseApprovalRule(services, proposer, ruleId);
    const left = await listApprovalRules(services.pool, world.orgId);
    expect(left.map((rule) => rule.ruleId)).not.toContain(ruleId);
  });

  test('approval rules: the database itself refuses one person for both', async () => {
    const { ruleId } = await proposeApprovalRule(world.services, proposer, input());
    const update = database.pool.query(
      'UPDATE approval_rule SET confirmed_by = proposed_by WHERE rule_id = $1',
      [ruleId],
    );
    await expect(update).rejects.toThrow('check constraint');
  });
});
