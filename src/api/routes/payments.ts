import { z } from 'zod';
import { parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { Language } from '#core/languages.ts';
import type { Cancellation } from '#flows/payment/cancel-payment.ts';
import { cancelPayment } from '#flows/payment/cancel-payment.ts';
import { placeOf } from '#flows/payment/payment-deps.ts';
import type { PaymentDeps } from '#flows/payment/payment-deps.ts';
import { submitPayment } from '#flows/payment/submit-payment.ts';
import { translate } from '#i18n/messages.ts';
import { listApprovals } from '#store/approvals.ts';
import { listDecisions } from '#store/payment-decisions.ts';
import type { Payment } from '#store/payments.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, pageOf } from '../contract/common.ts';
import {
  CancellationWire,
  CancelNew,
  PaymentDetailWire,
  PaymentNew,
  PaymentsQuery,
  PaymentWire,
  ProofWire,
} from '../contract/payments.ts';
import { pickLanguage } from '../explain.ts';
import { proofOf } from '../operations/payment-proof.ts';
import {
  askForPayment,
  knownPlaceOf,
  reasonSentence,
  requirePayment,
  toPaymentWire,
} from '../operations/payments.ts';
import { listAttempts, listPayments, listSteps } from '../queries/payments.ts';
import { toApprovalWire, toDecisionWire } from './approvals.ts';

const params = z.object({ paymentId: IdText });
const tags = ['Payments'];

/** Payments: asked for, followed, taken back, proven. */
export function paymentRoutes(app: ApiApp, services: ApiServices): void {
  const deps = services.payments;
  app.get(
    '/payments',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: PaymentsQuery, response: { 200: pageOf(PaymentWire) } },
    },
    async (request) => {
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listPayments(services.pool, principalOf(request).orgId, request.query);
      const items = await Promise.all(
        page.items.map((payment) => toPaymentWire(deps, payment, language)),
      );
      return { ...page, items };
    },
  );
  app.post(
    '/payments',
    {
      config: { scope: 'write' },
      schema: { tags, body: PaymentNew, response: { 200: PaymentWire, 201: PaymentWire } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const { draft, roll, ...input } = request.body;
      const key = requireKey(request.headers['idempotency-key']);
      const day = await rolledDay(deps, { ...input, orgId, roll });
      const { payment, isNew } = await askForPayment(
        deps,
        { ...input, requestedExecutionDate: day },
        {
          orgId: parseId('org', orgId),
          source: 'api',
          sourceKey: `${actor}/${key}`,
          maker: actor,
          state: draft ? 'draft' : 'awaitingApproval',
        },
      );
      const language = pickLanguage(request.headers['accept-language']);
      return reply.code(isNew ? 201 : 200).send(await toPaymentWire(deps, payment, language));
    },
  );
  app.get(
    '/payments/:paymentId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: PaymentDetailWire } } },
    async (request) => {
      const language = pickLanguage(request.headers['accept-language']);
      const payment = await requirePayment(deps, {
        ...request.params,
        orgId: principalOf(request).orgId,
      });
      return toDetail(deps, payment, language);
    },
  );
  app.get(
    '/payments/:paymentId/proof',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: ProofWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const payment = await requirePayment(deps, { ...request.params, orgId });
      return proofOf(deps, payment, pickLanguage(request.headers['accept-language']));
    },
  );
  changeRoutes(app, deps);
}

function changeRoutes(app: ApiApp, deps: PaymentDeps): void {
  app.post(
    '/payments/:paymentId/submit',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: PaymentWire } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { paymentId } = await requirePayment(deps, { ...request.params, orgId });
      const payment = await submitPayment(deps, { orgId: parseId('org', orgId), paymentId }, actor);
      return toPaymentWire(deps, payment, pickLanguage(request.headers['accept-language']));
    },
  );
  app.post(
    '/payments/:paymentId/cancel',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: CancelNew, response: { 200: CancellationWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { paymentId } = await requirePayment(deps, { ...request.params, orgId });
      const ref = { orgId: parseId('org', orgId), paymentId };
      const cancellation = await cancelPayment(deps, ref, { ...request.body, actor });
      const language = pickLanguage(request.headers['accept-language']);
      return toCancellationWire(deps, cancellation, language);
    },
  );
}

/** The key is not ours to make: what asks twice must say so itself (asks 7 and 8). */
function requireKey(header: string | string[] | undefined): string {
  if (typeof header === 'string') return header;
  throw new CashbellError('api.invalid', {
    field: 'Idempotency-Key',
    problem: 'is missing: send one of your own, and the same one when you repeat this request',
  });
}

/** The wanted day, moved to a bank day when the caller says how. */
export async function rolledDay(
  deps: PaymentDeps,
  wish: {
    readonly orgId: string;
    readonly accountId: string;
    readonly requestedExecutionDate?: string | undefined;
    readonly roll?: Parameters<PaymentDeps['calendar']['roll']>[2] | undefined;
  },
): Promise<string | undefined> {
  const { orgId, requestedExecutionDate: day, roll } = wish;
  if (day === undefined || roll === undefined) return day;
  const { connector } = await placeOf(deps, wish);
  const place = { orgId, country: connector.traits.country };
  return (await deps.calendar.roll(place, parsePlainDate(day), roll)).toString();
}

/** A payment with everything that happened to it. */
export async function toDetail(
  deps: PaymentDeps,
  payment: Payment,
  language: Language,
): Promise<z.infer<typeof PaymentDetailWire>> {
  const { pool } = deps.services;
  const place = await knownPlaceOf(deps, payment);
  const zone = place?.account.zone ?? 'UTC';
  const steps = await listSteps(pool, payment);
  return {
    ...(await toPaymentWire(deps, payment, language)),
    attempts: await listAttempts(pool, payment),
    approvals: (await listApprovals(pool, payment)).map(toApprovalWire),
    decisions: (await listDecisions(pool, payment)).map(toDecisionWire),
    steps: steps.map(({ details, ...step }) => ({
      ...step,
      reason: reasonSentence(language, step.code, details, zone),
    })),
  };
}

export async function toCancellationWire(
  deps: PaymentDeps,
  cancellation: Cancellation,
  language: Language,
): Promise<z.infer<typeof CancellationWire>> {
  const { payment, outcome, bankAnswer, isOpenInDingtalk } = cancellation;
  const { status, bankReference, bankCode, bankMessage } = bankAnswer ?? {};
  return {
    outcome,
    note: noteOf(outcome, isOpenInDingtalk, language),
    bankAnswer: status === undefined ? undefined : { status, bankReference, bankCode, bankMessage },
    payment: await toPaymentWire(deps, payment, language),
  };
}

function noteOf(
  outcome: Cancellation['outcome'],
  isOpenInDingtalk: boolean,
  language: Language,
): string | undefined {
  if (outcome === 'bankAsked') return translate(language, 'payment.note.bankAsked');
  return isOpenInDingtalk ? translate(language, 'payment.note.dingtalkStays') : undefined;
}
