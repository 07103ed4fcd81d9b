import { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { redactText } from '#engine/ladder/redact.ts';
import type { AdminServices } from '#store/orgs.ts';
import { loadSecrets } from '#store/secrets.ts';
import { sealedColumns } from '#store/services.ts';
import type { InboundQuery } from '../contract/movements.ts';
import { inboundStates } from '../contract/movements.ts';
import type { Page } from './page.ts';
import { ID_PLACE, parseCursor, timeText, toPage } from './page.ts';

/** A message as the list shows it; sentences are put in by the route, which knows the language. */
export interface InboundItem {
  readonly inboundId: string;
  readonly connectionId: string;
  readonly receivedAt: string;
  readonly subpath: string;
  readonly remoteAddress: string;
  readonly state: (typeof inboundStates)[number];
  readonly verifiedBy: string | undefined;
  readonly refusalCode: string | undefined;
  readonly refusalDetails: Record<string, unknown> | undefined;
  readonly problem: string | undefined;
  readonly attempts: number;
  readonly processedAt: string | undefined;
  readonly digest: string;
}

interface InboundRow {
  inbound_id: string;
  connection_id: string;
  received_at: Date;
  subpath: string;
  remote_address: string;
  state: string;
  verified_by: string | null;
  refusal_code: string | null;
  refusal_details: Record<string, unknown> | null;
  problem: string | null;
  attempts: number;
  processed_at: Date | null;
  digest: Buffer;
  sealed: Buffer | null;
}

const COLUMNS = `inbound_id, connection_id, received_at, subpath, remote_address, state,
  verified_by, refusal_code, refusal_details, problem, attempts, processed_at, digest`;

const State = z.enum(inboundStates);

function toItem(row: InboundRow): InboundItem {
  return {
    inboundId: row.inbound_id,
    connectionId: row.connection_id,
    receivedAt: row.received_at.toISOString(),
    subpath: row.subpath,
    remoteAddress: row.remote_address,
    state: State.parse(row.state),
    verifiedBy: row.verified_by ?? undefined,
    refusalCode: row.refusal_code ?? undefined,
    refusalDetails: row.refusal_details ?? undefined,
    problem: row.problem ?? undefined,
    attempts: row.attempts,
    processedAt: timeText(row.processed_at),
    digest: row.digest.toString('hex'),
  };
}

/** Messages from banks, newest first: ids are made in the order of arrival. */
export async function listInbound(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
  query: z.infer<typeof InboundQuery>,
): Promise<Page<InboundItem>> {
  const { rows } = await services.pool.query<InboundRow>(
    `SELECT ${COLUMNS} FROM inbound
     WHERE org_id = $1 AND ($2::text IS NULL OR inbound_id < $2)
       AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR connection_id = $4)
     ORDER BY inbound_id DESC LIMIT $5`,
    [
      orgId,
      parseCursor(query.cursor, ID_PLACE) ?? null,
      query.state ?? null,
      query.connectionId ?? null,
      query.limit + 1,
    ],
  );
  return toPage(rows, query, { toItem, placeOf: (row) => row.inbound_id });
}

/** How a sealed message reads once it is open; the ingest flow packs it. */
export type Unpack = (packed: Buffer) => {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

export interface OpenedInbound extends InboundItem {
  readonly headers: Record<string, string> | undefined;
  readonly body: string | undefined;
}

const PROOF_HEADER = /authorization|signature|token|secret|cookie|api-?key/i;

/** One message with its raw body, without our secrets and without headers that prove somebody. */
export async function getInbound(
  services: Pick<AdminServices, 'pool' | 'keyring'>,
  place: { readonly orgId: string; readonly inboundId: string },
  unpack: Unpack,
): Promise<OpenedInbound> {
  const { orgId, inboundId } = place;
  const { rows } = await services.pool.query<InboundRow>(
    `SELECT ${COLUMNS}, sealed FROM inbound WHERE org_id = $1 AND inbound_id = $2`,
    [orgId, inboundId],
  );
  const [row] = rows;
  if (!row)
    throw new CashbellError('api.notFound', { what: 'inbound', id: inboundId.slice(0, 60) });
  if (row.sealed === null) return { ...toItem(row), headers: undefined, body: undefined };
  const sealedPlace = { orgId, column: sealedColumns.inbound, rowId: inboundId };
  const { headers, body } = unpack(await services.keyring.unseal(row.sealed, sealedPlace));
  const owner = { orgId, ownerId: row.connection_id };
  const secrets = new Map(
    [...(await loadSecrets(services, owner))].map(([field, text]) => [field, text.reveal()]),
  );
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    PROOF_HEADER.test(name) ? `[${value.length} characters]` : redactText(value, secrets),
  ]);
  return {
    ...toItem(row),
    headers: Object.fromEntries(shown),
    body: redactText(Buffer.from(body).toString('utf8'), secrets),
  };
}
