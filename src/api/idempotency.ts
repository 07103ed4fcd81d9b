import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { Principal } from './access.ts';
import { principalOf } from './access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while this request is the first under its Idempotency-Key. */
    idempotencyKey: string | null;
  }
}

const KEY = /^[A-Za-z0-9._:-]{8,128}$/;
const COLUMN = 'api_answer.sealed_answer';
/** After a day a key may be used anew. */
const KEPT = "interval '24 hours'";

interface AnswerRow {
  request_digest: Buffer;
  status: number | null;
  sealed_answer: Buffer | null;
}

const StoredAnswer = z.string();

/**
 * A POST that carries an `Idempotency-Key` is done once: its repeat gets the first answer again.
 * Only successes are remembered, so that a corrected request may use its key again. When a process
 * died in the middle it stays open whether the first was done, and a repeat is refused: the caller
 * has to look, we do not guess.
 */
export function registerIdempotency(app: FastifyInstance, services: AdminServices): void {
  app.decorateRequest('idempotencyKey', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined) return;
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new CashbellError('api.invalid', {
        field: 'Idempotency-Key',
        problem: 'must be 8 to 128 letters, digits or . _ : -',
      });
    }
    const principal = principalOf(request);
    const known = await begin(services, principal, { key, digest: digestOf(request) });
    if (!known) {
      request.idempotencyKey = key;
      return;
    }
    if (!known.request_digest.equals(digestOf(request))) {
      throw conflict('another request was made under this key; use a new one');
    }
    if (known.status === null || known.sealed_answer === null) {
      throw conflict(
        'the first request under this key is not finished, or broke off; look before you repeat',
      );
    }
    const place = placeOf(principal, key);
    const body = (await services.keyring.unseal(known.sealed_answer, place)).toString('utf8');
    await reply
      .code(known.status)
      .header('idempotency-replayed', 'true')
      .type('application/json')
      .serializer((stored: unknown) => StoredAnswer.parse(stored))
      .send(body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null || request.principal === null) return payload;
    request.idempotencyKey = null;
    const place = [request.principal.orgId, request.principal.holderId, key];
    if (reply.statusCode >= 300 || typeof payload !== 'string') {
      await services.pool.query(
        'DELETE FROM api_answer WHERE org_id = $1 AND holder_id = $2 AND idempotency_key = $3',
        place,
      );
      return payload;
    }
    const sealed = await services.keyring.seal(
      Buffer.from(payload),
      placeOf(request.principal, key),
    );
    await services.pool.query(
      `UPDATE api_answer SET answered_at = now(), status = $4, sealed_answer = $5
       WHERE org_id = $1 AND holder_id = $2 AND idempotency_key = $3`,
      [...place, reply.statusCode, sealed],
    );
    return payload;
  });
}

/** Claims the key; gives back the row of the first request when there was one. */
async function begin(
  services: AdminServices,
  { orgId, holderId }: Principal,
  request: { readonly key: string; readonly digest: Buffer },
): Promise<AnswerRow | undefined> {
  await services.pool.query(
    `DELETE FROM api_answer WHERE org_id = $1 AND started_at < now() - ${KEPT}`,
    [orgId],
  );
  const { rowCount } = await services.pool.query(
    `INSERT INTO api_answer (org_id, holder_id, idempotency_key, request_digest, started_at)
     VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING`,
    [orgId, holderId, request.key, request.digest],
  );
  if (rowCount === 1) return undefined;
  const { rows } = await services.pool.query<AnswerRow>(
    `SELECT request_digest, status, sealed_answer FROM api_answer
     WHERE org_id = $1 AND holder_id = $2 AND idempotency_key = $3`,
    [orgId, holderId, request.key],
  );
  const [row] = rows;
  if (!row) throw conflict('the first request under this key has just failed; repeat it');
  return row;
}

function placeOf({ orgId, holderId }: Principal, key: string) {
  return { orgId, column: COLUMN, rowId: `${holderId}/${key}` };
}

function digestOf(request: FastifyRequest): Buffer {
  const { method, url, body } = request;
  const value = Buffer.isBuffer(body) ? body.toString('base64') : (body ?? null);
  return createHash('sha256')
    .update(JSON.stringify([method, url, value]))
    .digest();
}

function conflict(problem: string): CashbellError {
  return new CashbellError('api.conflict', { field: 'Idempotency-Key', problem });
}
