import { connectors } from '#connectors/catalogue.ts';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import { money } from '#core/money.ts';
import { foldAccount } from '#core/payments.ts';
import { createBankCaller } from '#engine/bank-calls.ts';
import { createTransport } from '#engine/transport.ts';
import { assemblePayments } from '#flows/payment/assemble-payments.ts';
import { requestPayments } from '#flows/payment/request-payments.ts';
import { newId } from '#secret/ids.ts';
import { createDirectory } from '#store/directory.ts';
import { addPerson } from '#store/persons.ts';
import { addBankAccount, addOrg, connectSnapSimulator } from '../../harness/furnish.ts';
import type { SnapBank } from '../../harness/furnish.ts';
import type { Simulator } from '../../harness/simulator.ts';
import type { World } from '../../harness/world.ts';

/** An account per bank, with somebody to pay at the same bank. */
const PLACES: readonly {
  readonly bank: SnapBank;
  readonly number: string;
  readonly payee: string;
  readonly agent: string;
}[] = [
  { bank: 'bca', number: '1234567890', payee: '8010001575', agent: 'CENAIDJA' },
  { bank: 'bri', number: '111231271284142', payee: '888801000157508', agent: 'BRINIDJA' },
  { bank: 'bni', number: '0115476117', payee: '0115999117', agent: 'BNINIDJA' },
];

export interface PayScene {
  readonly orgId: OrgId;
  /** Asks for so many payments, spread over the banks; nobody has approved them. */
  request(count: number): Promise<readonly string[]>;
  /** The second person's yes, and a wake-up for a worker. */
  approve(paymentIds: readonly string[]): Promise<void>;
}

const CHUNK = 100;

/** A company that pays inside three banks; what it sends is as small as its balances are large. */
export async function furnishPay(world: World, banks: Simulator): Promise<PayScene> {
  const { services } = world;
  const { pool } = services;
  const orgId = parseId('org', await addOrg(world, 'Pay benchmark'));
  const [maker, checker] = [
    await addPerson(services, { orgId, name: 'Maker' }, 'bench'),
    await addPerson(services, { orgId, name: 'Checker' }, 'bench'),
  ];
  await pool.query(
    `INSERT INTO person_grant (org_id, grant_id, person_id, action, state, proposed_by,
       confirmed_by, created_at, decided_at)
     VALUES ($1, $2, $3, 'payment.approve', 'active', 'per_officer1', 'per_officer2', now(), now())`,
    [orgId, newId('grt'), checker.personId],
  );
  const places: { readonly accountId: string; readonly beneficiaryId: string }[] = [];
  for (const { bank, number, payee, agent } of PLACES) {
    const { connectionId } = await connectSnapSimulator(world, orgId, bank, banks);
    const accountId = await addBankAccount(
      world,
      { orgId, connectionId, bank, number, currency: 'IDR' },
      'never',
    );
    const beneficiaryId = newId('ben');
    await pool.query(
      `INSERT INTO beneficiary (org_id, beneficiary_id, version, state, name, account,
         folded_account, scheme, agent, country, details, usable_from, name_match, created_at)
       VALUES ($1, $2, 1, 'active', 'PT PEMASOK', $3, $4, 'domestic', $5, 'ID',
         '{"kind":"organisation","isResident":true}', now() - interval '1 day', 'matched', now())`,
      [orgId, beneficiaryId, payee, foldAccount(payee), agent],
    );
    places.push({ accountId, beneficiaryId });
  }
  const deps = paymentDeps(world);
  let asked = 0;
  return {
    orgId,
    request: async (count) => {
      const paymentIds: string[] = [];
      while (paymentIds.length < count) {
        const chunk = Array.from({ length: Math.min(CHUNK, count - paymentIds.length) }, () => {
          asked += 1;
          const place = places[asked % places.length] ?? { accountId: '', beneficiaryId: '' };
          return {
            orgId,
            accountId: place.accountId,
            beneficiary: { beneficiaryId: place.beneficiaryId },
            instructedAmount: money(100_000n, 'IDR'),
            purpose: 'supplier' as const,
            remittanceInformation: `INV ${asked}`,
            source: 'api' as const,
            sourceKey: `bench-${asked}`,
            maker: maker.personId,
            approval: { via: 'local' as const },
          };
        });
        const made = await requestPayments(deps, chunk);
        paymentIds.push(...made.map(({ paymentId }) => paymentId));
      }
      return paymentIds;
    },
    approve: async (paymentIds) => {
      await pool.query(
        `WITH agreed AS (
           INSERT INTO approval (org_id, approval_id, payment_id, person, decision, via, digest,
             decided_at)
           SELECT $1, i.approval_id, p.payment_id, $3, 'agreed', 'local', p.digest, now()
           FROM unnest($2::text[], $4::text[]) AS i (payment_id, approval_id)
           JOIN payment p ON p.org_id = $1 AND p.payment_id = i.payment_id
         ), woken AS (
           UPDATE payment SET next_at = now(), woken_at = now()
           WHERE org_id = $1 AND payment_id = ANY($2::text[])
         )
         SELECT pg_notify('cashbell_payment', '')`,
        [orgId, paymentIds, checker.personId, paymentIds.map(() => newId('apr'))],
      );
    },
  };
}

function paymentDeps(world: World) {
  const known = new Map(connectors.map((connector) => [connector.id, connector]));
  const connectorOf = (id: string) => known.get(id);
  const { services } = world;
  const directory = createDirectory(services);
  const transport = createTransport({ allowedPrivateHosts: ['*'], userAgent: 'bench' });
  world.onStop(() => transport.close());
  return assemblePayments({
    services,
    directory,
    connectorOf,
    announcer: { directory, connectorOf },
    banks: createBankCaller({ services, transport, connectorOf }),
    signal: () => undefined,
  });
}
