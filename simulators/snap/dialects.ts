/**
 * Which bytes of an outgoing body a bank hashes. Banks differ here (A7.3), so a partner of the
 * simulator can be set to any of the four; vector V11 pins them.
 */
export const DIALECTS = ['raw', 'lexical', 'reserialised', 'strip'] as const;
export type Dialect = (typeof DIALECTS)[number];

/** A body as sent, and the text of it that is hashed. */
export interface OutgoingBody {
  readonly sent: string;
  readonly hashed: string;
}

/**
 * Writes a value so that the dialect shows: `raw` is compact and hashed as it is; the others are
 * sent with whitespace between the tokens, and `reserialised` also escapes slashes as PHP does.
 */
export function writeBody(value: unknown, dialect: Dialect): OutgoingBody {
  if (dialect === 'raw') {
    const compact = JSON.stringify(value);
    return { sent: compact, hashed: compact };
  }
  const spaced = JSON.stringify(value, null, 1);
  const sent = dialect === 'reserialised' ? spaced.replaceAll('/', '\\/') : spaced;
  return { sent, hashed: hashedText(sent, dialect) };
}

/** The text that a dialect hashes of a body as sent. */
export function hashedText(sent: string, dialect: Dialect): string {
  switch (dialect) {
    case 'raw':
      return sent;
    case 'lexical':
      return lexicalMinify(sent);
    case 'reserialised':
      return JSON.stringify(JSON.parse(sent));
    case 'strip':
      return sent.replaceAll(/\s/g, '');
  }
}

/** Drops whitespace outside strings and copies everything inside them. */
function lexicalMinify(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (part) =>
    part.startsWith('"') ? part : '',
  );
}
