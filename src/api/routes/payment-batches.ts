import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import { paymentStates } from '#core/payments.ts';
import { cancelBatch, submitBatch } from '#flows/payment-batch/cancel-batch.ts';
import { decideBatch } from '#flows/payment-batch/decide-batch.ts';
import { FILE_BYTES_MAX } from '#flows/payment-batch/table.ts';
import { errorSentence } from '#i18n/messages.ts';
import { getBatch } from '#store/payment-batches.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import { IdText, PageQuery, pageOf } from '../contract/common.ts';
import {
  BatchAnswerNew,
  BatchAnswerWire,
  BatchCancellationWire,
  BatchDetailWire,
  BatchesQuery,
  BatchFileQuery,
  BatchNew,
  BatchResultWire,
  BatchWire,
} from '../contract/payment-batches.ts';
import { CancelNew, PaymentWire } from '../contract/payments.ts';
import { pickLanguage } from '../explain.ts';
import {
  toBatchDetail,
  toBatchWire,
  uploadFile,
  uploadRows,
} from '../operations/payment-batches.ts';
import { toMoneyWire, toPaymentWire } from '../operations/payments.ts';
import { listBatches, listBatchPayments } from '../queries/payments.ts';

const params = z.object({ batchId: IdText });
const tags = ['Payment batches'];
/** Rows as JSON are longer than as a file. */
const UPLOAD_BYTES_MAX = 2 * FILE_BYTES_MAX;

/** Payments that are asked for together: each stays a payment of its own. */
export function paymentBatchRoutes(app: ApiApp, services: ApiServices): void {
  const deps = services.payments;
  app.get(
    '/payment-batches',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: BatchesQuery, response: { 200: pageOf(BatchWire) } },
    },
    async (request) => {
      const page = await listBatches(services.pool, principalOf(request).orgId, request.query);
      const items = await Promise.all(page.items.map((batch) => toBatchWire(deps, batch)));
      return { ...page, items };
    },
  );
  app.post(
    '/payment-batches',
    {
      config: { scope: 'write' },
      bodyLimit: UPLOAD_BYTES_MAX,
      schema: { tags, body: BatchNew, response: { 200: BatchResultWire, 201: BatchResultWire } },
    },
    async (request, reply) => {
      const { orgId, actor: maker } = principalOf(request);
      const result = await uploadRows(deps, request.body, { orgId, maker });
      return reply.code(result.batch ? 201 : 200).send(result);
    },
  );
  fileRoute(app, services);
  app.get(
    '/payment-batches/:batchId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: BatchDetailWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      return toBatchDetail(deps, await getBatch(services.pool, { ...request.params, orgId }));
    },
  );
  app.get(
    '/payment-batches/:batchId/payments',
    {
      config: { scope: 'read' },
      schema: {
        tags,
        params,
        querystring: PageQuery.extend({ state: z.enum(paymentStates).optional() }),
        response: { 200: pageOf(PaymentWire) },
      },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const batch = await getBatch(services.pool, { ...request.params, orgId });
      const language = pickLanguage(request.headers['accept-language']);
      const page = await listBatchPayments(services.pool, batch, request.query);
      const items = await Promise.all(
        page.items.map((payment) => toPaymentWire(deps, payment, language)),
      );
      return { ...page, items };
    },
  );
  answerRoutes(app, services);
}

/** The body is the file itself, whatever its content type says; its first bytes tell what it is. */
function fileRoute(app: ApiApp, services: ApiServices): void {
  app.post(
    '/payment-batches/files',
    {
      config: { scope: 'write' },
      bodyLimit: FILE_BYTES_MAX + 1,
      schema: {
        tags,
        querystring: BatchFileQuery,
        response: { 200: BatchResultWire, 201: BatchResultWire },
      },
    },
    async (request, reply) => {
      const { orgId, actor: maker } = principalOf(request);
      const { body } = request;
      if (!Buffer.isBuffer(body)) {
        throw new CashbellError('api.invalid', {
          field: 'content-type',
          problem: 'must be text/csv or that of an XLSX workbook, with the file as the body',
        });
      }
      const result = await uploadFile(services.payments, body, request.query, { orgId, maker });
      return reply.code(result.batch ? 201 : 200).send(result);
    },
  );
}

function answerRoutes(app: ApiApp, services: ApiServices): void {
  const deps = services.payments;
  for (const [word, decision] of [
    ['approve', 'agreed'],
    ['decline', 'declined'],
  ] as const) {
    app.post(
      `/payment-batches/:batchId/${word}`,
      {
        config: { scope: 'write' },
        schema: { tags, params, body: BatchAnswerNew, response: { 200: BatchAnswerWire } },
      },
      async (request) => {
        const input = { ...request.params, ...request.body, decision };
        const { decided, total } = await decideBatch(deps, personOf(request), input);
        return { decided, total: toMoneyWire(total) };
      },
    );
  }
  app.post(
    '/payment-batches/:batchId/submit',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: BatchDetailWire } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const place = { ...request.params, orgId: parseId('org', orgId) };
      await submitBatch(deps, place, actor);
      return toBatchDetail(deps, await getBatch(services.pool, place));
    },
  );
  app.post(
    '/payment-batches/:batchId/cancel',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: CancelNew, response: { 200: BatchCancellationWire } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const language = pickLanguage(request.headers['accept-language']);
      const place = { ...request.params, orgId: parseId('org', orgId) };
      const result = await cancelBatch(deps, place, { ...request.body, actor });
      return {
        ...result,
        kept: result.kept.map(({ error, ...payment }) => ({
          ...payment,
          reason: errorSentence(language, error.code, error.details),
        })),
      };
    },
  );
}
