import type { SnapMovementOrder } from './books.ts';
import { CHANNELS } from './books.ts';
import type { Deliveries } from './deliveries.ts';
import { FAULTS } from './faults.ts';
import type { Generator } from './generator.ts';
import { isObject } from './inbound.ts';
import { parseAmount } from './money.ts';
import { isBankCode } from './profiles.ts';
import type { TransferDesk } from './transfers/desk.ts';
import { TRANSFER_CALLS, transfersSince } from './transfers/transfer-management.ts';
import type { World } from './world.ts';

/** The parts that the management interface moves. */
export interface Managed {
  readonly world: World;
  readonly deliveries: Deliveries;
  readonly generator: Generator;
  readonly desk: TransferDesk;
  move(order: SnapMovementOrder): { reference: string };
}

type Body = Readonly<Record<string, unknown>>;
type Call = (managed: Managed, body: Body, ...found: string[]) => unknown;

/** Every call below `/_sim/`; the groups of a pattern become the last arguments. */
const CALLS: readonly [string, RegExp, Call][] = [
  ['GET', /^state$/, state],
  ['GET', /^partners$/, ({ world }) => world.partners.views()],
  ['PUT', /^partners\/(\w+)$/, putPartner],
  ['POST', /^accounts$/, openAccount],
  ['POST', /^movements$/, (managed, body) => managed.move(readOrder(body))],
  ['POST', /^movements\/(MV\d{12})\/book$/, bookMovement],
  ['POST', /^movements\/(MV\d{12})\/reverse$/, reverseMovement],
  ['POST', /^movements\/(MV\d{12})\/push$/, pushMovement],
  ['POST', /^generate$/, generate],
  ['GET', /^faults$/, ({ world }) => ({ known: FAULTS, active: world.faults.list() })],
  ['POST', /^faults$/, setFault],
  ['DELETE', /^faults(?:\/(\w+))?$/, clearFault],
  ['POST', /^clock$/, setClock],
  ['GET', /^callbacks$/, callbacks],
  ...TRANSFER_CALLS,
];

/**
 * Carries out a management call; undefined when there is no such call. Throws an `Error` with a
 * sentence for a wrong body.
 */
export async function manage(
  managed: Managed,
  method: string,
  path: string,
  body: unknown,
): Promise<unknown> {
  const [before = '', query] = path.split('?');
  const relative = before.replace(/^\/+/, '');
  const members = query === undefined ? body : Object.fromEntries(new URLSearchParams(query));
  for (const [wanted, pattern, call] of CALLS) {
    const match = wanted === method ? pattern.exec(relative) : null;
    if (match) return call(managed, isObject(members) ? members : {}, ...match.slice(1));
  }
  return undefined;
}

/** With a query the accounts come without their movements, which are most of the answer. */
function state({ world, deliveries, desk }: Managed, body: Body): unknown {
  return {
    simulator: 'snap',
    seed: world.seed,
    clock: { now: world.clock.now().toISOString(), offsetMs: world.clock.offsetMs() },
    faults: world.faults.list(),
    accounts: Object.keys(body).length === 0 ? world.books.views() : world.books.summaries(),
    ...transfersSince(desk, body),
    calls: world.calls.last(),
    counts: world.calls.counts(),
    callbacksWaiting: deliveries.waiting(),
  };
}

async function putPartner({ world, deliveries }: Managed, body: Body, bank = ''): Promise<unknown> {
  if (!isBankCode(bank)) throw new Error(`unknown bank "${bank}"`);
  const view = await world.partners.put(bank, body);
  deliveries.forgetToken(bank);
  return view;
}

function openAccount({ world }: Managed, body: Body): unknown {
  const bank = text(body, 'bank');
  if (!isBankCode(bank)) throw new Error(`unknown bank "${bank}"`);
  const account = world.books.open({
    bank,
    account: text(body, 'account'),
    name: text(body, 'name', 'PT CONTOH DAGANG'),
    currency: text(body, 'currency', 'IDR'),
    opening: parseAmount(text(body, 'balance', '0.00')),
    companyCode: text(body, 'companyCode', world.random.digits(5)),
    merchantId: text(body, 'merchantId', world.random.digits(15)),
  });
  return { bank, account: account.account, companyCode: account.companyCode };
}

function readOrder(body: Body): SnapMovementOrder {
  const channel = CHANNELS.find((known) => known === body['channel']);
  if (body['channel'] !== undefined && !channel) {
    throw new Error(`channel must be one of ${CHANNELS.join(', ')}`);
  }
  const direction = text(body, 'creditDebitIndicator');
  const status = text(body, 'status', 'booked');
  if (direction !== 'credit' && direction !== 'debit') {
    throw new Error('creditDebitIndicator must be credit or debit');
  }
  if (status !== 'booked' && status !== 'pending')
    throw new Error('status must be pending or booked');
  return {
    account: text(body, 'account'),
    creditDebitIndicator: direction,
    amount: text(body, 'amount'),
    status,
    ...(channel ? { channel } : {}),
    ...optional(body, 'remark'),
    ...optional(body, 'counterparty'),
    ...optional(body, 'virtualAccountNo'),
    ...optional(body, 'bookingDate'),
    ...(typeof body['push'] === 'boolean' ? { push: body['push'] } : {}),
  };
}

function bookMovement({ world, deliveries }: Managed, _body: Body, reference = ''): unknown {
  const movement = world.books.book(reference, world.clock.now());
  return { reference, pushed: movement.push && deliveries.tell(movement) };
}

/** The debit of a transfer comes back only together with the transfer's status. */
function reverseMovement({ world, desk }: Managed, _body: Body, reference = ''): unknown {
  const transfer = desk.journal.ofDebit(reference);
  if (transfer) {
    desk.bringBack(transfer);
    return { reference, reversal: transfer.credit?.reference ?? null };
  }
  const row = world.books.reverse(reference, world.clock.now());
  return { reference, reversal: row.reference === reference ? null : row.reference };
}

function pushMovement({ world, deliveries }: Managed, _body: Body, reference = ''): unknown {
  return { reference, pushed: deliveries.tell(world.books.movement(reference)) };
}

function generate({ world, generator }: Managed, body: Body): unknown {
  const count = wholeNumber(body, 'count', 1);
  const account = body['account'] === undefined ? undefined : text(body, 'account');
  if (account !== undefined) world.books.account(account);
  const perSecond = body['perSecond'] === undefined ? undefined : wholeNumber(body, 'perSecond', 1);
  const push = body['push'] !== false;
  const reorder = body['reorder'] === true ? 10 : wholeNumber(body, 'reorder', 1);
  const references = generator.start({ count, perSecond, account, push, reorder });
  return { count, references };
}

function setFault({ world }: Managed, body: Body): unknown {
  const name = text(body, 'name');
  const { count, probability, ...settings } = body;
  // One correction is the useful case; for ever would change a row at each reading.
  const once = name === 'correctedLine' ? 1 : undefined;
  const times = typeof count === 'number' ? count : once;
  world.faults.set({
    ...settings,
    name,
    ...(times === undefined ? {} : { count: times }),
    ...(typeof probability === 'number' ? { probability } : {}),
  });
  return { active: world.faults.list() };
}

function clearFault({ world }: Managed, _body: Body, name?: string): unknown {
  world.faults.clear(name);
  return { active: world.faults.list() };
}

function setClock({ world, desk }: Managed, body: Body): unknown {
  const offsetMs = body['offsetMs'];
  if (typeof offsetMs !== 'number' || !Number.isFinite(offsetMs)) {
    throw new Error('offsetMs must be a number of milliseconds');
  }
  world.clock.setOffsetMs(offsetMs);
  desk.agenda.runDue();
  return { now: world.clock.now().toISOString(), offsetMs };
}

function callbacks({ deliveries }: Managed): unknown {
  return { waiting: deliveries.waiting(), attempts: deliveries.attempts() };
}

function text(body: Body, name: string, fallback?: string): string {
  const value = body[name] ?? fallback;
  if (typeof value !== 'string' || value === '') throw new Error(`${name} must be text`);
  return value;
}

function optional(body: Body, name: string): Record<string, string> {
  return body[name] === undefined ? {} : { [name]: text(body, name) };
}

function wholeNumber(body: Body, name: string, fallback: number): number {
  const value = body[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new Error(`${name} must be a whole number from 1`);
  }
  return value;
}
