import { expect, test } from 'vitest';
import { languages } from '#core/languages.ts';
import { matchReasonCodes } from '#core/match-reasons.ts';
import { reasonSentence } from './match-reason.ts';
import { argumentNames, catalogues, flatten } from './messages.ts';

test('a reason of every code can be said in every language', () => {
  for (const language of languages) {
    const texts = flatten(catalogues[language]);
    for (const code of matchReasonCodes) {
      const names = argumentNames(texts.get(`match.reason.${code}`) ?? '', language);
      const values = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
      const said = reasonSentence(language, { code, values });
      for (const name of names) expect(said).toContain(`<${name}>`);
      expect(said.length).toBeGreaterThan(1);
    }
  }
});
