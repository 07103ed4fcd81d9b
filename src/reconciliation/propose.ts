import type { MatchReason } from '#core/match-reasons.ts';
import { reason } from '#core/match-reasons.ts';
import type {
  MatchAlternative,
  MatchBasis,
  MatchKind,
  ProposedMatch,
  ResidualKind,
} from '#core/matches.ts';
import { moneyText } from '#core/money.ts';
import type { Board } from './board.ts';
import { accept, moneyOf } from './board.ts';

/** An earlier no holds for half a year; after that the lines may be suggested again, no more. */
const REFUSAL_HOLDS = 0.5;
const REFUSAL_FORGOTTEN = 0.05;
const ALTERNATIVES_MAX = 5;

/** A match by places of lines and whole minor units, as the stages build it. */
export interface Draft {
  readonly kind: MatchKind;
  readonly basis: MatchBasis;
  readonly legs: readonly Leg[];
  /** Lines that undo each other or move between own accounts, without items or entries. */
  readonly entriesOnly?: readonly number[];
  readonly itemsOnly?: readonly number[];
  readonly residuals?: readonly DraftResidual[];
  readonly probability: number;
  readonly isUnique: boolean;
  readonly reasons: readonly MatchReason[];
  /** Why it must not be decided alone; without it the match is automatic. */
  readonly why?: MatchReason | undefined;
  readonly alternatives?: readonly DraftAlternative[];
}

/** So much of an entry settles so much of an item. */
export interface Leg {
  readonly entry: number;
  readonly item: number;
  readonly entryUnits: number;
  readonly itemUnits: number;
}

export interface DraftResidual {
  readonly kind: ResidualKind;
  /** Signed from the organisation's view, in the item's currency. */
  readonly units: number;
  readonly entry: number;
  readonly item: number;
  readonly ruleId?: string | undefined;
  readonly rate?: string | undefined;
  readonly rateSource?: string | undefined;
}

export interface DraftAlternative {
  readonly entries: readonly number[];
  readonly items: readonly number[];
  readonly probability: number;
}

/** Puts a match on the board, unless people have said no to it; whether it was put there. */
export function propose(board: Board, draft: Draft): boolean {
  const refusal = weighRefusals(board, draft);
  if (refusal >= REFUSAL_HOLDS) return false;
  const why = draft.why ?? (refusal > REFUSAL_FORGOTTEN ? reason('why.refusedBefore') : undefined);
  const entries = sorted([...(draft.entriesOnly ?? []), ...draft.legs.map(({ entry }) => entry)]);
  const items = sorted([...(draft.itemsOnly ?? []), ...draft.legs.map(({ item }) => item)]);
  const match: ProposedMatch = {
    kind: draft.kind,
    basis: draft.basis,
    decision: why ? 'suggested' : 'automatic',
    entryIds: entries.map((place) => idOf(board.entries, place)),
    itemIds: items.map((place) => idOf(board.items, place)),
    allocations: draft.legs.map((leg) => toAllocation(board, leg)),
    residuals: (draft.residuals ?? []).map((residual) => toResidual(board, residual)),
    probability: draft.probability,
    isUnique: draft.isUnique,
    reasons: draft.reasons,
    ...(why ? { whyNotAutomatic: why } : {}),
    alternatives: toAlternatives(board, draft.alternatives ?? []),
  };
  accept(board, match, usesOf(board, draft));
  if (!why) for (const residual of draft.residuals ?? []) countTolerance(board, residual);
  return true;
}

function weighRefusals({ memory, entries, items }: Board, { legs }: Draft): number {
  if (!memory.hasRefusals) return 0;
  let weight = 0;
  for (const { entry, item } of legs) {
    weight = Math.max(weight, memory.weighRefusal(idOf(entries, entry), idOf(items, item)));
  }
  return weight;
}

function usesOf(board: Board, draft: Draft) {
  const entries = new Map<number, number>();
  const items = new Map<number, number>();
  for (const { entry, item, entryUnits, itemUnits } of draft.legs) {
    entries.set(entry, (entries.get(entry) ?? 0) + entryUnits);
    items.set(item, (items.get(item) ?? 0) + itemUnits);
  }
  for (const entry of draft.entriesOnly ?? []) entries.set(entry, board.entries.left[entry] ?? 0);
  for (const item of draft.itemsOnly ?? []) items.set(item, board.items.left[item] ?? 0);
  return { entries: [...entries], items: [...items] };
}

function countTolerance({ tolerances, entries }: Board, residual: DraftResidual): void {
  if (residual.kind !== 'tolerance' || residual.ruleId === undefined) return;
  tolerances.use(residual.ruleId, entries.day[residual.entry] ?? 0, Math.abs(residual.units));
}

function toAllocation({ entries, items }: Board, leg: Leg) {
  const [entry, item] = [lineOf(entries, leg.entry), lineOf(items, leg.item)];
  return {
    entryId: entry.id,
    itemId: item.id,
    entryAmount: moneyOf(entry, leg.entryUnits),
    itemAmount: moneyOf(item, leg.itemUnits),
  };
}

function toResidual({ entries, items }: Board, residual: DraftResidual) {
  const { kind, units, entry, item, ruleId, rate, rateSource } = residual;
  const { id, amount } = lineOf(items, item);
  return {
    kind,
    amount: { amountMinorUnits: BigInt(units), currency: amount.currency },
    entryId: idOf(entries, entry),
    itemId: id,
    ...(ruleId === undefined ? {} : { ruleId }),
    ...(rate === undefined ? {} : { rate }),
    ...(rateSource === undefined ? {} : { rateSource }),
  };
}

function toAlternatives(board: Board, drafts: readonly DraftAlternative[]): MatchAlternative[] {
  return drafts.slice(0, ALTERNATIVES_MAX).map(({ entries, items, probability }) => ({
    entryIds: sorted(entries).map((place) => idOf(board.entries, place)),
    itemIds: sorted(items).map((place) => idOf(board.items, place)),
    probability,
  }));
}

export function lineOf<Line>(side: { readonly lines: readonly Line[] }, place: number): Line {
  const line = side.lines[place];
  if (line === undefined) throw new Error(`there is no line at place ${place}`);
  return line;
}

function idOf(side: { readonly lines: readonly { readonly id: string }[] }, place: number): string {
  return lineOf(side, place).id;
}

function sorted(places: readonly number[]): number[] {
  return [...new Set(places)].toSorted((left, right) => left - right);
}

/** An amount of a line in the values of a reason. */
export function amountText(
  line: { readonly amount: { readonly currency: Parameters<typeof moneyText>[0]['currency'] } },
  units: number,
): string {
  return moneyText({ amountMinorUnits: BigInt(units), currency: line.amount.currency });
}
