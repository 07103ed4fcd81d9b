import type { Clock } from '../../lib/clock.ts';
import type { Random } from '../../lib/random.ts';
import { uuid } from '../book.ts';
import type { Json } from '../json.ts';
import { readBeneficiary } from './beneficiary.ts';
import type { Beneficiary, TransferMethod } from './beneficiary.ts';
import { createFieldReader } from './field-errors.ts';

/** A beneficiary that the company keeps at Airwallex. */
export interface BeneficiaryContact {
  readonly id: string;
  readonly nickname: string;
  readonly transferMethods: readonly TransferMethod[];
  readonly beneficiary: Beneficiary;
  readonly createdAt: Date;
}

type CheckedContact = Omit<BeneficiaryContact, 'id' | 'createdAt'>;

/** The beneficiaries that the company has registered. */
export interface BeneficiaryBook {
  /** Oldest first. */
  readonly contacts: readonly BeneficiaryContact[];
  find(id: string): BeneficiaryContact | undefined;
  add(checked: CheckedContact): BeneficiaryContact;
}

/** Makes an empty book of beneficiaries. */
export function createBeneficiaryBook({
  clock,
  random,
}: {
  clock: Clock;
  random: Random;
}): BeneficiaryBook {
  const contacts: BeneficiaryContact[] = [];
  const byId = new Map<string, BeneficiaryContact>();
  return {
    contacts,
    find: (id) => byId.get(id),
    add(checked) {
      const contact = { ...checked, id: uuid(random), createdAt: clock.now() };
      contacts.push(contact);
      byId.set(contact.id, contact);
      return contact;
    },
  };
}

/** Checks the body of a create or validate call; everything that is wrong is told at once. */
export function readContact(body: Readonly<Record<string, unknown>>): CheckedContact {
  const read = createFieldReader(body);
  const given = body['transfer_methods'];
  const transferMethods: TransferMethod[] = [];
  for (const method of Array.isArray(given) ? given : []) {
    if (method === 'LOCAL' || method === 'SWIFT') transferMethods.push(method);
    else read.wrong('transfer_methods', 'transfer_methods must be of LOCAL, SWIFT');
  }
  if (!Array.isArray(given) || given.length === 0) read.missing('transfer_methods');
  const beneficiary = readBeneficiary(read, transferMethods);
  const nickname = read.text('nickname') ?? '';
  read.finish();
  if (!beneficiary) throw new Error('a refused beneficiary was not refused');
  return { nickname, transferMethods, beneficiary };
}

/** A beneficiary as `GET /beneficiaries/{id}` shows it. */
export function toContact(contact: BeneficiaryContact): Json {
  return {
    beneficiary: contact.beneficiary.sent,
    id: contact.id,
    nickname: contact.nickname === '' ? undefined : contact.nickname,
    payer_entity_type: 'COMPANY',
    transfer_methods: contact.transferMethods,
  };
}
