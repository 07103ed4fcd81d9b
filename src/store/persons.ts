import type { ClientBase } from 'pg';
import { CashbellError } from '#core/errors.ts';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { newId } from '#secret/ids.ts';
import { oneOf } from './audited.ts';
import type { Actor, AdminServices } from './orgs.ts';
import {
  changeSettings,
  invalidField,
  isUniqueViolation,
  parseLanguage,
  parseName,
} from './orgs.ts';

export interface Person {
  readonly personId: string;
  readonly name: string;
  readonly dingtalkUserId: string | undefined;
  readonly language: string | undefined;
  readonly createdAt: Instant;
}

export interface PersonInput {
  readonly orgId: string;
  readonly name: string;
  readonly dingtalkUserId?: string | undefined;
  readonly language?: string | undefined;
}

/** Somebody who is logged in: a maker or a checker. Machines and the command line are neither. */
export interface PersonActor {
  readonly orgId: string;
  readonly personId: string;
}

interface PersonRow {
  person_id: string;
  name: string;
  dingtalk_user_id: string | null;
  language: string | null;
  created_at: Date;
}

const COLUMNS = 'person_id, name, dingtalk_user_id, language, created_at';

function toPerson(row: PersonRow): Person {
  return {
    personId: row.person_id,
    name: row.name,
    dingtalkUserId: row.dingtalk_user_id ?? undefined,
    language: row.language ?? undefined,
    createdAt: instantFromMs(row.created_at.getTime()),
  };
}

export async function listPersons(
  services: Pick<AdminServices, 'pool'>,
  orgId: string,
): Promise<Person[]> {
  const { rows } = await services.pool.query<PersonRow>(
    `SELECT ${COLUMNS} FROM person WHERE org_id = $1 AND removed_at IS NULL ORDER BY person_id`,
    [orgId],
  );
  return rows.map(toPerson);
}

/** A person who is still there. */
export async function requirePerson(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  personId: string,
): Promise<Person> {
  const { rows } = await client.query<PersonRow>(
    `SELECT ${COLUMNS} FROM person
     WHERE org_id = $1 AND person_id = $2 AND removed_at IS NULL`,
    [orgId, personId],
  );
  return toPerson(oneOf(rows, 'person', personId));
}

/** Who stands behind the words in which a payment names people. */
export interface KnownPerson {
  readonly personId: string;
  readonly name: string;
  readonly dingtalkUserId: string | undefined;
  /** Such a person is named in old payments and may do nothing any more. */
  readonly isRemoved: boolean;
}

/**
 * Finds the people behind `per_…` ids and `dingtalk:<userId>`, removed ones too; what names nobody we
 * know, such as `cli` or a token, is left out.
 */
export async function findPersons(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, KnownPerson>> {
  const { rows } = await client.query<PersonRow & { word: string; is_removed: boolean }>(
    `SELECT DISTINCT ON (w.word) w.word, p.*, p.removed_at IS NOT NULL AS is_removed
     FROM unnest($2::text[]) AS w (word)
     JOIN person p ON p.org_id = $1
       AND (p.person_id = w.word OR 'dingtalk:' || p.dingtalk_user_id = w.word)
     ORDER BY w.word, p.removed_at DESC NULLS FIRST`,
    [orgId, words],
  );
  return new Map(
    rows.map((row) => {
      const { personId, name, dingtalkUserId } = toPerson(row);
      return [row.word, { personId, name, dingtalkUserId, isRemoved: row.is_removed }];
    }),
  );
}

/** A token may be made by a token, and so on; longer chains than this are nobody's practice. */
const MAKERS_MAX = 8;

/**
 * One word for the human being behind each word in which payments name people. Somebody who was
 * removed and added again has two ids and one DingTalk user; whoever made a machine's token may hold
 * it and stands behind what it asks for. Maker and checker must not be told apart by such things.
 */
export async function humansBehind(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  words: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const holders = new Map<string, string>();
  for (const word of new Set(words)) holders.set(word, await holderOf(client, orgId, word));
  const known = await findPersons(client, orgId, [...holders.values()]);
  return new Map(
    [...holders].map(([word, holder]) => {
      const person = known.get(holder);
      if (!person) return [word, holder];
      const { dingtalkUserId, personId } = person;
      return [word, dingtalkUserId === undefined ? personId : `dingtalk:${dingtalkUserId}`];
    }),
  );
}

/** The person who made a token, or whoever the token that made it belongs to. */
async function holderOf(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  word: string,
): Promise<string> {
  let holder = word;
  for (let step = 0; step < MAKERS_MAX && holder.startsWith('token:'); step += 1) {
    const { rows } = await client.query<{ person_id: string | null; created_by: string | null }>(
      'SELECT person_id, created_by FROM api_token WHERE org_id = $1 AND token_id = $2',
      [orgId, holder.slice('token:'.length)],
    );
    const next = rows[0]?.person_id ?? rows[0]?.created_by ?? undefined;
    if (next === undefined || !/^(per_|token:)/.test(next)) return holder;
    holder = next;
  }
  return holder;
}

/** Whether two words mean the same human being. */
export async function isSamePerson(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  [left, right]: readonly [string, string],
): Promise<boolean> {
  const humans = await humansBehind(client, orgId, [left, right]);
  return humans.get(left) === humans.get(right);
}

/**
 * The checkers who are different human beings, each once, and none of the makers; the first word of
 * each.
 */
export async function othersThan(
  client: Pick<ClientBase, 'query'>,
  orgId: string,
  {
    makers,
    checkers,
  }: { readonly makers: readonly string[]; readonly checkers: readonly string[] },
): Promise<string[]> {
  const humans = await humansBehind(client, orgId, [...makers, ...checkers]);
  const seen = new Set(makers.map((maker) => humans.get(maker)));
  return checkers.filter((checker) => {
    const human = humans.get(checker);
    const isNew = !seen.has(human);
    seen.add(human);
    return isNew;
  });
}

/**
 * Adds a person who may be mentioned or told, and later entitled; a person may do nothing by being
 * there. The DingTalk user id is unique in the company and never changed: whoever could change it
 * could make one person's approval another's.
 */
export async function addPerson(
  services: AdminServices,
  input: PersonInput,
  actor: Actor,
): Promise<Person> {
  const personId = newId('per');
  const name = parseName(input.name);
  const language = input.language === undefined ? null : parseLanguage(input.language);
  const userId = parseUserId(input.dingtalkUserId);
  return changeSettings(services, { orgId: input.orgId, actor }, async (client) => {
    try {
      const { rows } = await client.query<PersonRow>(
        `INSERT INTO person (org_id, person_id, name, dingtalk_user_id, language)
         VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
        [input.orgId, personId, name, userId, language],
      );
      const [row] = rows;
      if (!row) throw new CashbellError('api.notFound', { what: 'person', id: personId });
      const after = { name, dingtalkUserId: userId, language };
      return { result: toPerson(row), audit: { action: 'person.added', subject: personId, after } };
    } catch (cause) {
      if (!isUniqueViolation(cause)) throw cause;
      throw new CashbellError(
        'api.conflict',
        { field: 'dingtalkUserId', problem: 'another person has this DingTalk user id' },
        { cause },
      );
    }
  });
}

/**
 * Ends what a person may do: the tokens and grants go with them at once. The row stays, because what
 * the person asked for and agreed to names it.
 */
export async function removePerson(
  services: AdminServices,
  input: { readonly orgId: string; readonly personId: string },
  actor: Actor,
): Promise<void> {
  const { orgId, personId } = input;
  await changeSettings(services, { orgId, actor }, async (client) => {
    const { rows } = await client.query<PersonRow>(
      `UPDATE person SET removed_at = $3
       WHERE org_id = $1 AND person_id = $2 AND removed_at IS NULL RETURNING ${COLUMNS}`,
      [orgId, personId, services.now().toString()],
    );
    const row = oneOf(rows, 'person', personId);
    const tokens = await client.query(
      `UPDATE api_token SET revoked_at = now()
       WHERE org_id = $1 AND person_id = $2 AND revoked_at IS NULL`,
      [orgId, personId],
    );
    const grants = await client.query(
      `UPDATE person_grant SET state = 'removed', removed_at = $3, removed_by = $4
       WHERE org_id = $1 AND person_id = $2 AND state IN ('proposed', 'active')`,
      [orgId, personId, services.now().toString(), actor],
    );
    const before = {
      name: row.name,
      dingtalkUserId: row.dingtalk_user_id,
      tokens: tokens.rowCount,
      grants: grants.rowCount,
    };
    return { result: undefined, audit: { action: 'person.removed', subject: personId, before } };
  });
}

function parseUserId(text: string | undefined): string | null {
  if (text === undefined) return null;
  const userId = text.trim();
  if (userId === '' || userId.length > 64 || /\s/.test(userId)) {
    throw invalidField('dingtalkUserId', 'must be a DingTalk user id without spaces');
  }
  return userId;
}
