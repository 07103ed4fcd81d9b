import { foldAccount } from '#core/payments.ts';
import type { Chance } from './chance.ts';
import type { Payee } from './checks.ts';
import type { Ledger } from './ledger.ts';
import type { Row } from './rows.ts';
import type { Office, OfficeNews, Paper } from './office.ts';
import { MINUTE_MS } from './places.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Our server: hears what happened to requests, and makes each of them one payment. */
export interface Intake {
  onNews(news: OfficeNews): void;
  sweep(paperId: string): void;
  /** A request of our own console; whoever got no answer asks again with the same key. */
  ask(paper: Paper): void;
  /** Papers of which somebody told us, truly or not, that they are agreed to. */
  readonly heardAgreed: ReadonlySet<string>;
  /** Papers that were answered with a refusal: what they ask for cannot be paid. */
  readonly refused: ReadonlySet<string>;
}

/** The process dies before its commit; whoever wakes next does the work again. */
const DIES = 0.01;

export function createIntake(options: {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly ledger: Ledger;
  readonly office: () => Office;
  readonly payees: readonly Payee[];
}): Intake {
  const { time, chance, ledger } = options;
  const heardAgreed = new Set<string>();
  const refused = new Set<string>();
  let references = 0;

  const insert = (paper: Paper): Row | undefined => {
    const { request, content } = paper;
    const payee = options.payees.findIndex(
      ({ account }) => foldAccount(account) === foldAccount(content.creditor.account),
    );
    const known = ledger.bySource(paper.id);
    if (known) return known;
    const version = options.payees[payee]?.version;
    if (version === undefined) {
      refused.add(paper.id);
      return undefined;
    }
    references += 1;
    const nowMs = time.nowMs();
    return ledger.insert(
      {
        endToEndId: `2176${String(references).padStart(14, '0')}`,
        account: request.account,
        content,
        invoice: request.invoice,
        rail: request.rail,
        payee,
        payeeVersion: version,
        via: request.via,
        sourceKey: paper.id,
        maker: request.maker,
        approvalsRequired: request.approvalsRequired,
        notBeforeMs: Math.max(nowMs, request.atMs + request.restsMs),
      },
      nowMs,
    ).row;
  };
  /** Reads the paper itself, whatever the news said. */
  const handle = (paperId: string): void => {
    if (chance.chance(DIES)) {
      time.at(time.nowMs() + chance.between(1_000, MINUTE_MS), () => handle(paperId));
      return;
    }
    const paper = options.office().papers.get(paperId);
    if (!paper) return;
    const known = ledger.bySource(paperId);
    if (known) ledger.wake([known.paymentId], time.nowMs());
    else if (paper.state === 'running' || paper.state === 'agreed') insert(paper);
  };

  return {
    heardAgreed,
    refused,
    onNews: (news) => {
      if (news.what !== 'begun' && news.isAgreed) heardAgreed.add(news.paperId);
      handle(news.paperId);
    },
    sweep: (paperId) => handle(paperId),
    ask: (paper) => {
      for (let trigger = 0; trigger < paper.request.triggers; trigger += 1) {
        time.at(time.nowMs() + chance.between(0, 5_000), () => handle(paper.id));
      }
    },
  };
}
