import { CashbellError } from '#core/errors.ts';
import { money } from '#core/money.ts';
import { digestOfPayment } from '#core/payments.ts';
import type { ApprovalReading } from '#core/payments.ts';
import type { Chance } from './chance.ts';
import { HOUR_MS, MINUTE_MS } from './places.ts';
import type { Act, Content, PlannedRequest } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What somebody did, as the office wrote it down; what stood on the paper after it. */
export interface Line {
  readonly atMs: number;
  readonly what: Act['what'] | 'begin';
  readonly by: string;
  readonly content: Content;
}

/** A request with everything that people did to it: an instance at DingTalk, or one of our console. */
export interface Paper {
  readonly id: string;
  readonly request: PlannedRequest;
  readonly lines: Line[];
  content: Content;
  state: 'running' | 'agreed' | 'refused' | 'revoked';
  approvers: readonly string[];
  nodesLeft: number;
}

/** What the office tells us; a hint, and not always true. */
export interface OfficeNews {
  readonly paperId: string;
  readonly what: 'begun' | 'task' | 'ended';
  readonly isAgreed: boolean;
}

/** The model DingTalk with its approvals, and the acts of people in our own console. */
export interface Office {
  readonly papers: ReadonlyMap<string, Paper>;
  begin(request: PlannedRequest, content: Content): Paper;
  act(paper: Paper, act: Act): void;
  /** How it stands now. Throws when the office does not answer. */
  read(paperId: string): ApprovalReading;
}

const FAILS = 0.02;
const LOST = 0.04;
const LATE = 0.08;
const TWICE = 0.1;
/** Lists are read so often, for what was never told. */
const SWEEP_MS = 10 * MINUTE_MS;

export function createOffice(options: {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly tell: (news: OfficeNews) => void;
  /** Our own look through the lists of the office. */
  readonly sweep: (paperId: string) => void;
}): Office {
  const { time, chance } = options;
  const papers = new Map<string, Paper>();

  const publish = (paper: Paper, what: OfficeNews['what'], isAgreed: boolean): void => {
    if (paper.request.via === 'local') return;
    const news: OfficeNews = { paperId: paper.id, what, isAgreed };
    const deliver = (delayMs: number): void =>
      time.at(time.nowMs() + delayMs, () => options.tell(news));
    const delayMs = (): number => chance.between(100, chance.chance(LATE) ? 3 * HOUR_MS : 2_000);
    if (!chance.chance(LOST)) deliver(delayMs());
    if (chance.chance(TWICE)) deliver(delayMs() + chance.between(0, 10 * MINUTE_MS));
    const sweepMs = Math.ceil((time.nowMs() + 1) / SWEEP_MS) * SWEEP_MS;
    time.at(sweepMs, () => options.sweep(paper.id));
  };
  const write = (paper: Paper, what: Line['what'], by: string): void => {
    paper.lines.push({ atMs: time.nowMs(), what, by, content: paper.content });
  };

  return {
    papers,
    begin: (request, content) => {
      const paper: Paper = {
        id: `${request.via === 'dingtalk' ? 'proc' : 'api'}-${request.number}`,
        request,
        content,
        lines: [],
        state: 'running',
        approvers: [],
        nodesLeft: request.acts.filter(({ what }) => what.startsWith('agree')).length,
      };
      papers.set(paper.id, paper);
      write(paper, 'begin', request.maker);
      publish(paper, 'begun', false);
      return paper;
    },
    act: (paper, { what, by }) => {
      if (!carryOut(paper, what, by)) return;
      write(paper, what, by);
      if (what === 'forgeAgreement') publish(paper, 'ended', true);
      else if (paper.state === 'running') publish(paper, 'task', what === 'agree');
      else if (!what.startsWith('change')) publish(paper, 'ended', paper.state === 'agreed');
    },
    read: (paperId) => {
      if (chance.chance(FAILS)) throw new CashbellError('dingtalk.busy');
      const paper = papers.get(paperId);
      return paper ? readingOf(paper) : { kind: 'changed', field: 'processInstanceId' };
    },
  };
}

/** Changes the paper; false when it cannot be done any more. */
function carryOut(paper: Paper, what: Act['what'], by: string): boolean {
  switch (what) {
    case 'agree':
    case 'agreeByItself':
      if (paper.state !== 'running') return false;
      paper.nodesLeft -= 1;
      if (what === 'agree') paper.approvers = [...paper.approvers, by];
      if (paper.nodesLeft === 0) paper.state = 'agreed';
      return true;
    case 'refuse':
      if (paper.state !== 'running') return false;
      paper.state = 'refused';
      return true;
    case 'revoke':
      if (paper.state === 'refused' || paper.state === 'revoked') return false;
      paper.state = 'revoked';
      return true;
    case 'changeAmount':
    case 'changeCreditor':
      paper.content = changed(paper.content, what);
      return true;
    case 'forgeAgreement':
      return paper.state === 'running';
    case 'cancel':
      return false;
  }
}

/** Nobody changes a paper back to what it said before. */
function changed(content: Content, what: 'changeAmount' | 'changeCreditor'): Content {
  const { creditor, instructedAmount } = content;
  if (what === 'changeCreditor') {
    return { ...content, creditor: { ...creditor, account: `${creditor.account}7` } };
  }
  const { amountMinorUnits, currency } = instructedAmount;
  return { ...content, instructedAmount: money(amountMinorUnits * 2n, currency) };
}

export function readingOf(paper: Paper): ApprovalReading {
  switch (paper.state) {
    case 'running':
      return { kind: 'running' };
    case 'agreed':
      return {
        kind: 'agreed',
        digest: digestOfPayment(paper.content),
        originator: paper.request.maker,
        approvers: paper.approvers,
      };
    case 'refused':
      return { kind: 'declined' };
    case 'revoked':
      return { kind: 'withdrawn' };
  }
}
