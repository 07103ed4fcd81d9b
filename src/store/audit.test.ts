import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestDatabase } from '#tests/database.ts';
import { createTestDatabase } from '#tests/database.ts';
import { appendAudit, verifyAudit } from './audit.ts';
import type { AuditRecord } from './audit.ts';
import { inTransaction } from './transaction.ts';

let database: TestDatabase;
let orgs = 0;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** An organisation with so many lines. */
async function makeChain(lines: number): Promise<string> {
  orgs += 1;
  const orgId = `org_audit${orgs}`;
  await database.pool.query(`INSERT INTO org (org_id, name) VALUES ($1, 'Org')`, [orgId]);
  for (let index = 1; index <= lines; index += 1) await append(orgId, { subject: `s${index}` });
  return orgId;
}

function append(orgId: string, more: Partial<AuditRecord> = {}): Promise<void> {
  const record = { orgId, actor: 'per_1', action: 'connection.changed', subject: 's', ...more };
  return inTransaction(database.pool, (client) => appendAudit(client, record));
}

/** What only the owner of the database can do: the trigger does not see it. */
async function tamper(statement: string, values: unknown[]): Promise<void> {
  await inTransaction(database.pool, async (client) => {
    await client.query('ALTER TABLE audit DISABLE TRIGGER audit_append_only');
    await client.query(statement, values);
    await client.query('ALTER TABLE audit ENABLE TRIGGER audit_append_only');
  });
}

describe('audit', () => {
  test('audit: a whole chain verifies, an empty one too', async () => {
    const orgId = await makeChain(0);
    expect(await verifyAudit(database.pool, orgId)).toEqual({
      orgId,
      lines: 0,
      lastHash: '0'.repeat(64),
    });
    await append(orgId, {
      before: { b: 1, a: [{ z: null, y: 'é' }], big: 12_345_678_901_234_567_890n },
      after: { nested: { c: 3, b: 2 }, text: '"\\ \u2028', decimal: 0.1, list: [3, 1, 2] },
    });
    await append(orgId, { after: 'a word', before: 0 });
    await append(orgId, { after: false });
    const verdict = await verifyAudit(database.pool, orgId);
    expect(verdict).toMatchObject({ lines: 3 });
    expect(verdict.broken).toBeUndefined();
    expect(verdict.lastHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('audit: undefined fields and dates read back as they were hashed', async () => {
    const orgId = await makeChain(0);
    await append(orgId, {
      before: { gone: undefined, at: new Date(0), list: [undefined, 1] },
      after: { '10': 'ten', '9': 'nine', b: { '2': 1, '10': 2 }, É: 1, e: 2, é: 3 },
    });
    expect((await verifyAudit(database.pool, orgId)).broken).toBeUndefined();
  });

  test.each([
    ['a changed actor', `SET actor = 'per_2'`, 'content'],
    ['a changed time', `SET at = at + interval '1 second'`, 'content'],
    ['a changed content', `SET after = '{"a":1}'`, 'content'],
    ['a line that got another hash', `SET hash = sha256(hash)`, 'content'],
    ['a line that was hung elsewhere', `SET previous_hash = sha256(previous_hash)`, 'link'],
  ])('audit: %s is found with its number', async (_what, change, problem) => {
    const orgId = await makeChain(5);
    await tamper(`UPDATE audit ${change} WHERE org_id = $1 AND number = 3`, [orgId]);
    const verdict = await verifyAudit(database.pool, orgId);
    expect(verdict.broken).toEqual({ number: '3', problem });
    expect(verdict.lines).toBe(2);
  });

  test('audit: a removed line is found at the one that follows', async () => {
    const orgId = await makeChain(5);
    await tamper('DELETE FROM audit WHERE org_id = $1 AND number = 3', [orgId]);
    expect((await verifyAudit(database.pool, orgId)).broken).toEqual({
      number: '4',
      problem: 'gap',
    });
  });

  test('audit: a removed line whose number was filled is found', async () => {
    const orgId = await makeChain(5);
    await tamper('DELETE FROM audit WHERE org_id = $1 AND number = 3', [orgId]);
    await tamper('UPDATE audit SET number = number - 1 WHERE org_id = $1 AND number > 3', [orgId]);
    expect((await verifyAudit(database.pool, orgId)).broken).toEqual({
      number: '3',
      problem: 'link',
    });
  });

  test('audit: an inserted line is found', async () => {
    const orgId = await makeChain(3);
    await tamper('UPDATE audit SET number = number + 1 WHERE org_id = $1 AND number = 3', [orgId]);
    await tamper(
      `INSERT INTO audit SELECT org_id, 3, at, 'intruder', action, subject, before, after, hash, hash
       FROM audit WHERE org_id = $1 AND number = 2`,
      [orgId],
    );
    expect((await verifyAudit(database.pool, orgId)).broken).toEqual({
      number: '3',
      problem: 'content',
    });
  });

  test('audit: a line of another organisation does not verify here', async () => {
    const [from, to] = [await makeChain(1), await makeChain(0)];
    await tamper(
      `INSERT INTO audit SELECT $2, number, at, actor, action, subject, before, after,
         previous_hash, hash FROM audit WHERE org_id = $1`,
      [from, to],
    );
    expect((await verifyAudit(database.pool, to)).broken).toEqual({
      number: '1',
      problem: 'content',
    });
  });

  test('audit: many that append at once leave no gap and no fork', async () => {
    const orgId = await makeChain(0);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => append(orgId, { subject: `${index}` })),
    );
    const verdict = await verifyAudit(database.pool, orgId);
    expect(verdict).toMatchObject({ lines: 20 });
    expect(verdict.broken).toBeUndefined();
  });

  test('audit: what is rolled back leaves no line and no gap', async () => {
    const orgId = await makeChain(1);
    const failed = inTransaction(database.pool, async (client) => {
      await appendAudit(client, { orgId, actor: 'a', action: 'x', subject: 'y' });
      throw new Error('the change failed');
    });
    await expect(failed).rejects.toThrow('the change failed');
    await append(orgId);
    expect(await verifyAudit(database.pool, orgId)).toMatchObject({ lines: 2 });
  });

  test('audit: a chain of more than a page is read to its end', async () => {
    const orgId = await makeChain(1);
    await inTransaction(database.pool, async (client) => {
      for (let index = 0; index < 1000; index += 1) {
        await appendAudit(client, { orgId, actor: 'a', action: 'x', subject: `${index}` });
      }
    });
    expect(await verifyAudit(database.pool, orgId)).toMatchObject({ lines: 1001 });
    await tamper(`UPDATE audit SET actor = 'b' WHERE org_id = $1 AND number = 1001`, [orgId]);
    expect((await verifyAudit(database.pool, orgId)).broken?.number).toBe('1001');
  });

  test.each([`UPDATE audit SET actor = 'x'`, 'DELETE FROM audit', 'TRUNCATE audit'])(
    'audit: %s is refused by the database',
    async (statement) => {
      await expect(database.pool.query(statement)).rejects.toThrow('audit is append-only');
    },
  );
});
