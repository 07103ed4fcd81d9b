import type { DetailLevel, Lane, Language } from '#core/languages.ts';
import { type EntryFact, isPaymentFact, matchStates, type PaymentFact } from '#core/events.ts';
import type { AccountId, DestinationId, RouteId } from '#core/ids.ts';
import type { CurrencyCode, Money } from '#core/money.ts';
import { paymentStates } from '#core/payments.ts';

/** Days of the week, Monday first, as a route writes them. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Local hours of some days. `to` before `from` runs past midnight into the next day. */
export interface LocalHours {
  /** Days on which the hours begin; absent means every day. */
  readonly weekdays?: readonly Weekday[];
  /** `HH:mm`, included. */
  readonly from: string;
  /** `HH:mm`, not included; `24:00` is the end of the day. */
  readonly to: string;
  /** IANA name such as `Asia/Jakarta`. */
  readonly zone: string;
}

/** First and last day, both included, as `yyyy-MM-dd` in the zone of the hours. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/** Hours in which nothing is told; what comes then waits and is told together afterwards. */
export interface MuteTime extends LocalHours {
  /** Only on these days, such as holidays; absent means always. */
  readonly dates?: readonly DateRange[];
}

/** What makes notices of one route one message. */
export const groupingKeys = ['account', 'bank', 'currency', 'direction', 'counterparty'] as const;
export type GroupingKey = (typeof groupingKeys)[number];

export interface Grouping {
  readonly by: readonly GroupingKey[];
  /** How long the first notice of a group waits for others. */
  readonly waitMs: number;
  /** The group is told at once when it has so many. */
  readonly maximum: number;
}

/** Each setting that is absent comes from the parent. */
export interface RouteSettings {
  readonly language?: Language;
  readonly detail?: DetailLevel;
  readonly lane?: Lane;
  /** Mobile numbers or DingTalk user ids to mention. */
  readonly mentions?: readonly string[];
  /** `none` ends a grouping that would be inherited. */
  readonly grouping?: Grouping | 'none';
  readonly muteTimes?: readonly MuteTime[];
  /** Whether alerts about the accounts of this route also go here. */
  readonly alerts?: boolean;
  /** Tells nobody about movements and payments, on purpose. Alerts then go to the parent. */
  readonly isSilent?: boolean;
  /** Whether whoever asked for a payment is told of it personally as well. */
  readonly tellMaker?: boolean;
}

/** What routes are about; alerts go their own way. */
export type MoneyFact = EntryFact | PaymentFact;

/** What a fact is about. */
export const topics = ['movement', 'payment'] as const;
export type Topic = (typeof topics)[number];

/** What a fact is about. */
export function topicOf(fact: MoneyFact): Topic {
  return isPaymentFact(fact) ? 'payment' : 'movement';
}

/** A matcher whose values are words that we define ourselves. */
export interface WordMatcherRow {
  readonly words: readonly string[];
  /** Undefined where the fact has no such field; then no value matches. */
  readonly read: (fact: MoneyFact) => string | undefined;
  /** Only facts about this have the field. */
  readonly topic?: Topic;
}

/**
 * Matchers over a field that has a fixed list of words. A new one is one more row: type, schema,
 * matching and warnings all read this table.
 */
export const wordMatchers = {
  about: { words: topics, read: topicOf },
  // A payment goes where the debits of its account go.
  direction: {
    words: ['credit', 'debit'],
    read: (fact) => (isPaymentFact(fact) ? 'debit' : fact.creditDebitIndicator),
  },
  state: {
    words: ['pending', 'booked', 'corrected', 'reversed', 'withdrawn'],
    read: (fact) => (isPaymentFact(fact) ? undefined : fact.state),
    topic: 'movement',
  },
  paymentState: {
    words: paymentStates,
    read: (fact) => (isPaymentFact(fact) ? fact.state : undefined),
    topic: 'payment',
  },
  // Where nothing is expected, no movement has a match state and no value matches.
  matchState: {
    words: matchStates,
    read: (fact) => (isPaymentFact(fact) ? undefined : fact.match?.state),
    topic: 'movement',
  },
  environment: { words: ['sandbox', 'production'], read: (fact) => fact.environment },
  source: {
    words: ['push', 'statement', 'file'],
    read: (fact) => (isPaymentFact(fact) ? undefined : fact.source),
    topic: 'movement',
  },
} as const satisfies Record<string, WordMatcherRow>;

export type WordMatcherKind = keyof typeof wordMatchers;

interface Negatable {
  /** Matches what the matcher would not. */
  readonly isNegated: boolean;
}

export interface WordMatcher extends Negatable {
  readonly kind: WordMatcherKind;
  readonly values: readonly string[];
}

export interface AccountMatcher extends Negatable {
  readonly kind: 'account';
  readonly values: readonly AccountId[];
}

/** Connector ids such as `bca`. */
export interface BankMatcher extends Negatable {
  readonly kind: 'bank';
  readonly values: readonly string[];
}

export interface CurrencyMatcher extends Negatable {
  readonly kind: 'currency';
  readonly values: readonly CurrencyCode[];
}

/** Both ends included; an absent end is open. */
export interface AmountBand {
  readonly currency: CurrencyCode;
  readonly min?: Money;
  readonly max?: Money;
}

/** Matches when the currency has a band here and the amount lies in it. */
export interface AmountMatcher extends Negatable {
  readonly kind: 'amount';
  readonly bands: readonly AmountBand[];
}

/** Compares the other side's name and account number; case and width do not matter. */
export interface CounterpartyMatcher extends Negatable {
  readonly kind: 'counterparty';
  readonly how: 'contains' | 'equals' | 'glob';
  readonly values: readonly string[];
}

/** Looks into the remittance information and each reference; a glob covers a whole field. */
export interface TextMatcher extends Negatable {
  readonly kind: 'text';
  readonly how: 'contains' | 'glob';
  readonly values: readonly string[];
}

/** Compares the hour at which the fact is routed, not at which it was booked. */
export interface HourMatcher extends Negatable, LocalHours {
  readonly kind: 'hour';
}

export type Matcher =
  | WordMatcher
  | AccountMatcher
  | BankMatcher
  | CurrencyMatcher
  | AmountMatcher
  | CounterpartyMatcher
  | TextMatcher
  | HourMatcher;

/**
 * One node of the routing tree. A fact walks down from the root; the first child that matches takes
 * it, unless that child says `continueMatching`; a node none of whose children match takes it itself.
 */
export interface RouteNode {
  readonly routeId: RouteId;
  readonly name: string;
  /** All must match; none at all matches everything. */
  readonly matchers: readonly Matcher[];
  /** Empty means those of the parent. */
  readonly destinationIds: readonly DestinationId[];
  readonly continueMatching: boolean;
  readonly settings: RouteSettings;
  readonly children: readonly RouteNode[];
}

/** Settings after inheritance. */
export interface EffectiveSettings {
  readonly language: Language;
  readonly detail: DetailLevel;
  readonly lane: Lane;
  readonly mentions: readonly string[];
  readonly grouping: Grouping | 'none';
  readonly muteTimes: readonly MuteTime[];
  readonly alerts: boolean;
  readonly isSilent: boolean;
  readonly tellMaker: boolean;
}

/** What holds where not even the root says anything. */
export const defaultSettings: EffectiveSettings = {
  language: 'en',
  detail: 'full',
  lane: 'normal',
  mentions: [],
  grouping: 'none',
  muteTimes: [],
  alerts: true,
  isSilent: false,
  tellMaker: true,
};

/** The settings of a node on top of its parent's. */
export function inheritSettings(
  parent: EffectiveSettings,
  settings: RouteSettings,
): EffectiveSettings {
  return { ...parent, ...settings };
}

/** Whether a matcher is one of {@link wordMatchers}. */
export function isWordMatcher(matcher: Matcher): matcher is WordMatcher {
  return Object.hasOwn(wordMatchers, matcher.kind);
}

const CLOCK_TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** Minutes since midnight of `HH:mm`, up to `24:00`; undefined when it is no time of day. */
export function minutesOf(text: string): number | undefined {
  const parts = CLOCK_TIME.exec(text);
  if (!parts) return undefined;
  const [, hours, minutes] = parts;
  return hours === undefined ? 24 * 60 : Number(hours) * 60 + Number(minutes);
}
