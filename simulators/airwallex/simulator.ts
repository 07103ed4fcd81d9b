import type { AccountView, BankSimulator, MovementView } from '../lib/bank.ts';
import { createClock } from '../lib/clock.ts';
import { createFaults } from '../lib/faults.ts';
import { createRandom } from '../lib/random.ts';
import { createAccess } from './access.ts';
import { createBank } from './bank.ts';
import { amountOf, createBook } from './book.ts';
import type { DepositStatus, Movement, Wallet, WalletOrder } from './book.ts';
import { AIRWALLEX_FAULTS } from './faults.ts';
import { createManagement } from './management.ts';
import { formatAmount } from './money.ts';
import { DEFAULT_PARTNER, changePartner } from './partner.ts';
import type { Partner } from './partner.ts';
import { createRoutes } from './routes.ts';
import { createWebhooks } from './webhooks.ts';
import { createWire } from './wire.ts';

export interface AirwallexOptions {
  readonly seed: number;
  /** Changes to the default registration. */
  readonly partner?: Partial<Partner>;
  readonly wallets?: readonly WalletOrder[];
}

/** The wallets of the default world. */
export const DEFAULT_WALLETS: readonly WalletOrder[] = [
  { currency: 'HKD', name: 'Cashbell Demo (Hong Kong) Limited', opening: '2450000.00' },
  { currency: 'USD', name: 'Cashbell Demo (Hong Kong) Limited', opening: '312500.00' },
];

/** Makes a simulated Airwallex in memory; whoever makes it serves its wire and management parts. */
export function createAirwallexSimulator(options: AirwallexOptions): BankSimulator {
  let partner = changePartner(DEFAULT_PARTNER, options.partner ?? {});
  const clock = createClock();
  // Each part draws from its own sequence: a fault's dice must not change ids or amounts.
  const faults = createFaults(Object.keys(AIRWALLEX_FAULTS), createRandom(options.seed + 1));
  const random = createRandom(options.seed);
  const surroundings = { partner: () => partner, clock, faults };
  const book = createBook(partner.accountId, options.wallets ?? DEFAULT_WALLETS, {
    clock,
    random,
  });
  const webhooks = createWebhooks({ ...surroundings, random: createRandom(options.seed + 2) });
  const bank = createBank(book, webhooks, createRandom(options.seed + 3));
  const access = createAccess({ ...surroundings, random: createRandom(options.seed + 4) });
  const routes = createRoutes({
    ...surroundings,
    book,
    bank,
    random: createRandom(options.seed + 5),
  });
  const wire = createWire({ access, routes, clock, faults });
  const accounts = (): AccountView[] => book.wallets.map(toAccountView);
  const management = createManagement({
    seed: options.seed,
    book,
    bank,
    clock,
    faults,
    webhooks,
    wire,
    accounts,
    partner: {
      get: () => partner,
      set: (change) => {
        const next = changePartner(partner, change);
        if (next.accountId !== partner.accountId) throw new Error('accountId is fixed at start');
        partner = next;
      },
    },
  });

  return {
    name: 'airwallex',
    handles: (path) => path.startsWith('/api/v1/'),
    wire: wire.handler,
    manage: (method, path, body) => management.manage(method, path, body),
    accounts,
    move: (order) => ({ reference: bank.move(order).reference }),
    async stop() {
      management.stop();
      wire.stop();
      await webhooks.stop();
    },
  };
}

/** A movement with what only this bank has beside it. */
interface AirwallexMovementView extends MovementView {
  readonly id: string;
  readonly counterparty: string;
  /** Airwallex's own word, which tells rejected from reversed. */
  readonly wireStatus: DepositStatus;
  /** How the company can learn of it. */
  readonly told: 'webhook' | 'polling only';
}

function toAccountView(wallet: Wallet): AccountView {
  return {
    bank: 'airwallex',
    account: wallet.id,
    name: wallet.name,
    currency: wallet.currency,
    balance: formatAmount(wallet.available, wallet.currency),
    movements: wallet.movements.map(toMovementView),
  };
}

const STATUS_WORDS = {
  PENDING: 'pending',
  SETTLED: 'booked',
  REJECTED: 'reversed',
  REVERSED: 'reversed',
} as const;

function toMovementView(movement: Movement): AirwallexMovementView {
  return {
    reference: movement.reference,
    at: movement.createdAt.toISOString(),
    creditDebitIndicator: movement.creditDebitIndicator,
    amount: amountOf(movement),
    currency: movement.wallet.currency,
    status: STATUS_WORDS[movement.status],
    remark: movement.remark,
    pushes: movement.pushes,
    id: movement.id,
    counterparty: movement.counterparty,
    wireStatus: movement.status,
    told: movement.creditDebitIndicator === 'credit' ? 'webhook' : 'polling only',
  };
}
