import type { Pool } from 'pg';
import { dayIn, type PlainDate } from '#core/dates.ts';
import { isCashbellError } from '#core/errors.ts';
import { addMoney, type Money, money, parseMoney } from '#core/money.ts';
import { formatDateTime, formatDay, formatMoney } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { foldLine } from '#reconciliation/fold-text.ts';
import {
  type AccountStanding,
  entriesOfAmounts,
  entriesOfText,
  type FoundEntry,
  type FoundItem,
  itemsOfNumber,
  lastEntries,
  openClaims,
  openItemsOf,
  paymentsOf,
  receiptsOf,
} from '#store/questions.ts';
import {
  type Asker,
  entryValues,
  HIDDEN_AMOUNT,
  showAccount,
  showMoney,
  showText,
} from './asker.ts';
import { findAccounts } from './find-accounts.ts';
import { readAmounts } from './read-amounts.ts';
import type { Question, Unclear } from './read-question.ts';
import { type QuestionKind, questionKinds } from './question-words.ts';

const MOVEMENTS = 5;
const LINES_MAX = 10;
const LOOK_BACK_DAYS = 120;
const ITEMS_MAX = 200;
/** Said before an invoice's number. */
const INVOICE_WORD =
  /^(?:invoice|inv\.?|bill|faktur|tagihan|invois|bil|发票|發票|单|單|ใบแจ้งหนี้|hoa don|فاتوره|الفاتوره)\s*(?:no\.?|nomor|#)?\s*(?=\S*\d)/u;

/** Answers a question in lines; whatever it names is what the asker may read, and masked otherwise. */
export async function answerQuestion(
  pool: Pool,
  asker: Asker,
  question: Question | Unclear,
): Promise<string> {
  if (question.kind === 'help') return help(asker);
  if (question.kind === 'unclear') return unclear(asker, question);
  if (!asker.rights.isAny && question.kind !== 'payment') {
    return translate(asker.language, 'question.noRight');
  }
  switch (question.kind) {
    case 'balance':
      return tellBalance(asker, question);
    case 'movements':
      return tellMovements(pool, asker, question);
    case 'hasPaid':
      return tellPaid(pool, asker, question);
    case 'find':
      return tellFound(pool, asker, question);
    case 'payment':
      return tellPayments(pool, asker, question);
    case 'claims':
      return tellClaims(pool, asker);
  }
}

/** Everything that can be asked, each with an example that is understood as it stands. */
function help({ language }: Asker): string {
  const examples = questionKinds.map((kind) => `• ${exampleOf(language, kind)}`);
  return [translate(language, 'question.help'), ...examples].join('\n');
}

function unclear(asker: Asker, { maybe }: Unclear): string {
  const { language } = asker;
  const sorry = translate(language, 'question.unclear');
  if (maybe.length === 0) return `${sorry}\n${help(asker)}`;
  const examples = maybe.map((kind) => exampleOf(language, kind)).join(' / ');
  return `${sorry}\n${translate(language, 'question.maybe', { examples })}`;
}

function exampleOf(language: Asker['language'], kind: QuestionKind): string {
  return translate(language, `question.example.${kind}`);
}

function noAccount({ language, accounts, ...asker }: Asker, about: string): string {
  const names = accounts
    .slice(0, LINES_MAX)
    .map((account) => showAccount({ ...asker, language, accounts }, account));
  const more = accounts.length - names.length;
  if (more > 0) names.push(translate(language, 'question.more', { count: more }));
  return translate(language, 'question.noAccount', { about, accounts: names.join(', ') });
}

function tellBalance(asker: Asker, { about }: Question): string {
  const { language, rights } = asker;
  const accounts = findAccounts(asker.accounts, about);
  if (accounts.length === 0) return noAccount(asker, about);
  const lines = accounts.slice(0, LINES_MAX).map((account) => balanceLine(asker, account));
  const more = accounts.length - lines.length;
  if (more > 0) lines.push(translate(language, 'question.more', { count: more }));
  const totals = totalsOf(accounts).map(({ currency, sum, isWhole }) => {
    // A sum tells what a masked part is, and one with a part missing tells what is not so.
    if (!isWhole || !accounts.every((one) => maySeeBalance(asker, one))) return '';
    if (!rights.maySee(undefined, sum) && !rights.maySee(accounts[0]?.accountId, sum)) return '';
    const amount = formatMoney(language, sum);
    return translate(language, 'question.balance.total', { currency, amount });
  });
  return [translate(language, 'question.balance.heading'), ...lines, ...totals]
    .filter((line) => line !== '')
    .join('\n');
}

function maySeeBalance({ rights }: Asker, { accountId, balance }: AccountStanding): boolean {
  return balance === undefined || rights.maySee(accountId, balance.amount);
}

function balanceLine(asker: Asker, account: AccountStanding): string {
  const { language } = asker;
  const { balance, zone, accountId } = account;
  const name = showAccount(asker, account);
  if (!balance) return translate(language, 'question.balance.none', { account: name });
  return translate(language, 'question.balance.line', {
    account: name,
    amount: showMoney(asker, accountId, balance.amount),
    time: formatDateTime(language, balance.asOf, zone),
  });
}

/** Sums of currencies that several accounts have. */
function totalsOf(
  accounts: readonly AccountStanding[],
): { readonly currency: string; readonly sum: Money; readonly isWhole: boolean }[] {
  const currencies = [...new Set(accounts.map(({ currency }) => currency))];
  return currencies.flatMap((currency) => {
    const own = accounts.filter((account) => account.currency === currency);
    if (own.length < 2) return [];
    const sum = own.reduce(
      (total, { balance }) => (balance ? addMoney(total, balance.amount) : total),
      money(0n, currency),
    );
    return [{ currency, sum, isWhole: own.every(({ balance }) => balance !== undefined) }];
  });
}

async function tellMovements(pool: Pool, asker: Asker, question: Question): Promise<string> {
  const { language } = asker;
  const { about, count = MOVEMENTS } = question;
  const accounts = findAccounts(asker.accounts, about);
  if (accounts.length === 0) return noAccount(asker, about);
  const entries = await lastEntries(pool, { ...placeOf(asker, accounts), limit: count });
  if (entries.length === 0) return translate(language, 'question.movements.none');
  const heading = translate(language, 'question.movements.heading', { count: entries.length });
  return [heading, ...entries.map((entry) => movementLine(asker, entry))].join('\n');
}

function placeOf(
  asker: Asker,
  accounts: readonly AccountStanding[],
): { orgId: string; accountIds: string[]; since: PlainDate; limit: number } {
  return {
    orgId: asker.orgId,
    accountIds: accounts.map(({ accountId }) => accountId),
    since: dayIn(asker.at, 'UTC').subtract({ days: LOOK_BACK_DAYS }),
    limit: LINES_MAX,
  };
}

function movementLine(asker: Asker, entry: FoundEntry): string {
  return translate(asker.language, 'question.movements.line', entryValues(asker, entry));
}

/** Looks for an invoice of that number first, else for receipts by the payer's name. */
async function tellPaid(pool: Pool, asker: Asker, { about }: Question): Promise<string> {
  const { language } = asker;
  const items = await namedItems(pool, asker, about);
  if (items.length > 0) return items.map((item) => itemLine(asker, item)).join('\n');
  const foldedName = foldLine(about);
  const place = placeOf(asker, asker.accounts);
  const since = formatDay(language, place.since);
  const shown = showText(asker, about);
  const entries = await receiptsOf(pool, place, foldedName);
  const heading = translate(
    language,
    entries.length === 0 ? 'question.paid.none' : 'question.paid.heading',
    { about: shown, since },
  );
  return [
    heading,
    ...entries.map((entry) => movementLine(asker, entry)),
    ...(entries.length === 0 ? completeLine(asker) : []),
    ...(await owedLines(pool, asker, foldedName, shown)),
  ].join('\n');
}

/** Items of that number; "invoice 4711" may mean the number 4711 as well. */
async function namedItems(pool: Pool, asker: Asker, about: string): Promise<FoundItem[]> {
  const { orgId } = asker;
  for (const number of new Set([about, about.replace(INVOICE_WORD, '')])) {
    const items = await itemsOfNumber(pool, { orgId, number, limit: LINES_MAX });
    const own = items.filter((item) => mayReadItem(asker, item));
    if (own.length > 0) return own;
  }
  return [];
}

/** An item that may come to any account is for everybody who may read one; its amount is not. */
function mayReadItem({ rights }: Asker, { accountId }: FoundItem): boolean {
  return accountId === undefined ? rights.isAny : rights.mayRead(accountId);
}

function itemLine(asker: Asker, item: FoundItem): string {
  const { language } = asker;
  const { accountId, amount, open, state, closedAt, number, counterpartyName } = item;
  const label = showText(
    asker,
    counterpartyName === undefined ? number : `${number} (${counterpartyName})`,
  );
  if (state === 'cancelled') return translate(language, 'question.item.cancelled', { label });
  if (state === 'closed' && closedAt) {
    const zone = asker.accounts.find((one) => one.accountId === accountId)?.zone ?? 'UTC';
    const day = formatDay(language, dayIn(closedAt, zone));
    return translate(language, 'question.item.paid', { label, day });
  }
  if (!asker.rights.maySee(accountId, amount)) {
    return translate(language, 'question.item.openHidden', { label });
  }
  return translate(language, 'question.item.open', {
    label,
    open: formatMoney(language, open),
    amount: formatMoney(language, amount),
  });
}

/** "Nothing came" is only worth something with how far we know. */
function completeLine({ language, accounts }: Asker): string[] {
  const known = accounts.map(({ completeAsOf }) => completeAsOf);
  if (known.some((moment) => moment === undefined)) return [];
  const [first] = known
    .flatMap((moment) => moment ?? [])
    .toSorted((left, right) => left.epochMilliseconds - right.epochMilliseconds);
  const zone = accounts[0]?.zone;
  if (!first || zone === undefined) return [];
  return [
    translate(language, 'question.paid.complete', { time: formatDateTime(language, first, zone) }),
  ];
}

async function owedLines(
  pool: Pool,
  asker: Asker,
  foldedName: string,
  about: string,
): Promise<string[]> {
  const { orgId, language } = asker;
  const items = (await openItemsOf(pool, { orgId, foldedName, limit: ITEMS_MAX })).filter((item) =>
    mayReadItem(asker, item),
  );
  const currencies = [...new Set(items.map(({ open }) => open.currency))];
  return currencies.map((currency) => {
    const own = items.filter(({ open }) => open.currency === currency);
    const sum = own.reduce((total, { open }) => addMoney(total, open), money(0n, currency));
    const isSeen = own.every(({ accountId, open }) => asker.rights.maySee(accountId, open));
    const accountId = own[0]?.accountId;
    return translate(language, 'question.paid.open', {
      about,
      count: own.length,
      amount: isSeen ? showMoney(asker, accountId, sum) : HIDDEN_AMOUNT,
    });
  });
}

async function tellFound(pool: Pool, asker: Asker, { about }: Question): Promise<string> {
  const { language } = asker;
  const readings = readAmounts(about);
  const place = placeOf(asker, asker.accounts);
  const currencies = [...new Set(asker.accounts.map(({ currency }) => currency))];
  const amounts = readings.flatMap(({ decimal, currency }) =>
    currencies
      .filter((one) => currency === undefined || one === currency)
      .flatMap((one) => tryMoney(decimal, one))
      // Who searches for amounts above what they may see would learn by the answer whether it is there.
      .filter((amount) => asker.accounts.some((one) => asker.rights.maySee(one.accountId, amount))),
  );
  const entries =
    readings.length > 0
      ? await entriesOfAmounts(pool, place, amounts)
      : await entriesOfText(pool, place, about);
  const seen = entries.filter(({ accountId, amount }) =>
    readings.length === 0 ? true : asker.rights.maySee(accountId, amount),
  );
  const looked =
    amounts.length > 0
      ? amounts.map((amount) => formatMoney(language, amount)).join(' / ')
      : showText(asker, about);
  const since = formatDay(language, place.since);
  return [
    translate(language, 'question.find.heading', { amounts: looked, since }),
    ...(seen.length === 0
      ? [translate(language, 'question.find.none')]
      : seen.map((entry) => movementLine(asker, entry))),
  ].join('\n');
}

/** A reading with more decimals than the currency has is none in that currency. */
function tryMoney(decimal: string, currency: string): Money[] {
  try {
    const amount = parseMoney(decimal, currency);
    return amount.amountMinorUnits > 0n ? [amount] : [];
  } catch (error) {
    if (isCashbellError(error)) return [];
    throw error;
  }
}

/** Payments of accounts that may be read, and those that the asker made. */
async function tellPayments(pool: Pool, asker: Asker, { about }: Question): Promise<string> {
  const { orgId, language, rights, makerWords, accounts } = asker;
  const payments = (await paymentsOf(pool, { orgId, words: about, limit: ITEMS_MAX }))
    .filter(({ accountId, maker }) => makerWords.includes(maker) || rights.mayRead(accountId))
    .slice(0, LINES_MAX);
  if (payments.length === 0) {
    return translate(language, 'question.payment.none', { about: showText(asker, about) });
  }
  return payments
    .map(({ accountId, amount, creditorName, state, stateSince, maker }) => {
      const zone = accounts.find((one) => one.accountId === accountId)?.zone ?? 'UTC';
      return translate(language, 'question.payment.line', {
        amount: makerWords.includes(maker)
          ? formatMoney(language, amount)
          : showMoney(asker, accountId, amount),
        creditor: showText(asker, creditorName),
        state: translate(language, `payment.state.${state}`),
        time: formatDateTime(language, stateSince, zone),
      });
    })
    .join('\n');
}

async function tellClaims(pool: Pool, asker: Asker): Promise<string> {
  const { orgId, language } = asker;
  const accountIds = asker.accounts.map(({ accountId }) => accountId);
  const { count, claims } = await openClaims(pool, { orgId, accountIds, limit: LINES_MAX });
  if (count === 0) return translate(language, 'question.claims.none');
  const lines = claims.map(({ entry, state }) => {
    const { day, amount, party } = entryValues(asker, entry);
    const words = translate(language, `claim.state.${state}`);
    return translate(language, 'question.claims.line', { day, amount, party, state: words });
  });
  const more = count - claims.length;
  if (more > 0) lines.push(translate(language, 'question.more', { count: more }));
  return [translate(language, 'question.claims.heading', { count }), ...lines].join('\n');
}
