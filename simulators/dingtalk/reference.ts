const REFERENCE = /\bMV\d{12}\b/g;

/**
 * Finds the movement references in texts that a person would read, each once, in order.
 * The harness's auditor compares them with what the bank simulators put into their narratives.
 */
export function findReferences(texts: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    // Most texts hold no reference; the cheap test keeps the expression off the hot path.
    if (!text.includes('MV')) continue;
    for (const match of text.match(REFERENCE) ?? []) found.add(match);
  }
  return [...found];
}
