import type { EpochDay } from '#core/epoch-day.ts';
import type { Alias, MatchKnowledge, MatchSettings, Refusal } from '#core/matches.ts';
import { foldLine } from './fold-text.ts';

/** An alias is believed from so many confirmations on. */
const CONFIRMATIONS_MIN = 2;
/** Two confirmations bear one refusal only when it has faded to a half. */
const STANDING_MIN = 1.5;
/** After so many days a refusal weighs half. */
const REFUSAL_HALF_LIFE = 180;

/** What earlier decisions of this organisation say. */
export interface Memory {
  /** The counterparty that a writing stands for; nothing when two are as well confirmed. */
  readonly findCounterparty: (kind: Alias['kind'], text: string) => string | undefined;
  readonly hasAliases: boolean;
  /** How much an earlier no still weighs, 1 on its day, one half after half a year. */
  readonly weighRefusal: (entryId: string, itemId: string) => number;
  readonly hasRefusals: boolean;
}

export function createMemory(settings: MatchSettings, knowledge: MatchKnowledge): Memory {
  const aliases = readAliases(knowledge.aliases, settings.asOf);
  const refusals = new Map<string, number>();
  for (const refusal of knowledge.refusals) {
    const key = `${refusal.entryId}\n${refusal.itemId}`;
    const weight = weightOf(refusal.refusedOn, settings.asOf);
    refusals.set(key, Math.max(weight, refusals.get(key) ?? 0));
  }
  return {
    hasAliases: aliases.size > 0,
    hasRefusals: refusals.size > 0,
    findCounterparty: (kind, text) =>
      aliases.size === 0 ? undefined : aliases.get(`${kind}:${foldAliasText(kind, text)}`),
    weighRefusal: (entryId, itemId) => refusals.get(`${entryId}\n${itemId}`) ?? 0,
  };
}

/** The form in which the writing of an alias is kept and compared. */
export function foldAliasText(kind: Alias['kind'], text: string): string {
  const folded = foldLine(text);
  return kind === 'account' ? folded.replaceAll(' ', '') : folded;
}

/** How well an alias stands: confirmations less what is left of its refusals. */
export function standingOf(alias: Alias, asOf: EpochDay): number {
  let standing = alias.confirmations;
  for (const day of alias.refusedOn) standing -= weightOf(day, asOf);
  return standing;
}

function readAliases(aliases: readonly Alias[], asOf: EpochDay): Map<string, string> {
  const best = new Map<string, { key: string; standing: number; isTied: boolean }>();
  for (const alias of aliases) {
    const standing = standingOf(alias, asOf);
    if (alias.confirmations < CONFIRMATIONS_MIN || standing < STANDING_MIN) continue;
    const place = `${alias.kind}:${alias.text}`;
    const before = best.get(place);
    if (!before || standing > before.standing) {
      best.set(place, { key: alias.counterpartyKey, standing, isTied: false });
    } else if (standing === before.standing && before.key !== alias.counterpartyKey) {
      best.set(place, { ...before, isTied: true });
    }
  }
  const found = new Map<string, string>();
  for (const [place, { key, isTied }] of best) if (!isTied) found.set(place, key);
  return found;
}

function weightOf(refusedOn: Refusal['refusedOn'], asOf: EpochDay): number {
  return 0.5 ** (Math.max(0, asOf - refusedOn) / REFUSAL_HALF_LIFE);
}
