import { type Instant, parseInstant, parsePlainDate } from '#core/dates.ts';
import type { ErrorDetails } from '#core/errors.ts';
import { parseMoney } from '#core/money.ts';
import { type PaymentState, paymentStates } from '#core/payments.ts';
import {
  formatCount,
  formatDateTime,
  formatDay,
  formatMoney,
  isolateNumber,
  maskName,
  stripControls,
} from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { quote, type RenderOptions } from './render-parts.ts';

/** What somebody else said may be long; its first part explains enough. */
const WORDS_LENGTH_MAX = 200;

/** Stands where an amount is not for everybody. */
const HIDDEN_AMOUNT = '•••';

/** Amounts travel in details as `IDR 15000000.00`. */
const MONEY = /^([A-Z]{3}) (-?\d+(?:\.\d+)?)$/;

/** Amounts without their currency, which stands in the detail `currency`. */
const bareAmounts: ReadonlySet<string> = new Set(['expected', 'stated']);

/** Balances, which only those see who may see everything. */
const balances: ReadonlySet<string> = new Set(['expected', 'stated', 'available', 'needed']);

/** How a payment stood and stands. */
const states: ReadonlySet<string> = new Set(['before', 'now', 'state']);

/** Names of the other side, masked below `full` as they are everywhere. */
const partyNames: ReadonlySet<string> = new Set(['creditor', 'nameAtBank']);

export interface Detail {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly zone: string;
  /** ISO code for amounts that stand without one. */
  readonly currency?: ErrorDetails[string] | undefined;
}

/** Every value of an error or alert as people read it, for its sentence. */
export function formatDetails(
  details: ErrorDetails,
  zone: string,
  options: RenderOptions,
): Readonly<Record<string, string | number>> {
  const { currency } = details;
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      formatDetail({ name, value, zone, currency }, options),
    ]),
  );
}

function isPaymentState(text: string): text is PaymentState {
  return paymentStates.some((state) => state === text);
}

/** One value: amounts, days and moments by their form, everything else as it is. */
export function formatDetail(
  { name, value, zone, currency }: Detail,
  options: RenderOptions,
): string | number {
  const { language, detail } = options;
  // Counts choose a plural form, which only a number can.
  if (name === 'count' && typeof value === 'number') return value;
  if (typeof value === 'number') return isolateNumber(formatCount(language, value));
  const text = String(value);
  // The name of a field chooses its words in the sentence, and only the bare word is recognised.
  if (name === 'field' && /^\w+$/.test(text)) return text;
  if (balances.has(name) && detail !== 'full') return HIDDEN_AMOUNT;
  if (bareAmounts.has(name)) return formatAmount(`${String(currency)} ${text}`, text, options);
  if (MONEY.test(text)) return formatAmount(text, text, options);
  if (partyNames.has(name)) return formatName(text, options);
  if (states.has(name) && isPaymentState(text)) return translate(language, `payment.state.${text}`);
  return formatMoment(text, zone, options);
}

function formatAmount(amountText: string, fallback: string, options: RenderOptions): string {
  const { language, detail } = options;
  if (detail === 'amountFree') return HIDDEN_AMOUNT;
  const [, currency = '', decimal = ''] = MONEY.exec(amountText) ?? [];
  const amount = attempt(() => parseMoney(decimal, currency));
  return amount ? formatMoney(language, amount) : quote(language, fallback);
}

function formatName(name: string, { language, detail }: RenderOptions): string {
  const clean = stripControls(name);
  return quote(language, detail === 'full' ? clean : maskName(clean));
}

function formatMoment(text: string, zone: string, { language }: RenderOptions): string {
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return quote(language, text, WORDS_LENGTH_MAX);
  const day = attempt(() => parsePlainDate(text));
  if (day) return isolateNumber(formatDay(language, day));
  const instant = attempt((): Instant => parseInstant(text));
  return instant ? formatDateTime(language, instant, zone) : quote(language, text);
}

/** A detail that does not read as what it should be is shown as it is; a notice must go out. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
