import type { AccountView, BankSimulator } from '../lib/bank.ts';
import { createClock } from '../lib/clock.ts';
import { createFaults } from '../lib/faults.ts';
import { createRandom } from '../lib/random.ts';
import { createAccess } from './access.ts';
import { toAccountView } from './account-view.ts';
import { createBank } from './bank.ts';
import { createBook } from './book.ts';
import type { WalletOrder } from './book.ts';
import { AIRWALLEX_FAULTS } from './faults.ts';
import { createLists } from './lists.ts';
import { createManagement } from './management.ts';
import { DEFAULT_PARTNER, changePartner } from './partner.ts';
import type { Partner } from './partner.ts';
import { createRoutes } from './routes.ts';
import { createTransferDesk } from './transfers/transfer-desk.ts';
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
  const lists = createLists({ faults, random: createRandom(options.seed + 5) });
  const desk = createTransferDesk({
    ...surroundings,
    book,
    webhooks,
    lists,
    random: createRandom(options.seed + 6),
  });
  const routes = createRoutes({
    ...surroundings,
    book,
    bank,
    lists,
    further: desk.routes,
  });
  const wire = createWire({
    access,
    routes,
    advance: () => desk.progress.advance(),
    clock,
    faults,
  });
  const accounts = (): AccountView[] => book.wallets.map((wallet) => toAccountView(wallet));
  const management = createManagement({
    seed: options.seed,
    book,
    bank,
    desk,
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
    async manage(method, path, body) {
      desk.progress.advance();
      const answer = await management.manage(method, path, body);
      // Money or time may have come.
      if (method !== 'GET') desk.progress.advance();
      return answer;
    },
    accounts,
    move: (order) => ({ reference: bank.move(order).reference }),
    async stop() {
      management.stop();
      desk.progress.stop();
      wire.stop();
      await webhooks.stop();
    },
  };
}
