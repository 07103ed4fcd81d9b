import type { Banks } from './bank.ts';
import type { Chance } from './chance.ts';
import type { Settings, Stop } from './checks.ts';
import type { Intake } from './intake.ts';
import type { Card, Ledger } from './ledger.ts';
import type { Row } from './rows.ts';
import type { Office, Paper } from './office.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './places.ts';
import { contentOf } from './plan.ts';
import type { Act, Plan, PlannedRequest } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Makers, approvers and the people of finance, who see cards and the portals of the banks. */
export interface People {
  onCard(card: Card, row: Row): void;
  /** How often two people said that one more payment for an invoice is no double. */
  readonly waived: ReadonlyMap<string, number>;
}

export interface PeopleOptions {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly plan: Plan;
  readonly ledger: Ledger;
  readonly office: Office;
  readonly intake: Intake;
  readonly banks: Banks;
  readonly settings: Settings;
  readonly trace: (paymentId: string, text: () => string) => void;
}

type Choice = 'executed' | 'notExecuted' | 'sendAgain';

const PATIENCE_MS = 5 * MINUTE_MS;
/** Whoever confirms looks for themselves so often. */
const LOOKS_TOO = 0.5;
const TRIES_MAX = 40;

export function startPeople(options: PeopleOptions): People {
  const { time, chance, plan, ledger } = options;
  const waived = new Map<string, number>();
  const asked = new Set<string>();
  for (const request of plan.requests) time.at(request.atMs, () => beginRequest(options, request));
  for (const change of plan.payeeChanges)
    time.at(change.atMs, () => changePayee(options, change.payee));
  for (const stop of plan.stops) {
    time.at(stop.atMs, () => pullStop(options, stop.account, stop.forMs));
  }

  const later = (leastMs: number, mostMs: number, act: () => void): void =>
    time.at(time.nowMs() + chance.between(leastMs, mostMs), act);

  const answerQuestion = (row: Row): void => {
    if (asked.has(row.paymentId)) return;
    asked.add(row.paymentId);
    const isSlow = chance.chance(0.2);
    later(2 * MINUTE_MS, isSlow ? 3 * DAY_MS : 6 * HOUR_MS, () => look(row));
  };
  const look = (row: Row): void => {
    const choice = seeInPortal(options, row);
    if (choice === 'wait') {
      later(2 * HOUR_MS, 12 * HOUR_MS, () => look(row));
    } else if (choice === undefined) {
      asked.delete(row.paymentId);
    } else {
      later(MINUTE_MS, chance.chance(0.2) ? DAY_MS : 2 * HOUR_MS, () => confirm(row, choice));
    }
  };
  const confirm = (row: Row, choice: Choice): void => {
    asked.delete(row.paymentId);
    // What `isFit` asks (store/payment-decisions.ts); else the decision is overtaken.
    const isFit =
      row.decisionSinceMs !== undefined &&
      (row.state === 'unknown' || (row.state === 'submitted' && choice !== 'sendAgain'));
    if (!isFit) return;
    const isSeenOtherwise = chance.chance(LOOKS_TOO) && !agrees(options, row, choice);
    if (isSeenOtherwise) return answerQuestion(row);
    const nowMs = time.nowMs();
    ledger.record(row.paymentId, { kind: 'decided', choice }, { nowMs });
    ledger.wake([row.paymentId], nowMs);
  };

  const waive = (row: Row, code: string): void => {
    if (row.state !== 'blocked' || row.reason?.code !== code) return;
    if (code === 'payment.duplicateSuspected') {
      waived.set(row.invoice, (waived.get(row.invoice) ?? 0) + 1);
    }
    const nowMs = time.nowMs();
    ledger.change(row, { waived: [...row.waived, code] });
    ledger.record(row.paymentId, { kind: 'waived' }, { nowMs });
    ledger.wake([row.paymentId], nowMs);
  };
  const onBlocked = (row: Row, code: string): void => {
    const course = chance.weighted(BLOCKED_COURSES[code] ?? ([['wait', 1]] as const));
    if (course === 'waive') later(10 * MINUTE_MS, DAY_MS, () => waive(row, code));
    if (course === 'cancel') later(10 * MINUTE_MS, DAY_MS, () => cancel(options, row));
  };

  return {
    waived,
    onCard: (card, row) => {
      if (card.isQuestion) answerQuestion(row);
      if (card.state === 'blocked' && card.reason) onBlocked(row, card.reason.code);
    },
  };
}

const BLOCKED_COURSES: Readonly<
  Record<string, readonly (readonly ['waive' | 'cancel' | 'wait', number])[]>
> = {
  'payment.duplicateSuspected': [
    ['waive', 3],
    ['cancel', 5],
    ['wait', 2],
  ],
  'payment.nameMismatch': [
    ['waive', 7],
    ['cancel', 3],
  ],
  'payment.cashShort': [
    ['waive', 1],
    ['wait', 9],
  ],
};

/** What the bank's own portal shows of a payment that nobody knows the end of. */
function seeInPortal({ banks, chance }: PeopleOptions, row: Row): Choice | 'wait' | undefined {
  if (row.decisionSinceMs === undefined) return undefined;
  const shown = banks.portal(row.endToEndId);
  if (shown.some(({ status }) => status === 'pending')) return 'wait';
  if (shown.some(({ status }) => status === 'paid')) return 'executed';
  return row.state === 'unknown' && chance.chance(0.6) ? 'sendAgain' : 'notExecuted';
}

function agrees({ banks }: PeopleOptions, row: Row, choice: Choice): boolean {
  const shown = banks.portal(row.endToEndId);
  const isThere = shown.some(({ status }) => status === 'paid' || status === 'pending');
  return isThere === (choice === 'executed');
}

function beginRequest(options: PeopleOptions, request: PlannedRequest): void {
  const { office, intake, settings, time } = options;
  const payee = settings.payees[request.payee];
  if (!payee) return;
  const { name, account, agent } = payee;
  const paper = office.begin(request, contentOf(request, { name, account, agent }));
  if (request.via === 'local') intake.ask(paper);
  let atMs = time.nowMs();
  for (const act of request.acts) {
    atMs += act.afterMs;
    time.at(atMs, () => carryOut(options, paper, act));
  }
}

function carryOut(options: PeopleOptions, paper: Paper, act: Act, tries = 0): void {
  const { office, ledger, time } = options;
  const row = ledger.bySource(paper.id);
  if (act.what === 'cancel') {
    if (row) cancel(options, row);
    return;
  }
  if (paper.request.via === 'dingtalk') return office.act(paper, act);
  const isAwaited = row?.state === 'awaitingApproval';
  if (isAwaited || act.what === 'revoke') {
    office.act(paper, act);
    if (row) ledger.wake([row.paymentId], time.nowMs());
  } else if (!row && tries < TRIES_MAX) {
    // It is not on their list yet.
    time.at(time.nowMs() + PATIENCE_MS, () => carryOut(options, paper, act, tries + 1));
  }
}

function cancel({ ledger, time, trace }: PeopleOptions, row: Row): void {
  const nowMs = time.nowMs();
  const isUnsent = ['awaitingApproval', 'authorised', 'blocked'].includes(row.state);
  if (!isUnsent) return;
  trace(row.paymentId, () => 'its maker takes it back');
  ledger.record(row.paymentId, { kind: 'cancelled' }, { nowMs });
}

function changePayee({ settings, time, chance }: PeopleOptions, index: number): void {
  const payee = settings.payees[index];
  if (!payee) return;
  payee.account = `${payee.account.slice(0, 9)}${chance.whole(10, 99)}${index}`;
  payee.version += 1;
  payee.usableFromMs = time.nowMs() + DAY_MS;
}

function pullStop(options: PeopleOptions, account: Stop['account'], forMs: number): void {
  const { settings, time, ledger } = options;
  const stop: Stop = { account, pulledAtMs: time.nowMs(), releasedAtMs: undefined };
  settings.stops.push(stop);
  time.at(time.nowMs() + forMs, () => {
    stop.releasedAtMs = time.nowMs();
    const held: string[] = [];
    for (const row of ledger.rows()) {
      const isHeld = row.state === 'blocked' && row.reason?.code === 'payment.stopped';
      if (isHeld) held.push(row.paymentId);
    }
    ledger.wake(held, time.nowMs());
  });
}
