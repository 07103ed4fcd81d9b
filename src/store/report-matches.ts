import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import type { Instant, PlainDate } from '#core/dates.ts';
import { money } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { CreditDebitIndicator } from '#core/statements.ts';
import type { Queryable } from './grants.ts';

/** What was known of a movement's match at a moment. */
export interface KnownMatch {
  /** Used up by matches that stood. */
  readonly matchedMinorUnits: bigint;
  /** Netting and transfers between own accounts use a movement as a whole. */
  readonly isWholly: boolean;
  readonly isSuggested: boolean;
  readonly isExempt: boolean;
  /** What it belongs to, in the words of the books. */
  readonly labels: readonly string[];
}

interface MatchScope {
  readonly orgId: string;
  readonly accountId: string;
  readonly asOf: Instant;
  readonly from?: PlainDate | undefined;
  readonly to: PlainDate;
  /** Only of these movements. */
  readonly entryIds?: readonly string[] | undefined;
}

/**
 * The last state that was recorded by then; a match of before that was kept counts as it stands. In a
 * closed period a match is taken back by one that reverses it: then neither counts.
 */
const STATE_THEN = `
  CASE WHEN m.reverses_match_id IS NOT NULL OR EXISTS (
    SELECT FROM match r JOIN match_history h ON h.org_id = r.org_id AND h.match_id = r.match_id
    WHERE r.org_id = m.org_id AND r.reverses_match_id = m.match_id AND h.recorded_at <= $3)
  THEN 'undone' ELSE coalesce(
    (SELECT h.state FROM match_history h WHERE h.org_id = m.org_id AND h.match_id = m.match_id
       AND h.recorded_at <= $3 ORDER BY h.recorded_at DESC LIMIT 1),
    CASE WHEN m.created_at <= $3 AND NOT EXISTS (
      SELECT FROM match_history h WHERE h.org_id = m.org_id AND h.match_id = m.match_id)
    THEN m.state END) END`;

/** Matches of an account's movements, by entry; movements without any are not in it. */
export async function loadMatches(
  client: Queryable,
  scope: MatchScope,
): Promise<ReadonlyMap<string, KnownMatch>> {
  const { rows } = await client.query<{
    entry_id: string;
    used: string;
    is_wholly: boolean;
    is_suggested: boolean;
    is_exempt: boolean;
    labels: string[];
  }>(
    `WITH line AS (
       SELECT entry_id FROM entry WHERE org_id = $1 AND account_id = $2
         AND ($4::date IS NULL OR booking_date >= $4::date - 62)
         AND booking_date <= $5::date + 62
         AND ($6::text[] IS NULL OR entry_id = ANY($6::text[]))
     ), leg AS (
       SELECT l.entry_id, l.match_id, l.role, l.entry_minor_units AS used, l.item_id, false AS other
       FROM match_leg l JOIN line USING (entry_id) WHERE l.org_id = $1
       UNION ALL
       SELECT l.other_entry_id, l.match_id, l.role, 0, NULL, true
       FROM match_leg l JOIN line ON line.entry_id = l.other_entry_id WHERE l.org_id = $1
     ), known AS (
       SELECT leg.*, ${STATE_THEN} AS state_then FROM leg
       JOIN match m ON m.org_id = $1 AND m.match_id = leg.match_id
     ), exempt AS (
       SELECT b.line_id AS entry_id FROM match_break b JOIN line ON line.entry_id = b.line_id
       WHERE b.org_id = $1 AND b.side = 'entry' AND b.exempt_reason IS NOT NULL
         AND b.changed_at <= $3
     )
     SELECT coalesce(k.entry_id, x.entry_id) AS entry_id,
            coalesce(sum(k.used) FILTER (WHERE k.state_then = 'standing'), 0)::text AS used,
            coalesce(bool_or(k.other OR k.role IN ('netting', 'transfer'))
              FILTER (WHERE k.state_then = 'standing'), false) AS is_wholly,
            coalesce(bool_or(k.state_then = 'suggested'), false) AS is_suggested,
            bool_or(x.entry_id IS NOT NULL) AS is_exempt,
            coalesce(array_agg(DISTINCT coalesce(i.number, nullif(i.description, ''),
              i.counterparty_name, i.item_id)) FILTER (WHERE k.state_then = 'standing'
              AND i.item_id IS NOT NULL), '{}') AS labels
     FROM known k
     FULL JOIN exempt x ON x.entry_id = k.entry_id
     LEFT JOIN expected_item i ON i.org_id = $1 AND i.item_id = k.item_id
     WHERE k.state_then IS NOT NULL OR x.entry_id IS NOT NULL
     GROUP BY 1`,
    [
      scope.orgId,
      scope.accountId,
      new Date(scope.asOf.epochMilliseconds),
      scope.from?.toString() ?? null,
      scope.to.toString(),
      scope.entryIds ?? null,
    ],
  );
  return new Map(
    rows.map((row) => [
      row.entry_id,
      {
        matchedMinorUnits: BigInt(row.used),
        isWholly: row.is_wholly,
        isSuggested: row.is_suggested,
        isExempt: row.is_exempt,
        labels: row.labels,
      },
    ]),
  );
}

/** As many as a person could ever look through. */
const OPEN_BEFORE_MAX = 5_000;

/**
 * Movements of before a day that were looked at and may have been open at the moment: those that still
 * are, and those whose matches changed since. Whoever asks looks at each as of the moment.
 */
export async function findOpenBefore(
  client: Queryable,
  scope: Pick<MatchScope, 'orgId' | 'accountId' | 'asOf'> & { readonly before: PlainDate },
): Promise<string[]> {
  const { rows } = await client.query<{ entry_id: string }>(
    `SELECT entry_id FROM (
       SELECT entry_id, booking_date FROM entry
       WHERE org_id = $1 AND account_id = $2 AND booking_date < $4::date
         AND match_state IN ('partial', 'suggested', 'unknown')
       UNION
       SELECT e.entry_id, e.booking_date FROM match_history h
       JOIN match_leg l ON l.org_id = h.org_id AND l.match_id = h.match_id
       JOIN entry e ON e.org_id = l.org_id AND e.entry_id IN (l.entry_id, l.other_entry_id)
       WHERE h.org_id = $1 AND h.recorded_at > $3
         AND e.account_id = $2 AND e.booking_date < $4::date) found
     ORDER BY booking_date, entry_id LIMIT ${OPEN_BEFORE_MAX}`,
    [scope.orgId, scope.accountId, new Date(scope.asOf.epochMilliseconds), scope.before.toString()],
  );
  return rows.map((row) => row.entry_id);
}

/** A decision that nobody but Cashbell made. */
export interface AutomaticDecision {
  readonly matchId: string;
  readonly entryIds: readonly string[];
  readonly labels: readonly string[];
  readonly basis: string;
  readonly probability: number | undefined;
  readonly reasons: readonly {
    readonly code: string;
    readonly values: Readonly<Record<string, string>>;
  }[];
  readonly decidedAt: Instant;
}

/** Automatic matches that stood at the moment and use movements of an account and time. */
export async function loadAutomaticDecisions(
  client: Queryable,
  scope: MatchScope,
): Promise<AutomaticDecision[]> {
  const { rows } = await client.query<{
    match_id: string;
    entry_ids: string[];
    labels: string[];
    basis: string;
    probability: number | null;
    reasons: AutomaticDecision['reasons'];
    decided_at: Date;
  }>(
    `SELECT m.match_id, m.basis, m.probability::float8 AS probability, m.reasons,
            coalesce(m.decided_at, m.created_at) AS decided_at,
            array_agg(DISTINCT l.entry_id) FILTER (WHERE l.entry_id IS NOT NULL) AS entry_ids,
            coalesce(array_agg(DISTINCT coalesce(i.number, nullif(i.description, ''),
              i.counterparty_name, i.item_id)) FILTER (WHERE i.item_id IS NOT NULL), '{}') AS labels
     FROM match m
     JOIN match_leg l ON l.org_id = m.org_id AND l.match_id = m.match_id
     LEFT JOIN expected_item i ON i.org_id = l.org_id AND i.item_id = l.item_id
     WHERE m.org_id = $1 AND m.decision = 'automatic' AND m.created_at <= $3
       AND m.match_id IN (
         SELECT ml.match_id FROM entry e
         JOIN match_leg ml ON ml.org_id = e.org_id AND ml.entry_id = e.entry_id
         WHERE e.org_id = $1 AND e.account_id = $2
           AND ($4::date IS NULL OR e.booking_date >= $4::date) AND e.booking_date <= $5::date)
       AND ${STATE_THEN} = 'standing'
     GROUP BY m.org_id, m.match_id
     ORDER BY 5, m.match_id`,
    [
      scope.orgId,
      scope.accountId,
      new Date(scope.asOf.epochMilliseconds),
      scope.from?.toString() ?? null,
      scope.to.toString(),
    ],
  );
  return rows.map((row) => ({
    matchId: row.match_id,
    entryIds: row.entry_ids,
    labels: row.labels,
    basis: row.basis,
    probability: row.probability ?? undefined,
    reasons: row.reasons,
    decidedAt: instantFromMs(row.decided_at.getTime()),
  }));
}

/** Something expected of which a part was not seen yet. */
export interface OpenItem {
  readonly itemId: string;
  readonly kind: string;
  readonly label: string;
  readonly counterpartyName: string | undefined;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly open: Money;
  readonly dueOn: PlainDate | undefined;
  readonly accountId: string | undefined;
  /** Day from which its age counts where nothing is due. */
  readonly since: PlainDate;
  readonly isSuggested: boolean;
}

/** Expected items with what was open of them at the moment, longest due first. */
export async function loadOpenItems(
  client: Queryable,
  scope: { readonly orgId: string; readonly asOf: Instant },
): Promise<OpenItem[]> {
  const { rows } = await client.query<{
    item_id: string;
    kind: string;
    label: string;
    counterparty_name: string | null;
    indicator: CreditDebitIndicator;
    amount: string;
    open: string;
    currency: string;
    due_on: string | null;
    since: string;
    account_id: string | null;
    is_suggested: boolean;
  }>(
    `SELECT i.item_id, i.kind, coalesce(i.number, nullif(i.description, ''), i.item_id) AS label,
            i.counterparty_name, i.credit_debit_indicator AS indicator, i.account_id,
            i.amount_minor_units AS amount, i.currency, i.due_on::text AS due_on,
            coalesce(i.due_on, i.issued_on, i.created_at::date)::text AS since,
            (i.amount_minor_units - coalesce(u.used, 0))::text AS open,
            coalesce(u.is_suggested, false) AS is_suggested
     FROM expected_item i
     LEFT JOIN LATERAL (
       SELECT sum(l.item_minor_units) FILTER (WHERE s.state = 'standing') AS used,
              bool_or(s.state = 'suggested') AS is_suggested
       FROM match_leg l
       JOIN match m ON m.org_id = l.org_id AND m.match_id = l.match_id
       CROSS JOIN LATERAL (SELECT ${STATE_THEN.replaceAll('$3', '$2')} AS state) s
       WHERE l.org_id = i.org_id AND l.item_id = i.item_id) u ON true
     WHERE i.org_id = $1 AND i.created_at <= $2
       AND (i.state <> 'cancelled' OR i.closed_at > $2)
       AND (i.state <> 'closed' OR i.closed_at > $2 OR i.settled_minor_units < i.amount_minor_units
            OR i.changed_at > $2)
       AND i.amount_minor_units > coalesce(u.used, 0)
     ORDER BY since, i.item_id`,
    [scope.orgId, new Date(scope.asOf.epochMilliseconds)],
  );
  return rows.map((row) => ({
    itemId: row.item_id,
    kind: row.kind,
    label: row.label,
    counterpartyName: row.counterparty_name ?? undefined,
    creditDebitIndicator: row.indicator,
    amount: money(BigInt(row.amount), row.currency),
    open: money(BigInt(row.open), row.currency),
    dueOn: row.due_on === null ? undefined : parsePlainDate(row.due_on),
    since: parsePlainDate(row.since),
    accountId: row.account_id ?? undefined,
    isSuggested: row.is_suggested,
  }));
}
