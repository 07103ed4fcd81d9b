import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { ErrorCode } from '#core/errors.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import { errorSentence } from '#i18n/messages.ts';
import { explainProblems, pickLanguage } from './explain.ts';
import { problemsError } from './operations/refusal.ts';

/** Codes whose status is not the one of their family. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  'api.unauthorised': 401,
  'api.forbidden': 403,
  'api.secondPerson': 403,
  'api.notFound': 404,
  'api.invalid': 400,
  'api.conflict': 409,
  'api.rateLimited': 429,
  'api.tooLarge': 413,
  'connection.notFound': 404,
  'connection.notArmed': 409,
  'connection.environmentMismatch': 409,
  'destination.notFound': 404,
  'payment.notFound': 404,
  'payment.invalid': 400,
  'payment.notEntitled': 403,
  'payment.selfApproval': 403,
  'batch.repeated': 409,
  'database.unavailable': 503,
};

const STATUS_OF_FAMILY: Readonly<Record<string, number>> = {
  money: 400,
  date: 400,
  id: 400,
  route: 400,
  destination: 400,
  connector: 400,
  config: 400,
  statement: 400,
  payment: 409,
  approval: 409,
  batch: 400,
  import: 400,
  claim: 409,
  match: 409,
  bank: 502,
  dingtalk: 502,
  transport: 502,
};

function statusOf(code: ErrorCode): number {
  if (code === 'secret.hygiene') return 400;
  return STATUS[code] ?? STATUS_OF_FAMILY[code.split('.')[0] ?? ''] ?? 500;
}

/** `api.notFound` → `Not found`. */
function titleOf(code: string): string {
  const words = (code.split('.').at(-1) ?? code).replace(/[A-Z]/g, (letter) => ` ${letter}`);
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** Headers of every answer: it is data for programs, never a page and never cached. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Answers every refusal as problem+json (RFC 9457) and sets the headers of every answer. */
export function registerProblems(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, toKnown(error)));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new CashbellError('api.notFound', { what: 'path' })),
  );
}

/** Turns what Fastify, PostgreSQL and the schemas throw into codes of ours. */
function toKnown(error: unknown): unknown {
  if (isCashbellError(error)) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map((issue) => ({
      field: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'),
      problem: issue.message ?? 'is not valid',
    }));
    return problemsError('api.invalid', problems);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new CashbellError('api.tooLarge');
  if (code.startsWith('FST_ERR_CTP_') || error instanceof SyntaxError) {
    return problemsError('api.invalid', [{ field: 'body', problem: 'must be JSON' }]);
  }
  // Classes of PostgreSQL that say: not now (connection, conflict, resources, locks, shutdown), and
  // Node's own.
  if (
    /^(08|40|53|55P03|57P)/.test(code) ||
    /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOENT)$/.test(code)
  ) {
    return new CashbellError('database.unavailable', {}, { cause: error });
  }
  return error;
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const language = pickLanguage(request.headers['accept-language']);
  const problem = isCashbellError(error)
    ? knownProblem(error, language)
    : {
        code: 'internal',
        status: 500,
        detail: 'Something went wrong on our side; it is in the log.',
      };
  if (problem.status >= 500) request.log.error({ err: error }, 'api request failed');
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="cashbell"');
  if (isCashbellError(error) && typeof error.details['retryAfterSeconds'] === 'number') {
    void reply.header('retry-after', error.details['retryAfterSeconds']);
  }
  return reply
    .code(problem.status)
    .header('content-language', language)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .type('application/problem+json')
    .send({
      type: `docs/errors.md#${problem.code}`,
      title: titleOf(problem.code),
      ...problem,
      requestId: request.id,
    });
}

function knownProblem(error: CashbellError, language: ReturnType<typeof pickLanguage>) {
  const errors = explainProblems(language, error);
  return {
    code: error.code,
    status: statusOf(error.code),
    detail: errorSentence(language, error.code, error.details),
    ...(errors.length === 0 ? {} : { errors }),
  };
}
