/** A call of a company to a bank, as the management interface shows it. */
export interface InboundCall {
  readonly at: string;
  readonly bank: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | 'no answer';
  readonly responseCode: string | null;
  /** Why the call was refused, in more words than the bank gives. */
  readonly detail: string | null;
  /** The string that the bank expected to be signed; a real bank never tells. */
  readonly expectedStringToSign: string | null;
}

const CALLS_KEPT = 500;

/** The last calls and the number of all calls by path. */
export class CallLog {
  #calls: InboundCall[] = [];
  readonly #counts = new Map<string, number>();

  add(call: InboundCall): void {
    this.#calls.push(call);
    if (this.#calls.length > CALLS_KEPT * 2) this.#calls = this.#calls.slice(-CALLS_KEPT);
    this.#counts.set(call.path, (this.#counts.get(call.path) ?? 0) + 1);
  }

  last(): InboundCall[] {
    return this.#calls.slice(-CALLS_KEPT);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
