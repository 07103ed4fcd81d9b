import type { HashTable } from './hash-table.ts';
import { createHashTable, hashPair, hashText, internKey } from './hash-table.ts';
import { gramShare, readWords, WordShape } from './tokenise.ts';

/** All words of both sides, by number, with their right counts, and what they look like. */
export interface Lexicon extends HashTable {
  shapes: Uint8Array;
  /** 1 for words; less for the overlapping pieces of scripts without spaces. */
  shares: Float32Array;
  /** Words of the text that is being read. */
  readonly seen: number[];
}

/** Receives a word: its number, where it starts, where it ends. */
export type TermReader = (term: number, start: number, end: number) => void;

export function createLexicon(): Lexicon {
  const table = createHashTable();
  return {
    ...table,
    shapes: new Uint8Array(table.keys.length),
    shares: new Float32Array(table.keys.length),
    seen: [],
  };
}

/** Interns the words of a text; the second "J" of "J J SMITH" is another word than the first. */
export function readTerms(lexicon: Lexicon, text: string, read: TermReader): void {
  const { seen } = lexicon;
  seen.length = 0;
  readWords(text, (start, end, shape) => {
    let hash = hashText(text, start, end);
    while (seen.includes(hash)) hash = hashPair(hash, AGAIN);
    seen.push(hash);
    const known = lexicon.size;
    const term = internKey(lexicon, hash);
    if (term === known) {
      fitToKeys(lexicon);
      lexicon.shapes[term] = shape;
      lexicon.shares[term] = shape === WordShape.gram ? gramShare(text, start) : 1;
    }
    read(term, start, end);
  });
}

const AGAIN = 0x5bd1e995 * 0x100000;

function fitToKeys(lexicon: Lexicon): void {
  const { shapes, shares, keys } = lexicon;
  if (shapes.length === keys.length) return;
  lexicon.shapes = new Uint8Array(keys.length);
  lexicon.shapes.set(shapes);
  lexicon.shares = new Float32Array(keys.length);
  lexicon.shares.set(shares);
}
