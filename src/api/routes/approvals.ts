import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { decidePayment } from '#flows/payment-controls/decide-payment.ts';
import type { Approval } from '#store/approvals.ts';
import { approvePayment, declinePayment, listApprovals } from '#store/approvals.ts';
import type { PaymentDecision } from '#store/payment-decisions.ts';
import { listDecisions, proposeDecision, refuseDecision } from '#store/payment-decisions.ts';
import { findPayment } from '#store/payments.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { ApprovalNew, ApprovalWire, DecisionNew, DecisionWire } from '../contract/approvals.ts';
import { IdText, listOf } from '../contract/common.ts';

export function toApprovalWire(approval: Approval): z.infer<typeof ApprovalWire> {
  return { ...approval, decidedAt: approval.decidedAt.toString() };
}

export function toDecisionWire(decision: PaymentDecision): z.infer<typeof DecisionWire> {
  return {
    ...decision,
    proposedAt: decision.proposedAt.toString(),
    decidedAt: decision.decidedAt?.toString(),
  };
}

const params = z.object({ paymentId: IdText });
const decisionParams = params.extend({ decisionId: IdText });
const tags = ['Approval of payments'];

/** What people say of payments: yes or no before, and what became of them where a bank cannot tell. */
export function approvalRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/payments/:paymentId/approvals',
    {
      config: { scope: 'read' },
      schema: { tags, params, response: { 200: listOf(ApprovalWire) } },
    },
    async (request) => {
      const place = { ...request.params, orgId: principalOf(request).orgId };
      await requirePayment(services, place);
      return { items: (await listApprovals(services.pool, place)).map(toApprovalWire) };
    },
  );
  const answers = { approve: approvePayment, decline: declinePayment };
  for (const [word, answer] of Object.entries(answers)) {
    app.post(
      `/payments/:paymentId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params, body: ApprovalNew, response: { 200: ApprovalWire } },
      },
      async (request) => {
        const input = { ...request.params, ...request.body };
        const approval = await answer(services, personOf(request), input);
        services.payments.onWoken();
        return toApprovalWire(approval);
      },
    );
  }
  decisionRoutes(app, services);
}

function decisionRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/payment-decisions',
    {
      config: { scope: 'read' },
      schema: { tags, response: { 200: listOf(DecisionWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      return { items: (await listDecisions(services.pool, { orgId })).map(toDecisionWire) };
    },
  );
  app.get(
    '/payments/:paymentId/decisions',
    {
      config: { scope: 'read' },
      schema: { tags, params, response: { 200: listOf(DecisionWire) } },
    },
    async (request) => {
      const place = { ...request.params, orgId: principalOf(request).orgId };
      await requirePayment(services, place);
      return { items: (await listDecisions(services.pool, place)).map(toDecisionWire) };
    },
  );
  app.post(
    '/payments/:paymentId/decisions',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: DecisionNew, response: { 201: DecisionWire } },
    },
    async (request, reply) => {
      const input = { ...request.params, ...request.body };
      const made = await proposeDecision(services, personOf(request), input);
      return reply.code(201).send(toDecisionWire(made));
    },
  );
  app.post(
    '/payments/:paymentId/decisions/:decisionId/confirm',
    {
      config: { scope: 'write' },
      schema: { tags, params: decisionParams, response: { 200: DecisionWire } },
    },
    async (request) =>
      toDecisionWire(await decidePayment(services.payments, personOf(request), request.params)),
  );
  app.post(
    '/payments/:paymentId/decisions/:decisionId/refuse',
    {
      config: { scope: 'write' },
      schema: { tags, params: decisionParams, response: { 200: DecisionWire } },
    },
    async (request) =>
      toDecisionWire(await refuseDecision(services, personOf(request), request.params)),
  );
}

async function requirePayment(
  services: ApiServices,
  place: { readonly orgId: string; readonly paymentId: string },
): Promise<void> {
  if (await findPayment(services.pool, place)) return;
  throw new CashbellError('payment.notFound', { id: place.paymentId });
}
