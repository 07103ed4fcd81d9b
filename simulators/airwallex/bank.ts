import type { MovementOrder } from '../lib/bank.ts';
import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import type { Book, Movement } from './book.ts';
import { invalid } from './errors.ts';
import { formatAmount } from './money.ts';
import { newsOfDeposit } from './webhooks.ts';
import type { Webhooks } from './webhooks.ts';

/** Acts on the books and tells the company about it, where Airwallex tells. */
export interface Bank {
  move(order: MovementOrder): Movement;
  book(movement: Movement): void;
  reject(movement: Movement): void;
  reverse(movement: Movement): void;
  /** Delivers the event of a deposit once more. */
  push(movement: Movement): void;
  /** The body of `POST /api/v1/simulation/deposit/create`, numbers as text. */
  simulateDeposit(body: Readonly<Record<string, unknown>>): Movement;
  generate(order: { count: number; account?: string; push?: boolean }): Movement[];
}

const COUNTERPARTIES = [
  'Harbour Trading Limited',
  'Lantau Logistics Co., Ltd.',
  '香港遠東貿易有限公司',
  'Kowloon Textile Mills',
  'PT Nusantara Sejahtera',
  '深圳市前海星辰科技有限公司',
];
const REMARKS = ['Invoice', 'Payment for order', 'Deposit for shipment', 'Settlement'];

/** Makes the acting part of the simulator. */
export function createBank(books: Book, webhooks: Webhooks, random: Random): Bank {
  /** Debits have no event of their own: the company finds them in its transactions. */
  const tell = (movement: Movement): void => {
    if (movement.creditDebitIndicator === 'credit') webhooks.announce(newsOfDeposit(movement));
  };
  const bank: Bank = {
    move(order) {
      const wallet = books.wallet(order.account);
      const details = {
        wallet,
        amount: order.amount,
        pending: order.status === 'pending',
        ...(order.remark === undefined ? {} : { remark: order.remark }),
        ...(order.counterparty === undefined ? {} : { counterparty: order.counterparty }),
      };
      const movement =
        order.creditDebitIndicator === 'credit' ? books.credit(details) : books.debit(details);
      if (order.push !== false) tell(movement);
      return movement;
    },
    book(movement) {
      books.settle(movement);
      tell(movement);
    },
    reject(movement) {
      books.reject(movement);
      tell(movement);
    },
    reverse(movement) {
      books.reverse(movement);
      tell(movement);
    },
    push(movement) {
      if (movement.creditDebitIndicator === 'debit') {
        throw new Error(`${movement.reference} is a debit; Airwallex calls for deposits only`);
      }
      webhooks.repeat(newsOfDeposit(movement));
    },
    simulateDeposit(body) {
      const amount = requiredText(body, 'amount');
      const globalAccountId = requiredText(body, 'global_account_id');
      const wallet = books.wallets.find((one) => one.globalAccountId === globalAccountId);
      if (!wallet) throw invalid('global_account_id', `no global account ${globalAccountId}`);
      const status = optionalText(body, 'status') ?? 'SETTLED';
      if (!['PENDING', 'SETTLED', 'REJECTED'].includes(status)) {
        throw invalid('status', 'status must be one of PENDING, SETTLED, REJECTED');
      }
      const statementReference = optionalText(body, 'statement_ref');
      if (
        statementReference !== undefined &&
        books.movements.some((one) => one.providerTransactionId === statementReference)
      ) {
        throw invalid('statement_ref', 'statement_ref has been used before');
      }
      const details = {
        wallet,
        amount,
        pending: status !== 'SETTLED',
        ...member('remark', optionalText(body, 'reference')),
        ...member('counterparty', optionalText(body, 'payer_name')),
        ...member('counterpartyBank', optionalText(body, 'payer_bankname')),
        ...member('providerTransactionId', statementReference),
      };
      const movement = creditOrRefuse(details);
      if (status === 'REJECTED') books.reject(movement);
      tell(movement);
      return movement;
    },
    generate({ count, account, push }) {
      return Array.from({ length: count }, () => bank.move(randomOrder(account, push)));
    },
  };

  function creditOrRefuse(details: Parameters<Book['credit']>[0]): Movement {
    try {
      return books.credit(details);
    } catch (error) {
      throw invalid('amount', error instanceof Error ? error.message : String(error));
    }
  }

  function randomOrder(account: string | undefined, push: boolean | undefined): MovementOrder {
    const wallet = account === undefined ? random.pick(books.wallets) : books.wallet(account);
    const minorUnits = BigInt(random.whole(1_000, 9_999_999));
    const isDebit = random.chance(0.2) && minorUnits <= wallet.available;
    return {
      account: wallet.id,
      creditDebitIndicator: isDebit ? 'debit' : 'credit',
      amount: formatAmount(minorUnits, wallet.currency),
      remark: `${random.pick(REMARKS)} ${random.digits(6)}`,
      counterparty: random.pick(COUNTERPARTIES),
      ...(push === undefined ? {} : { push }),
    };
  }
  return bank;
}

/** The faults that are on, for the state that the management interface shows. */
export function shownFaults(faults: Faults): unknown[] {
  return faults.list().map(({ settings, ...fault }) => ({ ...fault, ...settings }));
}

function member<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  const record: { [P in K]?: string } = {};
  if (value !== undefined) record[key] = value;
  return record;
}

function requiredText(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined) throw invalid(name, `${name} must be provided`);
  return value;
}

function optionalText(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
