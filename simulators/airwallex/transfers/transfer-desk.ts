import type { Clock } from '../../lib/clock.ts';
import type { Faults } from '../../lib/faults.ts';
import type { Random } from '../../lib/random.ts';
import type { Book } from '../book.ts';
import type { Lists } from '../lists.ts';
import type { Partner } from '../partner.ts';
import type { Route } from '../route.ts';
import type { News, Webhooks } from '../webhooks.ts';
import { createBeneficiaryBook } from './beneficiary-book.ts';
import { createBeneficiaryRoutes } from './beneficiary-routes.ts';
import { createProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import { createTransferBook } from './transfer-book.ts';
import type { TransferBook } from './transfer-book.ts';
import { toTransfer } from './transfer-json.ts';
import { createTransferManagement } from './transfer-management.ts';
import type { TransferManagement } from './transfer-management.ts';
import { createTransferRoutes } from './transfer-routes.ts';
import type { Transfer } from './transfer.ts';

/** The part of the bank that pays money out. */
export interface TransferDesk {
  readonly routes: readonly Route[];
  readonly transfers: TransferBook;
  readonly progress: Progress;
  readonly management: TransferManagement;
}

interface Surroundings {
  readonly book: Book;
  readonly webhooks: Webhooks;
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly lists: Lists;
  readonly random: Random;
}

/** Makes the transfers of the simulator over its wallets and its events. */
export function createTransferDesk(surroundings: Surroundings): TransferDesk {
  const { book, webhooks, partner, clock, faults, lists, random } = surroundings;
  let settings = DEFAULT_SETTINGS;
  const present = () => settings;
  const transfers = createTransferBook({
    book,
    clock,
    random,
    tell: (transfer) => webhooks.announce(newsOf(transfer)),
  });
  const beneficiaries = createBeneficiaryBook({ clock, random });
  const progress = createProgress({ transfers, clock, faults, settings: present });
  return {
    transfers,
    progress,
    routes: [
      ...createTransferRoutes({
        wallets: book.wallets,
        transfers,
        beneficiaries,
        progress,
        settings: present,
        partner,
        clock,
        lists,
      }),
      ...createBeneficiaryRoutes(beneficiaries, lists),
    ],
    management: createTransferManagement({
      transfers,
      progress,
      settings: {
        get: present,
        set: (next) => {
          settings = next;
        },
      },
      tellAgain: (transfer) => webhooks.repeat(newsOf(transfer)),
    }),
  };
}

function newsOf(transfer: Transfer): News {
  return {
    subject: transfer,
    name: `payout.transfer.${transfer.status.toLowerCase()}`,
    reference: transfer.shortReferenceId,
    data: toTransfer(transfer),
    pushes: transfer.pushes,
  };
}
