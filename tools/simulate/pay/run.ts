import { advancePayment } from '#flows/payment/payment-flow.ts';
import type { PaymentSteps } from '#flows/payment/payment-flow.ts';
import type { ApprovalReading } from '#core/payments.ts';
import { audit } from './auditor.ts';
import type { Verdict } from './auditor.ts';
import { createBanks } from './bank.ts';
import type { Banks, Transfer } from './bank.ts';
import { createChance } from './chance.ts';
import type { Chance } from './chance.ts';
import type { Payee, Settings } from './checks.ts';
import { createIntake } from './intake.ts';
import type { Intake } from './intake.ts';
import { createLedger } from './ledger.ts';
import type { Card, Ledger } from './ledger.ts';
import type { Row } from './rows.ts';
import { createStatementReader } from './links.ts';
import { createOffice, readingOf } from './office.ts';
import type { Office, Paper } from './office.ts';
import { startPeople } from './people.ts';
import { DAY_MS, HOUR_MS } from './places.ts';
import { makePlan, PAYEES } from './plan.ts';
import type { Plan } from './plan.ts';
import { memorySteps } from './steps.ts';
import type { Process, StepsWorld } from './steps.ts';
import { createVirtualTime } from './virtual-time.ts';
import { createWorkers } from './workers.ts';
import type { Fate } from './workers.ts';

/** What a step of a test may put in the place of the right one. */
export type Swap = (
  right: PaymentSteps,
  world: StepsWorld & { readonly intake: Intake },
  process: Process,
  paymentId: string,
) => PaymentSteps;

export interface PayOptions {
  readonly seed: number;
  readonly payments: number;
  /** Puts a wrong step in the place of a right one, to see that it is found out. */
  readonly swap?: Swap;
  /** Decides at each point that a worker passes; by chance unless given. */
  readonly fateOf?: (paymentId: string, where: string) => Fate;
  /** Hears everything that happens to a payment. */
  readonly onTrace?: (line: TraceLine) => void;
  readonly onProgress?: (text: string) => void;
}

export interface TraceLine {
  readonly atMs: number;
  readonly paymentId: string;
  readonly endToEndId: string;
  readonly invoice: string;
  readonly text: string;
}

export interface PayResult {
  readonly plan: Plan;
  readonly verdict: Verdict;
  readonly kills: number;
  readonly stalls: number;
  readonly happenings: number;
  readonly cards: readonly Card[];
  readonly papers: readonly Paper[];
  readonly transfers: readonly Transfer[];
  readonly alarms: number;
  readonly virtualDays: number;
  readonly seconds: number;
}

const WORKERS = 3;
/** How often a worker dies around what must not be done twice, and anywhere else. */
const DEATH_AT_SENDING = 0.03;
const DEATH = 0.001;
const STALL = 0.000_2;
const SENDING = /intent|claim|byte|answer/;
/** Everything has an end by then: approvals, questions to people, returns. */
const HORIZON_MS = 40 * DAY_MS;
const SHOW_MS = 2 * DAY_MS;

/** Makes the world of a seed, lets everything happen to it in virtual time, and audits the books. */
export async function simulatePay(options: PayOptions): Promise<PayResult> {
  const plan = makePlan(options);
  const begun = performance.now();
  const world = buildWorld(options, plan);
  const untilMs = plan.endMs + HORIZON_MS;
  let happenings = 0;
  for (let atMs = plan.beginMs; atMs < untilMs; atMs += SHOW_MS) {
    happenings += await world.time.run(Math.min(untilMs, atMs + SHOW_MS));
    const day = Math.round((atMs - plan.beginMs) / DAY_MS);
    options.onProgress?.(`day ${day}: ${happenings} happenings, ${world.kills()} kills`);
  }
  const books = world.books();
  return {
    plan,
    verdict: audit(books),
    kills: world.kills(),
    stalls: world.stalls(),
    happenings,
    cards: books.cards,
    papers: books.papers,
    transfers: books.transfers,
    alarms: world.ledger.alarms.length,
    virtualDays: Math.round((untilMs - plan.beginMs) / DAY_MS),
    seconds: Math.round((performance.now() - begun) / 1000),
  };
}

function buildWorld(options: PayOptions, plan: Plan) {
  const time = createVirtualTime(plan.beginMs);
  const part = (number: number): Chance => createChance(options.seed, number);
  const settings: Settings = {
    payees: makePayees(part(2), plan.beginMs),
    stops: [],
    cash: new Map(),
  };
  const fates = part(3);
  const trace = traceOf(
    options,
    () => ledger,
    () => time.nowMs(),
  );
  const workers = createWorkers({
    time,
    chance: part(4),
    ledger: () => ledger,
    count: WORKERS,
    fateOf: options.fateOf ?? ((_paymentId, where) => drawFate(fates, where)),
    advance: (process, paymentId) => {
      const right = memorySteps(stepsWorld, process, paymentId);
      const steps = options.swap?.(right, { ...stepsWorld, intake }, process, paymentId) ?? right;
      return advancePayment(steps);
    },
    trace,
  });
  const ledger: Ledger = createLedger({
    onDue: (row) => workers.onDue(row),
    onCard: (card, row) => people.onCard(card, row),
    trace,
  });
  const intake: Intake = createIntake({
    time,
    chance: part(5),
    ledger,
    office: () => office,
    payees: settings.payees,
  });
  const office: Office = createOffice({
    time,
    chance: part(6),
    tell: (news) => intake.onNews(news),
    sweep: (paperId) => intake.sweep(paperId),
  });
  const statements = createStatementReader({ time, ledger, trace });
  const banks: Banks = createBanks({
    time,
    chance: part(7),
    accounts: plan.accounts,
    endMs: plan.endMs + HORIZON_MS,
    onEntry: (entry) => statements.expect(entry),
    onNotice: (notice) => ledger.saveNotice(notice, time.nowMs()),
  });
  const stepsWorld: StepsWorld = {
    time,
    chance: part(8),
    ledger,
    settings,
    banks,
    readApproval: (row) => readApproval(office, row),
    trace,
  };
  const people = startPeople({
    time,
    chance: part(9),
    plan,
    ledger,
    office,
    intake,
    banks,
    settings,
    trace,
  });
  return {
    time,
    ledger,
    kills: () => workers.kills(),
    stalls: () => workers.stalls(),
    books: () => ({
      plan,
      transfers: banks.books,
      papers: [...office.papers.values()],
      refusedPapers: intake.refused,
      waived: people.waived,
      cards: ledger.cards,
    }),
  };
}

function drawFate(chance: Chance, where: string): Fate {
  const death = SENDING.test(where) ? DEATH_AT_SENDING : DEATH;
  const value = chance.next();
  if (value < death) return 'death';
  return value < death + STALL ? 'stall' : 'none';
}

/** At DingTalk it may not answer; our own table always does, and knows no withdrawal. */
function readApproval(office: Office, row: Row): ApprovalReading {
  if (row.via === 'dingtalk') return office.read(row.sourceKey);
  const paper = office.papers.get(row.sourceKey);
  if (!paper || paper.state === 'revoked') return { kind: 'running' };
  return readingOf(paper);
}

function makePayees(chance: Chance, nowMs: number): Payee[] {
  return Array.from({ length: PAYEES }, (_, index) => ({
    name: `PT PEMASOK ${index}`,
    account: `80${String(index).padStart(7, '0')}1`,
    agent: index % 3 === 0 ? 'CENAIDJA' : '002',
    version: 1,
    usableFromMs: chance.chance(0.04) ? nowMs + chance.between(HOUR_MS, DAY_MS) : nowMs - DAY_MS,
    nameMatch: chance.chance(0.01) ? 'noMatch' : 'matched',
  }));
}

function traceOf(
  { onTrace }: PayOptions,
  ledger: () => Ledger,
  nowMs: () => number,
): (paymentId: string, text: () => string) => void {
  if (!onTrace) return () => {};
  return (paymentId, text) => {
    const { endToEndId, invoice } = ledger().get(paymentId);
    onTrace({ atMs: nowMs(), paymentId, endToEndId, invoice, text: text() });
  };
}
