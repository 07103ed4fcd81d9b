import { createHash } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';

/** One line of the audit: who did what to which thing, and how it looked before and after. */
export interface AuditRecord {
  readonly orgId: string;
  /** Person, API token, `cli` or `system`. */
  readonly actor: string;
  /** Domain words, such as `connection.created`. */
  readonly action: string;
  readonly subject: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

const GENESIS = Buffer.alloc(32);

/**
 * Appends to the organisation's chain, inside the transaction of what is audited, so that neither
 * can exist without the other. Each line carries the hash of the one before it.
 */
export async function appendAudit(client: ClientBase, record: AuditRecord): Promise<void> {
  // The row lock of the organisation keeps numbers without a gap when two act at once.
  await client.query('SELECT 1 FROM org WHERE org_id = $1 FOR NO KEY UPDATE', [record.orgId]);
  const { rows } = await client.query<{ number: string; hash: Buffer }>(
    'SELECT number, hash FROM audit WHERE org_id = $1 ORDER BY number DESC LIMIT 1',
    [record.orgId],
  );
  const previous = rows[0];
  const line = {
    orgId: record.orgId,
    number: previous ? BigInt(previous.number) + 1n : 1n,
    at: new Date().toISOString(),
    actor: record.actor,
    action: record.action,
    subject: record.subject,
    before: canonical(record.before),
    after: canonical(record.after),
  };
  const previousHash = previous?.hash ?? GENESIS;
  await client.query(
    `INSERT INTO audit (org_id, number, at, actor, action, subject, before, after,
                        previous_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      line.orgId,
      line.number.toString(),
      line.at,
      line.actor,
      line.action,
      line.subject,
      line.before,
      line.after,
      previousHash,
      hashLine(line, previousHash),
    ],
  );
}

interface HashedLine {
  readonly orgId: string;
  readonly number: bigint;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly before: string | null;
  readonly after: string | null;
}

function hashLine(line: HashedLine, previousHash: Uint8Array): Buffer {
  const text = JSON.stringify([
    line.orgId,
    line.number.toString(),
    line.at,
    line.actor,
    line.action,
    line.subject,
    line.before,
    line.after,
  ]);
  return createHash('sha256').update(previousHash).update(text).digest();
}

/** JSON with sorted keys: PostgreSQL's jsonb keeps no order, yet the hash must come out equal. */
function canonical(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString();
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).sort(([left], [right]) => (left < right ? -1 : 1)),
    );
  });
}

export interface AuditVerdict {
  readonly orgId: string;
  readonly lines: number;
  readonly lastHash: string;
  /** Absent when the chain is whole. */
  readonly broken?: { readonly number: string; readonly problem: 'gap' | 'link' | 'content' };
}

interface AuditRow {
  number: string;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
  previous_hash: Buffer;
  hash: Buffer;
}

const PAGE_ROWS = 1000;

/** Reads the whole chain of an organisation and recomputes every hash. */
export async function verifyAudit(pool: Pool, orgId: string): Promise<AuditVerdict> {
  let expected = 1n;
  let previousHash: Buffer = GENESIS;
  for (;;) {
    const { rows } = await pool.query<AuditRow>(
      `SELECT number, at, actor, action, subject, before, after, previous_hash, hash
       FROM audit WHERE org_id = $1 AND number >= $2 ORDER BY number LIMIT $3`,
      [orgId, expected.toString(), PAGE_ROWS],
    );
    for (const row of rows) {
      const problem = problemOf(orgId, row, expected, previousHash);
      if (problem) {
        return {
          ...verdict(orgId, expected, previousHash),
          broken: { number: row.number, problem },
        };
      }
      previousHash = row.hash;
      expected += 1n;
    }
    if (rows.length < PAGE_ROWS) return verdict(orgId, expected, previousHash);
  }
}

function verdict(orgId: string, next: bigint, lastHash: Buffer): AuditVerdict {
  return { orgId, lines: Number(next - 1n), lastHash: lastHash.toString('hex') };
}

function problemOf(
  orgId: string,
  row: AuditRow,
  expected: bigint,
  previousHash: Buffer,
): 'gap' | 'link' | 'content' | undefined {
  if (BigInt(row.number) !== expected) return 'gap';
  if (!row.previous_hash.equals(previousHash)) return 'link';
  const line = {
    orgId,
    number: expected,
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    before: canonical(row.before),
    after: canonical(row.after),
  };
  return hashLine(line, previousHash).equals(row.hash) ? undefined : 'content';
}
