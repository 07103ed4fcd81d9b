import { isPaymentFact } from '#core/events.ts';
import type { CurrencyCode } from '#core/money.ts';
import type { Counterparty } from '#core/parties.ts';
import type { LocalClock } from './local-clock.ts';
import {
  type AmountBand,
  type HourMatcher,
  isWordMatcher,
  type LocalHours,
  type Matcher,
  minutesOf,
  type MoneyFact,
  wordMatchers,
  weekdays,
} from './route.ts';
import { foldText, matchesGlob, parseGlob } from './text.ts';

/** A fact as matchers look at it: texts are folded once, however many routes ask for them. */
export class FactView {
  readonly fact: MoneyFact;
  readonly nowMs: number;
  readonly clock: LocalClock;
  #texts: readonly string[] | undefined;
  #counterparty: readonly string[] | undefined;
  #joinedTexts: string | undefined;
  #joinedCounterparty: string | undefined;
  #textPoints: readonly (readonly string[])[] | undefined;
  #counterpartyPoints: readonly (readonly string[])[] | undefined;

  constructor(fact: MoneyFact, nowMs: number, clock: LocalClock) {
    this.fact = fact;
    this.nowMs = nowMs;
    this.clock = clock;
  }

  get texts(): readonly string[] {
    this.#texts ??= foldAll(textsOf(this.fact));
    return this.#texts;
  }

  get counterparty(): readonly string[] {
    const { name, account } = counterpartyOf(this.fact) ?? {};
    this.#counterparty ??= foldAll([name, account]);
    return this.#counterparty;
  }

  get joinedTexts(): string {
    this.#joinedTexts ??= this.texts.join('\n');
    return this.#joinedTexts;
  }

  get joinedCounterparty(): string {
    this.#joinedCounterparty ??= this.counterparty.join('\n');
    return this.#joinedCounterparty;
  }

  get textPoints(): readonly (readonly string[])[] {
    this.#textPoints ??= this.texts.map((text) => [...text]);
    return this.#textPoints;
  }

  get counterpartyPoints(): readonly (readonly string[])[] {
    this.#counterpartyPoints ??= this.counterparty.map((text) => [...text]);
    return this.#counterpartyPoints;
  }
}

function textsOf(fact: MoneyFact): readonly (string | undefined)[] {
  const { remittanceInformation, endToEndId } = fact;
  return isPaymentFact(fact)
    ? [remittanceInformation, fact.bankReference, endToEndId]
    : [remittanceInformation, fact.accountServicerReference, endToEndId, fact.creditorReference];
}

/** Who stands on the other side; of a payment its creditor. */
export function counterpartyOf(fact: MoneyFact): Counterparty | undefined {
  return isPaymentFact(fact) ? fact.creditor : fact.counterparty;
}

function foldAll(texts: readonly (string | undefined)[]): readonly string[] {
  return texts.flatMap((text) => (text === undefined || text === '' ? [] : [foldText(text)]));
}

export type Test = (view: FactView) => boolean;

/** Turns a matcher into a function, with everything that does not depend on the fact done before. */
export function compileMatcher(matcher: Matcher): Test {
  const test = compilePlain(matcher);
  return matcher.isNegated ? (view) => !test(view) : test;
}

function compilePlain(matcher: Matcher): Test {
  if (isWordMatcher(matcher)) {
    const { read } = wordMatchers[matcher.kind];
    return isOneOf(matcher.values, (view) => read(view.fact));
  }
  switch (matcher.kind) {
    case 'account':
      return isOneOf(matcher.values, (view) => view.fact.accountId);
    case 'bank':
      return isOneOf(matcher.values, (view) => view.fact.bankId);
    case 'currency':
      return isOneOf(matcher.values, (view) => view.fact.amount.currency);
    case 'amount':
      return compileAmount(matcher.bands);
    case 'counterparty':
      return compileTexts(matcher, {
        texts: (view) => view.counterparty,
        joined: (view) => view.joinedCounterparty,
        points: (view) => view.counterpartyPoints,
      });
    case 'text':
      return compileTexts(matcher, {
        texts: (view) => view.texts,
        joined: (view) => view.joinedTexts,
        points: (view) => view.textPoints,
      });
    case 'hour':
      return compileHour(matcher);
  }
}

function isOneOf(values: readonly string[], read: (view: FactView) => string | undefined): Test {
  const [first] = values;
  if (values.length === 1) return (view) => read(view) === first;
  const known = new Set<string>(values);
  return (view) => {
    const value = read(view);
    return value !== undefined && known.has(value);
  };
}

function compileAmount(bands: readonly AmountBand[]): Test {
  const byCurrency = new Map<CurrencyCode, readonly AmountBand[]>();
  for (const band of bands) {
    byCurrency.set(band.currency, [...(byCurrency.get(band.currency) ?? []), band]);
  }
  return ({ fact: { amount } }) =>
    byCurrency.get(amount.currency)?.some((band) => isInBand(band, amount.amountMinorUnits)) ??
    false;
}

function isInBand({ min, max }: AmountBand, units: bigint): boolean {
  const isAboveMin = min === undefined || units >= min.amountMinorUnits;
  return isAboveMin && (max === undefined || units <= max.amountMinorUnits);
}

interface TextReader {
  readonly texts: (view: FactView) => readonly string[];
  /** All texts in one, parted by line breaks, which no folded text has. */
  readonly joined: (view: FactView) => string;
  readonly points: (view: FactView) => readonly (readonly string[])[];
}

function compileTexts(
  { how, values }: { how: 'contains' | 'equals' | 'glob'; values: readonly string[] },
  reader: TextReader,
): Test {
  if (how === 'glob') {
    const globs = values.map(parseGlob);
    return (view) => reader.points(view).some((text) => globs.some((g) => matchesGlob(g, text)));
  }
  const wanted = values.map(foldText);
  if (how === 'equals') {
    const known = new Set(wanted);
    return (view) => reader.texts(view).some((text) => known.has(text));
  }
  return (view) => {
    const text = reader.joined(view);
    for (const part of wanted) if (text.includes(part)) return true;
    return false;
  };
}

function compileHour(matcher: HourMatcher): Test {
  const isWithin = compileHours(matcher);
  return (view) => isWithin(view.clock, view.nowMs);
}

/** Whether a moment lies in the hours; never in a zone that is unknown. */
export function compileHours(hours: LocalHours): (clock: LocalClock, epochMs: number) => boolean {
  const from = minutesOf(hours.from) ?? 0;
  const to = minutesOf(hours.to) ?? 0;
  const days = new Set((hours.weekdays ?? weekdays).map((day) => weekdays.indexOf(day) + 1));
  const isOvernight = to <= from;
  return (clock, epochMs) => {
    const local = clock.at(hours.zone, epochMs);
    if (local === undefined) return false;
    const { minute, weekday } = local;
    if (!isOvernight) return days.has(weekday) && from <= minute && minute < to;
    // After midnight the hours belong to the day before, on which they began.
    const dayBefore = weekday === 1 ? 7 : weekday - 1;
    return (days.has(weekday) && minute >= from) || (days.has(dayBefore) && minute < to);
  };
}
