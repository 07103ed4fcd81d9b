import type { SimulatorProcess } from './simulator-process.ts';
import { textOf } from './simulator-process.ts';

/** Keeps money moving at the simulated banks, until it is stopped. */
export interface DemoMovements {
  stop(): void;
}

interface Order {
  readonly account: string;
  readonly creditDebitIndicator: 'credit' | 'debit';
  readonly amount: string;
  readonly counterparty: string;
  readonly remark: string;
  readonly status?: 'pending';
  readonly channel?: 'va' | 'qr' | 'transfer';
  readonly virtualAccountNo?: string;
}

const PAUSE_MS = 6_000;
/** How long a deposit stays pending before it is booked, so that a card changes before the eyes. */
const PENDING_MS = 7_000;

/** One round of the demo; it repeats with other amounts. */
const ROUND: readonly ((round: number) => Order)[] = [
  (round) => ({
    account: '1234567890',
    creditDebitIndicator: 'credit',
    amount: `${1_250_000 + round * 17_000}.00`,
    counterparty: 'CV MAJU JAYA',
    remark: `INV-${4711 + round}`,
    channel: 'va',
    virtualAccountNo: String(4711 + round).padStart(18, '0'),
  }),
  (round) => ({
    account: 'acct_SimCashbellHK0001:HKD',
    creditDebitIndicator: 'credit',
    amount: `${8_800 + round * 35}.50`,
    counterparty: 'Golden Harbour Trading Ltd 金港貿易',
    remark: `Order HK-${2026 + round}`,
    status: 'pending',
  }),
  (round) => ({
    account: '111231271284142',
    creditDebitIndicator: 'credit',
    amount: `${3_400_000 + round * 9_500}.00`,
    counterparty: 'TOKO SEJAHTERA',
    remark: `PO ${800 + round}`,
    channel: 'va',
  }),
  (round) => ({
    account: 'acct_SimCashbellHK0001:USD',
    creditDebitIndicator: 'debit',
    amount: `${420 + round * 3}.75`,
    counterparty: 'Cloud Hosting Inc.',
    remark: `Invoice 9${round}12`,
  }),
  (round) => ({
    account: '1234567891',
    creditDebitIndicator: 'debit',
    amount: `${760_000 + round * 4_000}.00`,
    counterparty: 'PLN',
    remark: 'LISTRIK KANTOR',
    channel: 'transfer',
  }),
  (round) => ({
    account: 'acct_SimCashbellHK0001:USD',
    creditDebitIndicator: 'credit',
    amount: `${15_300 + round * 120}.00`,
    counterparty: 'Gulf Pearl Trading LLC',
    remark: `Contract 7${round}`,
    status: 'pending',
  }),
];

/** For so many rounds there are invoices: some forty minutes of the demo. */
export const ROUNDS_AHEAD = 60;

/** The virtual accounts of the demo's operations account begin with it. */
const VIRTUAL_ACCOUNTS = '12345';

/**
 * The file of invoices that the rounds pay, as an office would export it. What the shop, the electricity
 * bill and the trader of the Gulf move stands in no invoice: somebody has to say what it is.
 */
export function invoicesOf(firstRound: number, rounds: number): string {
  const lines = Array.from({ length: rounds }, (_, place) => {
    const round = firstRound + place;
    const [maju, harbour] = [ROUND[0]?.(round), ROUND[1]?.(round)];
    return [
      `INV-${4711 + round},CV Maju Jaya,${maju?.amount},IDR,2026-12-31,${VIRTUAL_ACCOUNTS}${maju?.virtualAccountNo}`,
      `HK-${2026 + round},Golden Harbour Trading Ltd,${harbour?.amount},HKD,2026-12-31,`,
    ];
  });
  const head = 'Invoice No,Customer,Amount,Currency,Due Date,Virtual Account';
  return `${[head, ...lines.flat()].join('\n')}\n`;
}

export function startMovements(
  banks: SimulatorProcess,
  firstRound: number,
  onError: (error: unknown) => void,
): DemoMovements {
  let count = firstRound * ROUND.length;
  const timers = new Set<NodeJS.Timeout>();
  const later = (work: () => Promise<void>, pauseMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work().catch(onError);
    }, pauseMs);
    timers.add(timer);
  };
  const move = async (): Promise<void> => {
    const make = ROUND[count % ROUND.length];
    const order = make?.(Math.floor(count / ROUND.length));
    count += 1;
    later(move, PAUSE_MS);
    if (!order) return;
    const reference = textOf(await banks.manage('POST', 'movements', order), 'reference');
    if (order.status === 'pending') {
      later(async () => {
        await banks.manage('POST', `movements/${reference}/book`);
      }, PENDING_MS);
    }
  };
  later(move, 1_000);
  return {
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
