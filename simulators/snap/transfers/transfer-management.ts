import { CONDITIONS } from '../books.ts';
import type { Condition } from '../books.ts';
import { BANKS, isBankCode } from '../profiles.ts';
import type { BankCode } from '../profiles.ts';
import type { World } from '../world.ts';
import type { TransferDesk } from './desk.ts';
import { PAYEE_CONDITIONS } from './directory.ts';
import { transferView } from './journal.ts';

/** The parts of the simulator that these calls move. */
export interface ManagedDesk {
  readonly world: World;
  readonly desk: TransferDesk;
}

type Body = Readonly<Record<string, unknown>>;
type Call = (managed: ManagedDesk, body: Body, ...found: string[]) => unknown;

/** The management calls about transfers. The query of a GET comes as its body. */
export const TRANSFER_CALLS: readonly [string, RegExp, Call][] = [
  ['GET', /^transfers$/, ({ desk }, body) => transfersSince(desk, body)],
  ['POST', /^transfers\/(TR\d{12})\/(settle|reject|return)$/, endTransfer],
  ['GET', /^transfer-settings$/, ({ desk }) => desk.settings.views()],
  [
    'PUT',
    /^transfer-settings\/(\w+)$/,
    ({ desk }, body, bank = '') => desk.settings.put(knownBank(bank), body),
  ],
  ['GET', /^payees$/, directory],
  ['POST', /^payees$/, addPayee],
  ['PUT', /^payees$/, setUnlisted],
  ['POST', /^payee-banks$/, addBank],
  ['PUT', /^accounts\/([\w:-]+)$/, setCondition],
];

const LIMIT_DEFAULT = 1_000_000;

/**
 * Transfers and refused calls with a number after `since` (0), at most `limit` of each; `next` is what
 * to ask with the next time. `changedSince` leaves out transfers whose revision is not greater.
 */
export function transfersSince(desk: TransferDesk, query: Body): Record<string, unknown> {
  const { journal } = desk;
  const since = count(query['since'], 0);
  const changedSince = count(query['changedSince'], 0);
  const limit = count(query['limit'], LIMIT_DEFAULT);
  const executed = journal
    .executedSince(since)
    .filter(({ revision }) => revision > changedSince)
    .slice(0, limit);
  const refused = journal.refusedSince(since).slice(0, limit);
  // What was cut off at the limit must come the next time, in whichever list it is.
  const ends = [executed, refused]
    .filter((list) => list.length === limit)
    .map((list) => list.at(-1)?.sequence ?? since);
  const next = Math.min(journal.last(), ...ends);
  const isShown = ({ sequence }: { readonly sequence: number }): boolean => sequence <= next;
  return {
    transferCount: journal.count(),
    transferRevision: journal.revision(),
    transfers: executed.filter(isShown).map(transferView),
    refusedTransfers: refused.filter(isShown),
    next,
  };
}

async function endTransfer(
  { desk, world }: ManagedDesk,
  body: Body,
  id = '',
  verb = '',
): Promise<unknown> {
  const transfer = desk.journal.transfer(id);
  const reason = body['reason'] === undefined ? undefined : text(body, 'reason');
  const now = world.clock.now();
  if (verb === 'settle') desk.settle(transfer, now);
  else if (verb === 'return') desk.returnMoney(transfer, now, reason);
  // The call to the company is not waited for: it may be refused many times.
  else void desk.reject(transfer, now, reason);
  return transferView(transfer);
}

function directory({ desk }: ManagedDesk): unknown {
  const { unlisted } = desk.directory;
  return { unlisted, banks: desk.directory.banks(), payees: desk.directory.listed() };
}

function addPayee({ desk }: ManagedDesk, body: Body): unknown {
  const bank = desk.directory.bank(text(body, 'bank'));
  if (!bank) throw new Error(`unknown bank "${String(body['bank'])}"; POST payee-banks adds one`);
  const account = text(body, 'account');
  const before = desk.directory.payee(bank.code, account);
  const condition = PAYEE_CONDITIONS.find((known) => known === (body['condition'] ?? 'active'));
  if (!condition) throw new Error(`condition must be one of ${PAYEE_CONDITIONS.join(', ')}`);
  const payee = {
    ...before,
    condition,
    name: text(body, 'name', before.name),
    currency: text(body, 'currency', before.currency),
    foreign: body['foreign'] === true,
  };
  desk.directory.add(payee);
  return payee;
}

function setUnlisted({ desk }: ManagedDesk, body: Body): unknown {
  const { unlisted } = body;
  if (unlisted !== 'named' && unlisted !== 'unknown') {
    throw new Error('unlisted must be named or unknown');
  }
  desk.directory.unlisted = unlisted;
  return { unlisted };
}

function addBank({ desk }: ManagedDesk, body: Body): unknown {
  const code = text(body, 'code');
  if (!/^\d{3}$/.test(code)) throw new Error('code must be three digits');
  const before = desk.directory.bank(code);
  const bifast = body['bifast'] ?? before?.bifast ?? 'yes';
  if (bifast !== 'yes' && bifast !== 'no' && bifast !== 'unavailable') {
    throw new Error('bifast must be yes, no or unavailable');
  }
  const swift = body['swift'] === undefined ? (before?.swift ?? null) : text(body, 'swift');
  const bank = { code, swift, name: text(body, 'name', before?.name), bifast } as const;
  desk.directory.addBank(bank);
  return bank;
}

function setCondition({ world }: ManagedDesk, body: Body, account = ''): unknown {
  const condition = text(body, 'condition');
  if (!isCondition(condition)) {
    throw new Error(`condition must be one of ${Object.keys(CONDITIONS).join(', ')}`);
  }
  world.books.account(account).condition = condition;
  return { account, condition };
}

function isCondition(value: string): value is Condition {
  return Object.hasOwn(CONDITIONS, value);
}

function knownBank(bank: string): BankCode {
  if (isBankCode(bank)) return bank;
  throw new Error(`unknown bank "${bank}"; known: ${BANKS.join(', ')}`);
}

function text(body: Body, name: string, fallback?: string): string {
  const value = body[name] ?? fallback;
  if (typeof value !== 'string' || value === '') throw new Error(`${name} must be text`);
  return value;
}

function count(value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) {
    throw new Error(`${JSON.stringify(value)} is no whole number`);
  }
  return number;
}
