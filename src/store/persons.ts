import { CashbellError } from '#core/errors.ts';
import type { Instant } from '#core/dates.ts';
import { instantFromMs } from '#core/dates.ts';
import { newId } from '#secret/ids.ts';
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
    `SELECT ${COLUMNS} FROM person WHERE org_id = $1 ORDER BY person_id`,
    [orgId],
  );
  return rows.map(toPerson);
}

/** Adds a person who may be mentioned or told; the DingTalk user id is unique in the company. */
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

export async function removePerson(
  services: AdminServices,
  input: { readonly orgId: string; readonly personId: string },
  actor: Actor,
): Promise<void> {
  await changeSettings(services, { orgId: input.orgId, actor }, async (client) => {
    const { rows } = await client.query<PersonRow>(
      `DELETE FROM person WHERE org_id = $1 AND person_id = $2 RETURNING ${COLUMNS}`,
      [input.orgId, input.personId],
    );
    const [row] = rows;
    if (!row) throw new CashbellError('api.notFound', { what: 'person', id: input.personId });
    const before = { name: row.name, dingtalkUserId: row.dingtalk_user_id };
    return {
      result: undefined,
      audit: { action: 'person.removed', subject: input.personId, before },
    };
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
