import { parseTextBody } from '../body.ts';
import { notFound } from '../errors.ts';
import type { Lists } from '../lists.ts';
import { isOrAny } from '../paging.ts';
import type { Route } from '../route.ts';
import { readContact, toContact } from './beneficiary-book.ts';
import type { BeneficiaryBook, BeneficiaryContact } from './beneficiary-book.ts';

/** Makes the calls below `/api/v1/beneficiaries`. */
export function createBeneficiaryRoutes(beneficiaries: BeneficiaryBook, lists: Lists): Route[] {
  return [
    {
      method: 'POST',
      path: /^\/api\/v1\/beneficiaries\/validate$/,
      answer: ({ body }) => {
        readContact(parseTextBody(body));
        return {};
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/beneficiaries\/create$/,
      status: 201,
      answer: ({ body }) => toContact(beneficiaries.add(readContact(parseTextBody(body)))),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/beneficiaries$/,
      answer: ({ path, query }) => {
        const found = beneficiaries.contacts.filter((contact) => matches(contact, query));
        return lists.byNumber(path, query, found.toReversed(), toContact);
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/beneficiaries\/([^/]+)$/,
      answer: ({ id }) => {
        const contact = beneficiaries.find(id);
        if (!contact) throw notFound(`No beneficiary ${id}.`);
        return toContact(contact);
      },
    },
  ];
}

function matches({ beneficiary, nickname }: BeneficiaryContact, query: URLSearchParams): boolean {
  const wanted: readonly (readonly [string, string])[] = [
    ['bank_account_number', beneficiary.account],
    ['company_name', beneficiary.name],
    ['name', beneficiary.name],
    ['nick_name', nickname],
  ];
  return wanted.every(([name, value]) => isOrAny(value, query.get(name)));
}
