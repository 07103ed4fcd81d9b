import { bodyText } from '#core/http.ts';

/**
 * The ways in which banks write a body before they hash it (A7.3), in the order in which they are
 * tried. The first that matches is the bank's dialect and is pinned: taking all four for ever would
 * let white space inside values change unnoticed.
 */
export const minifyDialects = ['raw', 'lexical', 'reserialised', 'stripped'] as const;

export type MinifyDialect = (typeof minifyDialects)[number];

/** Whether a stored word is one of ours. */
export function isMinifyDialect(text: string | undefined): text is MinifyDialect {
  return minifyDialects.some((dialect) => dialect === text);
}

/** The bytes that a bank of this dialect hashes; `undefined` where the body cannot be so written. */
export function minify(body: Uint8Array, dialect: MinifyDialect): Uint8Array | undefined {
  switch (dialect) {
    case 'raw':
      return body;
    case 'lexical':
      return Buffer.from(minifyLexically(bodyText(body)));
    case 'reserialised':
      return reserialise(body);
    case 'stripped':
      return Buffer.from(bodyText(body).replace(/\s+/g, ''));
  }
}

/** Drops white space outside of strings and nothing else: `10000.00` and `\/` stay as written. */
export function minifyLexically(text: string): string {
  return text.replace(/("(?:[^"\\]|\\[\s\S])*")|[ \t\r\n]+/g, (_all, quoted: string | undefined) =>
    quoted === undefined ? '' : quoted,
  );
}

/** What `JSON.parse` and `JSON.stringify` make of it, rounding included: that is the dialect. */
function reserialise(body: Uint8Array): Uint8Array | undefined {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(bodyText(body))));
  } catch {
    return undefined;
  }
}
