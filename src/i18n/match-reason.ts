import type { Language } from '#core/languages.ts';
import type { MatchReason } from '#core/match-reasons.ts';
import { isolateText } from './format.ts';
import { translate } from './messages.ts';

/** The sentence of a reason in the reader's language; what banks and people wrote stays as it is. */
export function reasonSentence(language: Language, { code, values }: MatchReason): string {
  const isolated = Object.entries(values).map(([name, value]) => [
    name,
    isolateText(language, value),
  ]);
  return translate(language, `match.reason.${code}`, Object.fromEntries(isolated));
}
