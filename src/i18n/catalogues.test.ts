import { readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { diagnosisKeys } from '#connectors/diagnosis.ts';
import { type ErrorCode, errorCodes } from '#core/errors.ts';
import { alertKinds } from '#core/events.ts';
import { languages } from '#core/languages.ts';
import {
  argumentNames,
  catalogues,
  diagnosisTexts,
  errorSentence,
  explain,
  flatten,
  isMessageKey,
  locales,
  translate,
} from './messages.ts';

const english = flatten(catalogues.en);
const errorCodeList = Object.keys(errorCodes).filter(
  (code): code is ErrorCode => code in errorCodes,
);
const rungs = [
  'configuration',
  'dns',
  'tcp',
  'tls',
  'clock',
  'token',
  'signature',
  'permission',
  'data',
  'callback',
];

describe('catalogues', () => {
  test.each(languages)('catalogues: %s has exactly the keys of English', (language) => {
    expect([...flatten(catalogues[language]).keys()].toSorted()).toEqual(
      [...english.keys()].toSorted(),
    );
  });

  test.each(languages)('catalogues: every sentence in %s parses and is not empty', (language) => {
    for (const [key, text] of flatten(catalogues[language])) {
      expect(text.trim(), key).not.toBe('');
      expect(() => new IntlMessageFormat(text, locales[language]), key).not.toThrow();
    }
  });

  test.each(languages)('catalogues: sentences in %s take the same arguments', (language) => {
    for (const [key, text] of flatten(catalogues[language])) {
      expect(argumentNames(text, language), key).toEqual(argumentNames(english.get(key) ?? ''));
    }
  });

  test.each(languages)(
    'catalogues: digits in %s are Latin, also those that plurals write',
    (language) => {
      for (const count of [0, 1, 2, 3, 11, 100, 1234]) {
        const text = translate(language, 'digest.title', { count });
        expect(text).not.toMatch(/[\u0660-\u0669\u06f0-\u06f9\u0e50-\u0e59]/);
      }
    },
  );

  test('catalogues: every error code, alert, rung and diagnosis has its texts', () => {
    const wanted = [
      ...Object.keys(errorCodes).map((code) => `error.${code}`),
      ...alertKinds.flatMap((kind) => [`alert.${kind}.title`, `alert.${kind}.body`]),
      ...rungs.map((rung) => `ladder.${rung}`),
      ...diagnosisKeys.flatMap((key) => [`diagnosis.${key}.cause`, `diagnosis.${key}.fix`]),
    ];
    expect(wanted.filter((key) => !isMessageKey(key))).toEqual([]);
  });

  test('catalogues: every error code has its section in docs/errors.md, with its disposition', () => {
    const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    const sections = new Map(
      text
        .split('\n## ')
        .slice(1)
        .map((section) => [section.slice(0, section.indexOf('\n')), section]),
    );
    expect([...sections.keys()]).toEqual(Object.keys(errorCodes));
    for (const [code, disposition] of Object.entries(errorCodes)) {
      expect(sections.get(code)).toContain(`- Disposition: ${disposition}\n`);
    }
  });

  test('catalogues: no translation is left in English', () => {
    const same = languages
      .filter((language) => language !== 'en')
      .flatMap((language) =>
        [...flatten(catalogues[language])]
          .filter(([key, text]) => text === english.get(key) && /[a-z]{4}.*\s.*[a-z]{4}/.test(text))
          .filter(
            ([, text]) => !/^[^a-z]*\{[^}]*\}[^a-z]*$/.test(text.replaceAll(/\{\w+\}/g, '{}')),
          )
          .map(([key]) => `${language} ${key}`),
      );
    expect(
      same.filter((key) => !/entry\.(heading|change|sandbox)|digest\.(line|sum)/.test(key)),
    ).toEqual([]);
  });
});

describe('sentences', () => {
  test('sentences: a missing argument throws where the mistake would be ours', () => {
    expect(() => translate('en', 'digest.title')).toThrow();
  });

  test.each(languages)('sentences: missing details of others read as a dash in %s', (language) => {
    for (const kind of alertKinds) {
      expect(() => explain(language, `alert.${kind}.body`)).not.toThrow();
    }
    expect(explain(language, 'alert.budget.low.body')).toContain('–');
    expect(explain(language, 'alert.connection.callsRefused.body')).toContain('–');
    expect(errorSentence(language, 'dingtalk.addressNotAllowed')).toContain('–');
    for (const code of errorCodeList) expect(() => errorSentence(language, code)).not.toThrow();
  });

  test.each(languages)('sentences: what was changed after approval is named in %s', (language) => {
    const fields = ['amount', 'currency', 'creditorName', 'creditorAccount', 'creditorAgent'];
    const texts = [...fields, 'purpose', 'debtorAccount', 'anything'].map((field) =>
      errorSentence(language, 'payment.contentChanged', { field }),
    );
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('sentences: an unknown diagnosis has no text, a known one has both', () => {
    expect(diagnosisTexts('en', 'nothing.ofTheKind')).toBeUndefined();
    const texts = diagnosisTexts('en', 'clock.slow', { seconds: 94 });
    expect(texts?.cause).toContain('94');
    expect(texts?.fix).not.toBe('');
  });
});
