import { money, parseMoney } from '#core/money.ts';
import type { PaymentState } from '#core/payments.ts';
import { paymentStates } from '#core/payments.ts';
import { listOf } from '../../harness/child.ts';
import type { Books } from '../pay/auditor.ts';
import type { Transfer } from '../pay/bank.ts';
import type { Card } from '../pay/ledger.ts';
import type { Line, Paper } from '../pay/office.ts';
import { banks as bankTraits } from '../pay/places.ts';
import type { Account } from '../pay/places.ts';
import { contentOf } from '../pay/plan.ts';
import type { Content, PlannedRequest } from '../pay/plan.ts';
import type { Deeds } from './deeds.ts';
import type { Furniture, RealScene } from './furnish.ts';
import { changedAmount } from './plan.ts';
import type { RealBank, RealPlan, RealRequest } from './plan.ts';

/** What is asked of the simulators at the end, in the words of the auditor. */
export async function readBooks(
  scene: RealScene,
  furniture: Furniture,
  plan: RealPlan,
  deeds: Deeds,
): Promise<Books> {
  const accounts = accountsOf(furniture);
  const invoices = invoicesOf(plan, accounts);
  const dingtalk = await scene.dingtalk.manage('GET', 'state');
  const papers = [
    ...ownPapers(deeds, furniture, accounts),
    ...(await officePapers(scene, deeds, furniture, accounts)),
  ];
  const transfers = [
    ...(await snapTransfers(scene, furniture, accounts, invoices)),
    ...(await walletTransfers(scene, accounts, invoices)),
  ];
  const marks = new Map(
    transfers.flatMap(({ id, call }) => [
      [call.endToEndId, call.endToEndId],
      [id, call.endToEndId],
    ]),
  );
  return {
    plan: {
      seed: plan.seed,
      beginMs: 0,
      endMs: 0,
      accounts: [...accounts.values()],
      requests: [],
      payeeChanges: [],
      stops: [],
    },
    transfers,
    papers,
    refusedPapers: new Set(),
    waived: new Map(),
    cards: listOf(dingtalk, 'cards').flatMap((card) => cardsOf(card, papers, marks)),
  };
}

type Accounts = ReadonlyMap<string, Account>;

function accountsOf({ accounts }: Furniture): Accounts {
  const found = new Map<string, Account>();
  for (const bank of ['bca', 'airwallex'] as const) {
    const traits = bankTraits.find(({ id }) => id === bank);
    if (!traits) throw new Error(`${bank} is not known to the auditor`);
    for (const { accountId, number, currency } of accounts[bank]) {
      found.set(number, { accountId, number, currency, bank: traits, limits: [] });
    }
  }
  return found;
}

function accountOf(accounts: Accounts, furniture: Furniture, request: RealRequest): Account {
  const number = furniture.accounts[request.bank][request.account]?.number ?? '';
  const account = accounts.get(number);
  if (!account) throw new Error(`nobody has the account ${number}`);
  return account;
}

/** No two invoices of a bank have the same amount. */
function invoicesOf(plan: RealPlan, accounts: Accounts): ReadonlyMap<string, string> {
  const currencies: Record<RealBank, string> = { bca: 'IDR', airwallex: 'HKD' };
  if (accounts.size === 0) throw new Error('there are no accounts');
  return new Map(
    plan.requests.flatMap(({ bank, amount, invoice }) => [
      [keyOf(amount, currencies[bank]), invoice],
      // What somebody has changed it to.
      [keyOf(changedAmount(amount), currencies[bank]), invoice],
    ]),
  );
}

function keyOf(amount: string, currency: string): string {
  return `${parseMoney(amount, currency).amountMinorUnits} ${currency}`;
}

function plannedOf(request: RealRequest, account: Account): PlannedRequest {
  return {
    number: request.number,
    atMs: request.atMs,
    invoice: request.invoice,
    account,
    payee: request.payee,
    amountMinorUnits: parseMoney(request.amount, account.currency).amountMinorUnits,
    purpose: 'supplier',
    rail: account.bank.id === 'bca' ? 'intrabank' : 'clearing',
    via: request.via,
    maker: `maker number ${request.maker}`,
    approvalsRequired: 1,
    restsMs: 0,
    triggers: request.triggers,
    acts: [{ afterMs: 0, what: 'agree', by: `checker number ${request.checker}` }],
  };
}

function paperOf(
  id: string,
  request: RealRequest,
  furniture: Furniture,
  accounts: Accounts,
  lines: (content: Content) => Line[],
): Paper {
  const planned = plannedOf(request, accountOf(accounts, furniture, request));
  const payee = furniture.payees[request.bank][request.payee];
  if (!payee) throw new Error(`there is no payee ${request.payee}`);
  const { name, account, agent } = payee;
  const content = contentOf(planned, { name, account, agent });
  return {
    id,
    request: planned,
    content,
    lines: lines(content).toSorted((a, b) => a.atMs - b.atMs),
    state: 'running',
    approvers: [],
    nodesLeft: 0,
  };
}

function ownPapers(deeds: Deeds, furniture: Furniture, accounts: Accounts): Paper[] {
  return deeds.own.map(({ request, paymentId, askedAtMs, agreedAtMs, refusedAtMs }) =>
    paperOf(paymentId, request, furniture, accounts, (content) => {
      const by = `checker number ${request.checker}`;
      const lines: Line[] = [{ atMs: askedAtMs, what: 'begin', by: 'maker', content }];
      if (agreedAtMs !== undefined) lines.push({ atMs: agreedAtMs, what: 'agree', by, content });
      if (refusedAtMs !== undefined) lines.push({ atMs: refusedAtMs, what: 'refuse', by, content });
      return lines;
    }),
  );
}

/** The instances at DingTalk with their own records. */
async function officePapers(
  { dingtalk }: RealScene,
  deeds: Deeds,
  furniture: Furniture,
  accounts: Accounts,
): Promise<Paper[]> {
  const { instances } = Object(await dingtalk.manage('GET', 'instances?limit=100000'));
  if (!Array.isArray(instances)) throw new Error('DingTalk shows no instances');
  return instances.flatMap((instance) => {
    const id = String(Object(instance).processInstanceId);
    const request = deeds.instances.get(id);
    if (!request) return [];
    return [paperOf(id, request, furniture, accounts, (content) => linesOf(instance, content))];
  });
}

function linesOf(instance: unknown, content: Content): Line[] {
  const { createdAt, finishedAt, status } = Object(instance);
  const edits = listOf(instance, 'edits').map(momentOf);
  const [edited] = edits;
  const after = edited === undefined ? content : editedContent(instance, content);
  const contentAt = (atMs: number): Content =>
    edited !== undefined && atMs >= edited ? after : content;
  const lines: Line[] = [
    { atMs: Date.parse(String(createdAt)), what: 'begin', by: 'maker', content },
  ];
  if (edited !== undefined) {
    lines.push({ atMs: edited, what: 'changeAmount', by: 'somebody', content: after });
  }
  for (const task of listOf(instance, 'tasks')) {
    const { userId, status: state, result, finishedAt: at } = Object(task);
    if (state !== 'COMPLETED' || typeof at !== 'string') continue;
    const atMs = Date.parse(at);
    const by = String(userId).replace('checker', 'checker number ');
    const what = String(result).toUpperCase() === 'AGREE' ? 'agree' : 'refuse';
    lines.push({ atMs, what, by, content: contentAt(atMs) });
  }
  if (status === 'TERMINATED' && typeof finishedAt === 'string') {
    lines.push({ atMs: Date.parse(finishedAt), what: 'revoke', by: 'maker', content });
  }
  return lines;
}

function momentOf(line: unknown): number {
  return Date.parse(String(Object(line).at));
}

function editedContent(instance: unknown, content: Content): Content {
  const amount = listOf(instance, 'values').find((value) =>
    JSON.stringify(value).includes('cashbell_amount'),
  );
  const { currency } = content.instructedAmount;
  return { ...content, instructedAmount: parseMoney(String(Object(amount).value), currency) };
}

/** When money is back is not told; it is long before anybody sends again. */
const BACK_AFTER_MS = 3_000;

async function snapTransfers(
  { banks }: RealScene,
  { payees }: Furniture,
  accounts: Accounts,
  invoices: ReadonlyMap<string, string>,
): Promise<Transfer[]> {
  const shown = listOf(await banks.manage('GET', 'snap/transfers'), 'transfers');
  return shown.flatMap((one) => {
    const { referenceNo, at, accountNo, partnerReferenceNo, amount, status } = Object(one);
    const { beneficiaryAccountNo, beneficiaryBankCode, beneficiaryAccountName } = Object(one);
    const account = accounts.get(String(accountNo));
    if (!account) return [];
    const payee = payees.bca.find((known) => known.account === String(beneficiaryAccountNo));
    return [
      transferOf({
        id: String(referenceNo),
        account,
        atMs: Date.parse(String(at)),
        endToEndId: String(partnerReferenceNo),
        amount: String(Object(amount).value),
        creditor: {
          account: String(beneficiaryAccountNo),
          agent: typeof beneficiaryBankCode === 'string' ? beneficiaryBankCode : '',
          // Inside the bank an order names the account alone.
          name: String(beneficiaryAccountName ?? payee?.name ?? ''),
        },
        status: SNAP_STATES[String(status)] ?? 'pending',
        invoices,
      }),
    ];
  });
}

const SNAP_STATES: Readonly<Record<string, Transfer['status']>> = {
  '00': 'paid',
  '04': 'returned',
  '05': 'rejected',
  '06': 'rejected',
};

async function walletTransfers(
  { banks }: RealScene,
  accounts: Accounts,
  invoices: ReadonlyMap<string, string>,
): Promise<Transfer[]> {
  const shown = listOf(await banks.manage('GET', 'airwallex/state'), 'transfers');
  return shown.flatMap((one) => {
    const { id, at, requestId, transferAmount, status, account: wallet } = Object(one);
    const { beneficiaryAccount, beneficiaryBank, beneficiaryName, debited } = Object(one);
    const account = [...accounts.values()].find(
      ({ bank, number }) =>
        bank.id === 'airwallex' && number.startsWith(String(wallet).split(':')[0] ?? ''),
    );
    if (!account) return [];
    const isBack = status === 'FAILED' || status === 'CANCELLED';
    return [
      transferOf({
        id: String(id),
        account,
        atMs: Date.parse(String(at)),
        endToEndId: String(requestId),
        amount: String(transferAmount),
        creditor: {
          account: String(beneficiaryAccount),
          agent: String(beneficiaryBank ?? ''),
          name: String(beneficiaryName ?? ''),
        },
        status: isBack ? (debited === true ? 'returned' : 'rejected') : walletState(String(status)),
        invoices,
      }),
    ];
  });
}

function walletState(status: string): Transfer['status'] {
  return status === 'PAID' ? 'paid' : 'pending';
}

function transferOf(shown: {
  readonly id: string;
  readonly account: Account;
  readonly atMs: number;
  readonly endToEndId: string;
  readonly amount: string;
  readonly creditor: Transfer['call']['creditor'];
  readonly status: Transfer['status'];
  readonly invoices: ReadonlyMap<string, string>;
}): Transfer {
  const { account, atMs, status, endToEndId } = shown;
  const invoice = shown.invoices.get(keyOf(shown.amount, account.currency)) ?? 'of nobody';
  const isBack = status === 'returned' || status === 'rejected';
  return {
    id: shown.id,
    call: {
      account,
      rail: account.bank.id === 'bca' ? 'intrabank' : 'clearing',
      externalId: '',
      endToEndId,
      creditor: shown.creditor,
      amount: money(parseMoney(shown.amount, account.currency).amountMinorUnits, account.currency),
      remark: `${endToEndId.padEnd(18)}${invoice}`,
      signedAtMs: atMs,
    },
    takenAtMs: atMs,
    foundFromMs: atMs,
    isBeyondItsWord: false,
    isStuck: false,
    status,
    paidAtMs: status === 'paid' || status === 'returned' ? atMs : undefined,
    backAtMs: isBack ? atMs + BACK_AFTER_MS : undefined,
  };
}

/** A live card in all its versions. What it says first is written over; the last word counts. */
function cardsOf(
  card: unknown,
  papers: readonly Paper[],
  marks: ReadonlyMap<string, string>,
): Card[] {
  const text = JSON.stringify(card);
  const invoice = /INV\d{7}/.exec(text)?.[0];
  if (invoice === undefined) return [];
  const { at, params, outTrackId } = Object(card);
  const [paymentId = ''] = String(outTrackId).split('.');
  // A card names our reference, and later the bank's; what no bank has is of no transfer.
  const named = (text.match(/[\w-]{12,40}/g) ?? []).find((word) => marks.has(word));
  const endToEndId = named === undefined ? paymentId : (marks.get(named) ?? paymentId);
  const maker = /maker number \d/.exec(text)?.[0];
  const paper = papers.find(
    ({ request }) => request.invoice === invoice && request.maker === maker,
  );
  const updates = listOf(card, 'updates').map((update) => ({
    atMs: momentOf(update),
    state: Object(Object(update).params).state,
  }));
  const versions = [...updates, { atMs: Date.parse(String(at)), state: Object(params).state }];
  const last = updates.length === 0 ? versions : updates;
  return last.flatMap(({ atMs, state }) => {
    const known = toState(state);
    if (!known) return [];
    return [
      {
        paymentId,
        atMs,
        state: known,
        sourceKey: paper?.id ?? '',
        endToEndId,
        invoice,
        reason: undefined,
        isQuestion: false,
      },
    ];
  });
}

function toState(text: unknown): PaymentState | undefined {
  return paymentStates.find((state) => state === text);
}
