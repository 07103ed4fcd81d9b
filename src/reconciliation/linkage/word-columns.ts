/** Words looked at per line; a longer text says nothing more about who paid what. */
export const WORDS_MAX = 48;
const FAR = 0xffff;

/** Growing columns of words, the words of one line after those of the line before. */
export class WordColumns {
  terms: Int32Array;
  /** Where each word starts and ends in its text; words of the name alone stand far behind. */
  starts: Uint16Array;
  ends: Uint16Array;
  /** 1 where the word stands in the counterparty's name. */
  isName: Uint8Array;
  length = 0;
  #begin = 0;

  constructor(capacity: number) {
    const size = Math.max(64, capacity);
    this.terms = new Int32Array(size);
    this.starts = new Uint16Array(size);
    this.ends = new Uint16Array(size);
    this.isName = new Uint8Array(size);
  }

  beginLine(): void {
    this.#begin = this.length;
  }

  add(term: number, start: number, end: number): void {
    if (this.length - this.#begin < WORDS_MAX) this.#push(term, start, end, 0);
  }

  /** A name is often repeated in the text: the word then counts once. */
  addName(term: number): void {
    for (let at = this.#begin; at < this.length; at += 1) {
      if (this.terms[at] !== term) continue;
      this.isName[at] = 1;
      return;
    }
    if (this.length - this.#begin < WORDS_MAX) this.#push(term, FAR, FAR, 1);
  }

  #push(term: number, start: number, end: number, isName: number): void {
    if (this.length === this.terms.length) this.#grow();
    this.terms[this.length] = term;
    this.starts[this.length] = Math.min(FAR, start);
    this.ends[this.length] = Math.min(FAR, end);
    this.isName[this.length] = isName;
    this.length += 1;
  }

  #grow(): void {
    const size = Math.ceil(this.terms.length * 1.5);
    const { terms, starts, ends, isName } = this;
    this.terms = new Int32Array(size);
    this.starts = new Uint16Array(size);
    this.ends = new Uint16Array(size);
    this.isName = new Uint8Array(size);
    this.terms.set(terms);
    this.starts.set(starts);
    this.ends.set(ends);
    this.isName.set(isName);
  }
}
