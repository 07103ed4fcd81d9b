import { z } from 'zod';
import { checkRules, proposeRule } from '#flows/approval/rules.ts';
import {
  confirmApprovalRule,
  listApprovalRules,
  proposeApprovalRuleRemoval,
  refuseApprovalRule,
} from '#store/approval-rules.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import {
  ApprovalRuleMade,
  ApprovalRuleNew,
  ApprovalRulesCheckWire,
  ApprovalRuleWire,
} from '../contract/approval-set-up.ts';
import { IdText, listOf } from '../contract/common.ts';
import { formDeps, toCheckWire, toRuleInput, toRuleWire } from '../operations/approval-set-up.ts';

const params = z.object({ ruleId: IdText });
const tags = ['Approval rules'];

/** Who must agree to which payment; every change needs two people. */
export function approvalRuleRoutes(app: ApiApp, services: ApiServices): void {
  const deps = formDeps(services);
  app.get(
    '/approval-rules',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ApprovalRuleWire) } } },
    async (request) => {
      const rules = await listApprovalRules(services.pool, principalOf(request).orgId);
      return { items: rules.map(toRuleWire) };
    },
  );
  app.get(
    '/approval-rules/check',
    { config: { scope: 'read' }, schema: { tags, response: { 200: ApprovalRulesCheckWire } } },
    async (request) => toCheckWire(await checkRules(deps, principalOf(request).orgId)),
  );
  app.post(
    '/approval-rules',
    {
      config: { scope: 'write' },
      schema: { tags, body: ApprovalRuleNew, response: { 201: ApprovalRuleMade } },
    },
    async (request, reply) => {
      const input = toRuleInput(request.body);
      const { rule, doubts } = await proposeRule(deps, personOf(request), input);
      return reply.code(201).send({ ...toRuleWire(rule), doubts: [...doubts] });
    },
  );
  for (const [action, act] of [
    ['confirm', confirmApprovalRule],
    ['refuse', refuseApprovalRule],
    ['removal', proposeApprovalRuleRemoval],
  ] as const) {
    app.post(
      `/approval-rules/:ruleId/${action}`,
      { config: { scope: 'write' }, schema: { tags, params, response: { 200: ApprovalRuleWire } } },
      async (request) => toRuleWire(await act(services, personOf(request), request.params.ruleId)),
    );
  }
}
