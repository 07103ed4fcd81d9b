import { notFound } from '../errors.ts';
import { cutPage, parsePage } from '../paging.ts';
import { parseTextBody } from '../routes.ts';
import type { Route } from '../routes.ts';
import { readContact, toContact } from './beneficiary-book.ts';
import type { BeneficiaryBook, BeneficiaryContact } from './beneficiary-book.ts';

/** Makes the calls below `/api/v1/beneficiaries`. */
export function createBeneficiaryRoutes(beneficiaries: BeneficiaryBook): Route[] {
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
      answer: ({ query }) => {
        const found = beneficiaries.contacts
          .filter((contact) => matches(contact, query))
          .toReversed();
        const page = cutPage(found, parsePage(query));
        return { has_more: page.hasMore, items: page.items.map(toContact) };
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
  return wanted.every(([name, value]) => {
    const text = query.get(name);
    return text === null || text === '' || value.toLowerCase().includes(text.toLowerCase());
  });
}
