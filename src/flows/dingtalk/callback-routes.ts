import type { FastifyInstance } from 'fastify';
import type { CallbackOutcome, CallbackReceiver } from './callback.ts';
import type { CardCallbackReceiver } from './card-callback.ts';

/** Events are small. */
const BODY_BYTES_MAX = 256 * 1024;

/**
 * `POST /dingtalk/callback/<orgId>`, the address for event subscriptions by HTTP, and
 * `POST /dingtalk/cards/<orgId>/<appId>`, where presses on cards arrive.
 */
export function registerDingtalkCallback(
  app: FastifyInstance,
  options: {
    readonly receiver: CallbackReceiver;
    readonly cardReceiver: CardCallbackReceiver;
    readonly onCall: (outcome: CallbackOutcome) => void;
  },
): void {
  app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    // Whatever its type says: only text that was signed is parsed.
    routes.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: BODY_BYTES_MAX },
      (_request, body, done) => done(null, body),
    );
    routes.post<{ Params: { orgId: string }; Querystring: Record<string, unknown> }>(
      '/dingtalk/callback/:orgId',
      async (request, reply) => {
        const { status, body, outcome } = await options.receiver.receive({
          orgId: request.params.orgId,
          query: textsOf(request.query),
          body: typeof request.body === 'string' ? request.body : '',
          remoteAddress: request.ip,
        });
        options.onCall(outcome);
        return reply.code(status).type('application/json').send(JSON.stringify(body));
      },
    );
    routes.post<{ Params: { orgId: string; appId: string } }>(
      '/dingtalk/cards/:orgId/:appId',
      async (request, reply) => {
        const { status, body, outcome } = await options.cardReceiver.receive({
          ...request.params,
          headers: request.headers,
          body: typeof request.body === 'string' ? request.body : '',
          remoteAddress: request.ip,
        });
        options.onCall(outcome);
        return reply.code(status).type('application/json').send(JSON.stringify(body));
      },
    );
  });
}

/** A name that stands twice in a query is taken as absent. */
function textsOf(query: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    ),
  );
}
