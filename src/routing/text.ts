/**
 * Makes texts of banks comparable. NFKC turns full-width digits, letters and the ideographic space
 * into the plain ones; invisible marks, which Arabic and copied texts carry, are dropped; upper and
 * then lower case also equates `ß` with `SS`; runs of blanks count as one.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
}

/** A pattern of `*` (any run) and `?` (one character) as code points of folded text. */
export type Glob = readonly string[];

/** Reads a pattern; every other character stands for itself, so no pattern can be malformed. */
export function parseGlob(pattern: string): Glob {
  // Folding an ideographic or full-width asterisk gives the plain one: both are wild.
  return [...foldText(pattern)];
}

/**
 * Whether a pattern covers the whole text. No regular expression is built, so a hostile pattern
 * costs at most its length times that of the text.
 */
export function matchesGlob(glob: Glob, text: readonly string[]): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resumeAt = 0;
  while (position < text.length) {
    const wanted = glob[at];
    if (wanted === '*') {
      star = at;
      resumeAt = position;
      at += 1;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[position])) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      // Let the last star swallow one character more and try again from there.
      resumeAt += 1;
      position = resumeAt;
      at = star + 1;
    } else {
      return false;
    }
  }
  while (glob[at] === '*') at += 1;
  return at === glob.length;
}
