import type { Instant } from '#core/dates.ts';
import type { EntryFact } from '#core/events.ts';
import type { DetailLevel, Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import type { Money } from '#core/money.ts';
import type { Counterparty } from '#core/parties.ts';
import {
  cutText,
  directLine,
  formatMoney,
  isolateNumber,
  isolateText,
  isRightToLeft,
  maskAccount,
  maskName,
  stripControls,
} from '#i18n/format.ts';
import { type MessageKey, translate } from '#i18n/messages.ts';

/** How a notice is to be written. */
export interface RenderOptions {
  readonly language: Language;
  readonly detail: DetailLevel;
  readonly linkUrl?: string;
  readonly mentions: readonly string[];
  /** When it leaves the house; absent for previews. */
  readonly toldAt?: Instant;
  /** Zone for the times of an alert, which has no bank's clock of its own. */
  readonly zone?: string;
}

/** Phones cut the push after some 64 letters. */
export const TITLE_LENGTH_MAX = 64;

/** Enough for any reference that people look for; narratives of some banks are ten times longer. */
const TEXT_LENGTH_MAX = 120;
const NAME_LENGTH_MAX = 80;

const SEPARATOR = ' · ';

/** Joins parts that are ready to show and leaves out what is empty. */
export function joinParts(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(SEPARATOR);
}

/** The bank's or the payer's own words: never translated, cleaned of what could reorder them. */
export function quote(language: Language, text: string, lengthMax = TEXT_LENGTH_MAX): string {
  const clean = stripControls(text);
  return clean === '' ? '' : isolateText(language, cutText(clean, lengthMax));
}

/**
 * A narrative as far as this level of detail may say it. Below `full` the other side's name and
 * long numbers, which may be accounts, are masked in it; references that carry letters stay.
 */
export function describeText(
  fact: { readonly counterparty?: Counterparty },
  text: string,
  options: RenderOptions,
): string {
  const { language, detail } = options;
  if (detail === 'full') return quote(language, text);
  const { name = '', account = '' } = fact.counterparty ?? {};
  const hidden = [
    [stripControls(name), maskName],
    [stripControls(account), maskAccount],
  ] as const;
  let shown = stripControls(text);
  for (const [secret, mask] of hidden) {
    if (secret.length >= 3) shown = replaceEvery(shown, secret, mask(secret));
  }
  return quote(
    language,
    shown.replaceAll(LONG_NUMBER, (digits) => maskAccount(digits)),
  );
}

/** Eight digits or more with no letter before them: `MV000000000123` is a reference and stays. */
const LONG_NUMBER = /(?<![\p{L}\d])\d{8,}/gu;

function replaceEvery(text: string, part: string, by: string): string {
  const pattern = part
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/\s+/g, String.raw`\s+`);
  return text.replaceAll(new RegExp(pattern, 'giu'), () => by);
}

/** Who stands on the other side, as far as this level of detail may say. */
export function describeParty(
  fact: { readonly counterparty?: Counterparty },
  { language, detail }: RenderOptions,
) {
  const { name = '', account = '', agent = '' } = fact.counterparty ?? {};
  return {
    name: describeName(name, { language, detail }),
    account: describeNumber(account, { detail }),
    agent: quote(language, agent, NAME_LENGTH_MAX),
  };
}

/** A name of the other side. */
export function describeName(
  name: string,
  { language, detail }: Pick<RenderOptions, 'language' | 'detail'>,
): string {
  const clean = stripControls(name);
  return quote(language, detail === 'full' ? clean : maskName(clean), NAME_LENGTH_MAX);
}

/** An account number. */
export function describeNumber(account: string, { detail }: Pick<RenderOptions, 'detail'>): string {
  const clean = stripControls(account);
  if (clean === '') return '';
  return isolateNumber(detail === 'full' ? clean : maskAccount(clean));
}

/** Which of our accounts: bank, our name for it, number. */
export function describeAccount(
  fact: Pick<EntryFact, 'bank' | 'accountName' | 'accountNumber'>,
  options: RenderOptions,
): string {
  const { language } = options;
  return joinParts([
    quote(language, fact.bank),
    quote(language, fact.accountName),
    describeNumber(fact.accountNumber, options),
  ]);
}

/** Every reference by which the bank or the payer knows the movement, each once. */
export function describeReferences(fact: EntryFact): string {
  return referencesOf(fact).join(SEPARATOR);
}

/** The reference to search for: the bank's own, or else what the payer gave. */
export function mainReference(fact: EntryFact): string {
  return referencesOf(fact)[0] ?? '';
}

function referencesOf({ accountServicerReference, creditorReference, endToEndId }: EntryFact) {
  const found = [accountServicerReference, creditorReference, endToEndId]
    .map((reference) => cutText(stripControls(reference ?? ''), TEXT_LENGTH_MAX))
    .filter((reference) => reference !== '');
  return [...new Set(found)].map(isolateNumber);
}

/** Amount of a movement or payment, or nothing where amounts are not for everybody. */
export function amountOf(
  fact: { readonly amount: Money },
  { language, detail }: RenderOptions,
): string {
  return detail === 'amountFree' ? '' : formatMoney(language, fact.amount);
}

/** What tells in from out without colour; an arrow in front says that it no longer holds. */
export function markOf({ creditDebitIndicator, state }: EntryFact): string {
  const mark = creditDebitIndicator === 'credit' ? '＋' : '−';
  return state === 'reversed' || state === 'withdrawn' ? `↩ ${mark}` : mark;
}

export type Line = RenderedMessage['lines'][number];

/** A labelled line; none when there is nothing to say. */
export function line(
  language: Language,
  label: Extract<MessageKey, `label.${string}` | `detail.${string}` | `digest.${string}`>,
  value: string,
): readonly Line[] {
  if (value === '') return [];
  return [{ label: translate(language, label), value: directLine(language, value) }];
}

/** What every message has, whatever it tells. */
export function frame(
  options: RenderOptions,
  parts: {
    readonly title: string;
    readonly heading: string;
    readonly lines: readonly Line[];
    readonly footer: string;
  },
): RenderedMessage {
  const { language, linkUrl, mentions } = options;
  return {
    language,
    isRightToLeft: isRightToLeft(language),
    title: directLine(language, cutText(parts.title, titleRoom(language))),
    heading: directLine(language, parts.heading),
    lines: parts.lines,
    footer: directLine(language, parts.footer),
    ...(linkUrl === undefined
      ? {}
      : { link: { text: translate(language, 'link.open'), url: linkUrl } }),
    mentions,
    cutMark: translate(language, 'cut'),
  };
}

/** The marks around a right-to-left line count as letters too. */
export function titleRoom(language: Language): number {
  return TITLE_LENGTH_MAX - (isRightToLeft(language) ? 3 : 0);
}

/** Adds to a title what fits as a whole; half a name says less than none. */
export function extendTitle(language: Language, title: string, extra: string): string {
  const longer = joinParts([title, extra]);
  return [...longer].length <= titleRoom(language) ? longer : title;
}
