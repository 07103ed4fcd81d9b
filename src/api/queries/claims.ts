import type { z } from 'zod';
import { instantFromMs } from '#core/dates.ts';
import { formatDecimal, money } from '#core/money.ts';
import type { Claim, ClaimActLine } from '#store/claims.ts';
import type { Queryable } from '#store/grants.ts';
import type { ClaimActWire, ClaimWire } from '../contract/claims.ts';

type Wire = z.infer<typeof ClaimWire>;

/** Claims with their receipts, as the API and the command line show them. */
export async function toClaimWires(client: Queryable, claims: readonly Claim[]): Promise<Wire[]> {
  const [first] = claims;
  if (!first) return [];
  const { rows } = await client.query<{
    entry_id: string;
    amount_minor_units: string;
    currency: string;
    booking_date: string;
    remittance_information: string;
    match_state: string | null;
    claimed_customer: string | null;
  }>(
    `SELECT entry_id, amount_minor_units, currency, booking_date::text AS booking_date,
            remittance_information, match_state, claimed_customer
     FROM entry WHERE org_id = $1 AND entry_id = ANY($2)`,
    [first.orgId, claims.map(({ entryId }) => entryId)],
  );
  const entries = new Map(
    rows.map((row) => [
      row.entry_id,
      {
        entryId: row.entry_id,
        amount: formatDecimal(money(BigInt(row.amount_minor_units), row.currency)),
        currency: row.currency,
        bookingDate: row.booking_date,
        remittanceInformation: row.remittance_information,
        matchState: row.match_state ?? undefined,
        claimedCustomer: row.claimed_customer ?? undefined,
      },
    ]),
  );
  return claims.flatMap((claim) => {
    const entry = entries.get(claim.entryId);
    return entry ? [{ ...toWire(claim), entry }] : [];
  });
}

function toWire({ life, settledBy, createdAt, changedAt, ...claim }: Claim): Omit<Wire, 'entry'> {
  return {
    claimId: claim.claimId,
    number: claim.number,
    version: claim.version,
    state: life.state,
    accountId: claim.accountId,
    destinationId: claim.destinationId,
    language: claim.language,
    parties: life.parties.map(({ personId, subject, note, atMs }) => ({
      personId,
      claimedFor: { ...subject, items: subject.items.map((item) => ({ ...item })) },
      note,
      at: instantFromMs(atMs).toString(),
    })),
    dueAt: life.dueAtMs === undefined ? undefined : instantFromMs(life.dueAtMs).toString(),
    reminders: life.reminders,
    confirmedBy: settledBy,
    matchId: claim.matchId,
    ending: claim.ending,
    createdAt: createdAt.toString(),
    changedAt: changedAt.toString(),
  };
}

export function toClaimActWire(line: ClaimActLine): z.infer<typeof ClaimActWire> {
  return { ...line, at: line.at.toString() };
}
