import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ReceivedCall, Receiver } from './receive.ts';

/** Banks' messages are small; a statement file does not come this way. */
export const HOOK_BYTES_MAX = 512 * 1024;

interface HookParams {
  connectionId: string;
  '*'?: string;
}

/**
 * `POST /hooks/<connectionId>[/<bank's path>]`. The body stays bytes, because signatures are over
 * bytes; a body beyond the limit is refused before it is read.
 */
export function registerHooks(
  app: FastifyInstance,
  options: {
    readonly receiver: Receiver;
    readonly onCall: (call: ReceivedCall) => void;
  },
): void {
  app.register(async (hooks) => {
    hooks.removeAllContentTypeParsers();
    hooks.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: HOOK_BYTES_MAX },
      (_request, body, done) => done(null, body),
    );
    const handle = async (
      request: FastifyRequest<{ Params: HookParams }>,
      reply: FastifyReply,
    ): Promise<FastifyReply> => {
      const { connectionId } = request.params;
      const received = await options.receiver.receive(connectionId, {
        method: request.method,
        // What the bank wrote, before any decoding: its signature covers these characters.
        target: request.raw.url ?? '',
        subpath: subpathOf(request, connectionId),
        headers: flatHeaders(request),
        body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(),
        remoteAddress: request.ip,
      });
      options.onCall(received);
      return send(reply, received);
    };
    hooks.setErrorHandler(async (error: FastifyError, request, reply) => {
      if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error;
      const connectionId = connectionOf(request);
      const call = { subpath: subpathOf(request, connectionId), remoteAddress: request.ip };
      const received = await options.receiver.refuse(connectionId, call, 'inbound.tooLarge', {
        bytesMax: HOOK_BYTES_MAX,
      });
      options.onCall(received);
      // The rest of the body is not read: the connection cannot be used again.
      void reply.header('connection', 'close');
      return send(reply, received);
    });
    for (const path of ['/hooks/:connectionId', '/hooks/:connectionId/*']) {
      hooks.post<{ Params: HookParams }>(path, handle);
    }
  });
}

/** Second part of the path; here the parameters are not typed. */
function connectionOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split(/[/?]/)[2] ?? '';
}

function subpathOf(request: FastifyRequest, connectionId: string): string {
  const target = request.raw.url ?? '';
  const [path = ''] = target.split('?');
  const marker = `/hooks/${connectionId}`;
  const at = path.indexOf(marker);
  return at < 0 ? '/' : path.slice(at + marker.length) || '/';
}

function flatHeaders(request: FastifyRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function send(reply: FastifyReply, { reply: answer }: ReceivedCall): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}
