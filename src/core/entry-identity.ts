import type { PlainDate } from './dates.ts';
import type { EntryState } from './events.ts';
import { isSameMoney } from './money.ts';
import type { Money } from './money.ts';
import type { CreditDebitIndicator, EntryReport, EntrySource } from './statements.ts';

/**
 * Identity of an entry (design.md section 3, asks 45 to 53). Banks re-send lines, show a movement
 * first as pending and later as booked under another id, push it and list it, and book two equal
 * payments on one day. The rules, strongest first:
 *
 * 1. the key that the bank promises to be unique;
 * 2. the message that pushed it;
 * 3. a fingerprint and its ordinal among equals of that day, from a complete day of statement;
 * 4. evidence: a reference of one report that stands in the other, with amount and day equal;
 * 5. a pending movement that is the only one like the booked line that appeared.
 *
 * Two real equal lines stay two; a repeated line stays one.
 */
export interface KnownEntry {
  readonly entryId: string;
  readonly version: number;
  readonly state: EntryState;
  readonly creditDebitIndicator: CreditDebitIndicator;
  readonly amount: Money;
  readonly bookingDate: PlainDate;
  readonly remittanceInformation: string;
  readonly evidence: readonly string[];
  readonly sources: readonly EntrySource[];
  readonly keys: readonly string[];
  readonly balanceAfterMinorUnits?: bigint;
}

/** A report with where it came from. */
export interface SourcedReport {
  readonly report: EntryReport;
  /** Names the pushed message, so that its repetition is recognised. */
  readonly messageKey?: string;
}

export interface IdentityInput {
  readonly source: EntrySource;
  /** In the bank's order, oldest first. */
  readonly reports: readonly SourcedReport[];
  /** Every entry of the account that shares a key, or amount and neighbouring day, with a report. */
  readonly known: readonly KnownEntry[];
  /** Days (`yyyy-MM-dd`) of which the reports are the whole statement. */
  readonly completeDays: ReadonlySet<string>;
}

export type IdentityDecision =
  | {
      readonly kind: 'new';
      readonly report: EntryReport;
      readonly keys: readonly string[];
      readonly state: EntryState;
    }
  | {
      readonly kind: 'changed';
      readonly entry: KnownEntry;
      readonly report: EntryReport;
      readonly state: EntryState;
      readonly addedKeys: readonly string[];
    }
  | {
      readonly kind: 'seen';
      readonly entry: KnownEntry;
      readonly report: EntryReport;
      readonly addedKeys: readonly string[];
    }
  /** A pending movement that the complete statement no longer shows. */
  | { readonly kind: 'withdrawn'; readonly entry: KnownEntry }
  /** A booked line that the complete statement no longer shows: an alarm, never a silent removal. */
  | { readonly kind: 'vanished'; readonly entry: KnownEntry };

const EVIDENCE_LENGTH_MIN = 6;
const NEIGHBOUR_DAYS = 3;

/** Decides for every report whether it is new, a change or a repetition. Pure and total. */
export function decideIdentity(input: IdentityInput): IdentityDecision[] {
  const byKey = new Map<string, KnownEntry>();
  for (const entry of input.known) for (const key of entry.keys) byKey.set(key, entry);

  const taken = new Set<string>();
  const decisions = new Map<number, IdentityDecision>();
  const ordinals = new Map<string, number>();
  const keysOf = input.reports.map((sourced) => reportKeys(sourced, input, ordinals));

  // Firm keys first, so that evidence never takes an entry that another report owns by key.
  input.reports.forEach(({ report }, index) => {
    const keys = keysOf[index] ?? [];
    const entry = keys.map((key) => byKey.get(key)).find((found) => found !== undefined);
    if (!entry) return;
    taken.add(entry.entryId);
    decisions.set(index, judgeKnown(entry, report, keys, input.source, true));
  });

  const firstByKey = new Map<string, number>();
  input.reports.forEach(({ report }, index) => {
    if (decisions.has(index)) return;
    const keys = keysOf[index] ?? [];
    // The same new movement twice in one batch, such as a push delivered twice.
    const twin = keys.map((key) => firstByKey.get(key)).find((found) => found !== undefined);
    if (twin !== undefined) return;
    for (const key of keys) firstByKey.set(key, index);
    const entry = findByEvidence(report, input, taken) ?? findPending(report, input, taken);
    if (entry) {
      taken.add(entry.entryId);
      decisions.set(index, judgeKnown(entry, report, keys, input.source, false));
      return;
    }
    decisions.set(index, { kind: 'new', report, keys, state: stateOf(report) });
  });
  const missing = missingEntries(input, taken);
  return pairCorrections([...decisions.values()], missing);
}

function stateOf(report: EntryReport): EntryState {
  return report.isReversed === true ? 'reversed' : report.status;
}

function reportKeys(
  { report, messageKey }: SourcedReport,
  input: IdentityInput,
  ordinals: Map<string, number>,
): string[] {
  const keys: string[] = [];
  if (report.uniqueKey !== undefined) keys.push(`unique:${report.uniqueKey}`);
  if (messageKey !== undefined) keys.push(`message:${messageKey}`);
  const isCounted =
    report.uniqueKey === undefined && input.completeDays.has(report.bookingDate.toString());
  if (isCounted) {
    const print = fingerprintOf(report);
    const ordinal = (ordinals.get(print) ?? 0) + 1;
    ordinals.set(print, ordinal);
    keys.push(`print:${print}#${ordinal}`);
  }
  return keys;
}

/** What makes a line without an id itself: day, side, amount, status class and narrative. */
function fingerprintOf(report: EntryReport): string {
  return [
    report.bookingDate.toString(),
    report.creditDebitIndicator,
    report.amount.amountMinorUnits.toString(),
    report.amount.currency,
    report.isReversed === true ? 'reversed' : '',
    normalise(report.remittanceInformation).slice(0, 240),
  ].join('|');
}

/** Upper case without white space and width: banks re-wrap narratives between two reads. */
export function normalise(text: string): string {
  return text.normalize('NFKC').toUpperCase().replaceAll(/\s+/g, '');
}

function judgeKnown(
  entry: KnownEntry,
  report: EntryReport,
  keys: readonly string[],
  source: EntrySource,
  isSameKey: boolean,
): IdentityDecision {
  const addedKeys = keys.filter((key) => !entry.keys.includes(key));
  const state = nextState(entry, report, source, isSameKey);
  if (state === undefined) return { kind: 'seen', entry, report, addedKeys };
  return { kind: 'changed', entry, report, state, addedKeys };
}

/** The state that follows, or undefined when the report says nothing new. States never go back. */
function nextState(
  entry: KnownEntry,
  report: EntryReport,
  source: EntrySource,
  isSameKey: boolean,
): EntryState | undefined {
  if (entry.state === 'reversed') return undefined;
  if (report.isReversed === true) return 'reversed';
  if (entry.state === 'withdrawn') return report.status;
  if (entry.state === 'pending') {
    if (report.status === 'booked') return 'booked';
    return isSameMoney(entry.amount, report.amount) ? undefined : 'pending';
  }
  // A pending report about a booked entry came late or out of order.
  if (report.status === 'pending') return undefined;
  if (!isSameMoney(entry.amount, report.amount)) return 'corrected';
  if (entry.creditDebitIndicator !== report.creditDebitIndicator) return 'corrected';
  // Push and statement word the same movement differently; only the same source corrects its words.
  const sameWords =
    normalise(entry.remittanceInformation) === normalise(report.remittanceInformation);
  const isSameSource = entry.sources.length === 1 && entry.sources[0] === source;
  return isSameKey && isSameSource && !sameWords ? 'corrected' : undefined;
}

function isAlike(entry: KnownEntry, report: EntryReport): boolean {
  return (
    entry.creditDebitIndicator === report.creditDebitIndicator &&
    isSameMoney(entry.amount, report.amount) &&
    Math.abs(entry.bookingDate.until(report.bookingDate).days) <= NEIGHBOUR_DAYS
  );
}

function findByEvidence(
  report: EntryReport,
  input: IdentityInput,
  taken: ReadonlySet<string>,
): KnownEntry | undefined {
  return input.known.find(
    (entry) =>
      !taken.has(entry.entryId) &&
      isAlike(entry, report) &&
      // The same kind of source would have repeated its own key; with another id it is another one,
      // unless it was pending before.
      (!entry.sources.includes(input.source) || entry.state === 'pending') &&
      sharesEvidence(entry, report),
  );
}

function sharesEvidence(entry: KnownEntry, report: EntryReport): boolean {
  const entryText = normalise(entry.remittanceInformation);
  const reportText = normalise(report.remittanceInformation);
  const reportEvidence = report.evidence.map(normalise).filter(isLongEnough);
  const entryEvidence = entry.evidence.map(normalise).filter(isLongEnough);
  return (
    reportEvidence.some((text) => entryEvidence.includes(text) || entryText.includes(text)) ||
    entryEvidence.some((text) => reportText.includes(text))
  );
}

function isLongEnough(text: string): boolean {
  return text.length >= EVIDENCE_LENGTH_MIN;
}

/** Pending becomes booked under another id: only when exactly one pending movement fits. */
function findPending(
  report: EntryReport,
  input: IdentityInput,
  taken: ReadonlySet<string>,
): KnownEntry | undefined {
  if (report.status !== 'booked' || report.isReversed === true) return undefined;
  const alike = input.known.filter(
    (entry) => entry.state === 'pending' && !taken.has(entry.entryId) && isAlike(entry, report),
  );
  return alike.length === 1 ? alike[0] : undefined;
}

/** Entries of complete days that the statement listed before and lists no more. */
function missingEntries(input: IdentityInput, taken: ReadonlySet<string>): KnownEntry[] {
  return input.known.filter(
    (entry) =>
      !taken.has(entry.entryId) &&
      entry.sources.includes(input.source) &&
      entry.state !== 'withdrawn' &&
      entry.state !== 'reversed' &&
      input.completeDays.has(entry.bookingDate.toString()),
  );
}

/**
 * A line that vanished and a line that appeared at its place are one corrected line: the same
 * amount or the same balance after it, and no second candidate. Everything else stays what it is.
 */
function pairCorrections(
  decisions: readonly IdentityDecision[],
  missing: readonly KnownEntry[],
): IdentityDecision[] {
  const left = [...missing];
  const paired = decisions.map((decision): IdentityDecision => {
    if (decision.kind !== 'new' || decision.state !== 'booked') return decision;
    const fits = left.filter(
      (entry) => entry.state !== 'pending' && isSamePlace(entry, decision.report),
    );
    const [entry] = fits;
    if (!entry || fits.length > 1) return decision;
    left.splice(left.indexOf(entry), 1);
    const { report, keys } = decision;
    return { kind: 'changed', entry, report, state: 'corrected', addedKeys: keys };
  });
  return [
    ...paired,
    ...left.map(
      (entry): IdentityDecision =>
        entry.state === 'pending' ? { kind: 'withdrawn', entry } : { kind: 'vanished', entry },
    ),
  ];
}

function isSamePlace(entry: KnownEntry, report: EntryReport): boolean {
  if (entry.creditDebitIndicator !== report.creditDebitIndicator) return false;
  if (!entry.bookingDate.equals(report.bookingDate)) return false;
  const hasBalances =
    entry.balanceAfterMinorUnits !== undefined && report.balanceAfter !== undefined;
  if (hasBalances) return entry.balanceAfterMinorUnits === report.balanceAfter?.amountMinorUnits;
  return isSameMoney(entry.amount, report.amount);
}
