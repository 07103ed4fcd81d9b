import type { Random } from '../lib/random.ts';
import type { Account, Books } from './books.ts';
import { formatAmount } from './money.ts';
import type { AccountOpening } from './books.ts';
import { plusDays, startOfWibDay, wibSeconds } from './times.ts';

/** The accounts that exist from the start; the numbers are those of the reference's samples. */
const ACCOUNTS: readonly AccountOpening[] = [
  {
    bank: 'bca',
    account: '1234567890',
    name: 'PT CONTOH DAGANG',
    currency: 'IDR',
    opening: 250_000_000_00n,
    companyCode: '12345',
    merchantId: '000885000000001',
  },
  {
    bank: 'bca',
    account: '1234567891',
    name: 'PT CONTOH DAGANG GAJI',
    currency: 'IDR',
    opening: 75_000_000_00n,
    companyCode: '12346',
    merchantId: '000885000000002',
  },
  {
    bank: 'bri',
    account: '111231271284142',
    name: 'PT CONTOH DAGANG',
    currency: 'IDR',
    opening: 120_000_000_00n,
    companyCode: '77777',
    merchantId: '000002000000001',
  },
  {
    bank: 'bni',
    account: '0115476117',
    name: 'PT CONTOH DAGANG',
    currency: 'IDR',
    opening: 90_000_000_00n,
    companyCode: '98812345',
    merchantId: '000009000000001',
  },
];

const HISTORY_DAYS = 10;
const PAYERS = ['BUDI SANTOSO', 'SITI AMINAH', 'CV MAJU JAYA', 'TOKO SEJAHTERA', 'PT SINAR ABADI'];
const COSTS = ['LISTRIK PLN', 'SEWA GUDANG', 'PEMBELIAN BARANG', 'INTERNET KANTOR'];

/** Opens the default accounts and books some movements on each of the last days. */
export function fillDefaultWorld(books: Books, random: Random, now: Date): void {
  for (const opening of ACCOUNTS) {
    const account = books.open(opening);
    for (let day = HISTORY_DAYS; day >= 1; day -= 1) bookDay(books, account, random, { now, day });
  }
}

function bookDay(
  books: Books,
  account: Account,
  random: Random,
  { now, day }: { now: Date; day: number },
): void {
  const midnight = startOfWibDay(plusDays(now, -day));
  const minutes = Array.from({ length: random.whole(1, 3) }, () => random.whole(480, 1260));
  for (const minute of minutes.toSorted((a, b) => a - b)) {
    const credit = random.chance(0.7);
    const rupiah = BigInt(random.whole(50, credit ? 12_000 : 4_000)) * 1000n;
    books.enter(
      {
        account: account.account,
        creditDebitIndicator: credit ? 'credit' : 'debit',
        amount: formatAmount(rupiah * 100n),
        counterparty: credit ? random.pick(PAYERS) : 'PEMASOK',
        remark: credit ? `INV ${random.digits(5)}` : random.pick(COSTS),
        channel: credit ? random.pick(['va', 'transfer']) : 'transfer',
        bookingDate: wibSeconds(new Date(midnight.getTime() + minute * 60_000)),
        push: false,
      },
      now,
    );
  }
}
