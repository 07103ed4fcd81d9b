import type { CashbellError, ErrorDetails } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import { languages } from '#core/languages.ts';
import type { Finding, Rung } from '#engine/ladder/rung.ts';
import { diagnosisTexts, errorSentence, isMessageKey, translate } from '#i18n/messages.ts';
import { findingsOf, problemsOf } from './operations/refusal.ts';
import { toErrorCode } from './operations/connections.ts';

/** A finding with its sentences. */
export interface ExplainedFinding {
  readonly severity: 'failure' | 'warning';
  readonly key: string;
  readonly code?: string | undefined;
  readonly details: ErrorDetails;
  readonly cause: string;
  readonly fix: string;
}

export interface ExplainedRung extends Omit<Rung, 'findings'> {
  readonly title: string;
  readonly findings: readonly ExplainedFinding[];
}

/** Cause and fix of a finding: its own pair of sentences, else the sentence of its code. */
export function explainFinding(language: Language, finding: Finding): ExplainedFinding {
  const texts = diagnosisTexts(language, finding.key, finding.details);
  if (texts) return { ...finding, ...texts };
  const code = finding.code ?? 'config.invalid';
  return { ...finding, cause: errorSentence(language, code, finding.details), fix: '' };
}

export function explainRung(language: Language, rung: Rung): ExplainedRung {
  const key = `ladder.${rung.name}`;
  return {
    ...rung,
    title: isMessageKey(key) ? translate(language, key) : rung.name,
    findings: rung.findings.map((finding) => explainFinding(language, finding)),
  };
}

/** The sentence of a stored code, or nothing where this version knows no such code. */
export function explainCode(
  language: Language,
  text: string | undefined,
  details: ErrorDetails = {},
): string | undefined {
  const code = toErrorCode(text);
  return code === undefined ? undefined : errorSentence(language, code, details);
}

/** All that is wrong by field, in the language where there are sentences for it. */
export function explainProblems(
  language: Language,
  error: CashbellError,
): { readonly field: string; readonly problem: string }[] {
  const findings = findingsOf(error);
  if (findings.length === 0) return [...problemsOf(error)];
  return findings.map((finding) => {
    const { cause, fix } = explainFinding(language, finding);
    return { field: String(finding.details['field'] ?? ''), problem: `${cause} ${fix}`.trim() };
  });
}

/** Picks one of our languages from an Accept-Language header or a locale such as `zh_HK.UTF-8`. */
export function pickLanguage(wishes: string | undefined): Language {
  const tags = (wishes ?? '')
    .split(',')
    .map((wish) => {
      const [tag = '', quality = ''] = wish.trim().split(';');
      return { tag: tag.replace(/[.@].*$/, '').replaceAll('_', '-'), weight: weightOf(quality) };
    })
    .filter(({ tag, weight }) => tag !== '' && weight > 0)
    .toSorted((left, right) => right.weight - left.weight);
  for (const { tag } of tags) {
    const found = languageOf(tag);
    if (found) return found;
  }
  return 'en';
}

function weightOf(quality: string): number {
  const value = Number(/q=([\d.]+)/.exec(quality)?.[1] ?? '1');
  return Number.isNaN(value) ? 0 : value;
}

function languageOf(tag: string): Language | undefined {
  const lower = tag.toLowerCase();
  const exact = languages.find((language) => language.toLowerCase() === lower);
  if (exact) return exact;
  // Taiwan and Macau read traditional characters; every other Chinese reads simplified ones.
  if (/^zh-(hant|tw|mo|hk)/.test(lower)) return 'zh-HK';
  if (lower === 'zh' || lower.startsWith('zh-')) return 'zh-CN';
  const [primary] = lower.split('-');
  return languages.find((language) => language === primary);
}
