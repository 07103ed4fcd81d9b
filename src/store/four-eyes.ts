import { CashbellError } from '#core/errors.ts';
import type { Queryable } from './grants.ts';
import type { PersonActor } from './persons.ts';
import { isSamePerson } from './persons.ts';

/**
 * Refuses a checker who is one of the people that must not check: the maker, or who gains by it. It
 * compares human beings, not words: the same one may be known by an id and by a DingTalk user.
 */
export async function requireSecondPerson(
  client: Queryable,
  checker: PersonActor,
  others: readonly string[],
  code: 'api.secondPerson' | 'payment.selfApproval' = 'api.secondPerson',
): Promise<void> {
  for (const other of others) {
    if (await isSamePerson(client, checker.orgId, [checker.personId, other])) {
      throw new CashbellError(code, { person: checker.personId });
    }
  }
}
