import type { Handler } from './http.ts';

/** A movement to be put on a simulated account through its management interface or page. */
export interface MovementOrder {
  readonly account: string;
  readonly creditDebitIndicator: 'credit' | 'debit';
  /** Decimal text in the account's currency, such as "1250000.00". */
  readonly amount: string;
  readonly remark?: string;
  readonly counterparty?: string;
  /** `pending` first where the bank shows pending movements; default `booked`. */
  readonly status?: 'pending' | 'booked';
  /** Whether the bank calls the company; default true where the bank has such a call. */
  readonly push?: boolean;
}

/** What the page and the management interface show of an account. */
export interface AccountView {
  readonly bank: string;
  readonly account: string;
  readonly name: string;
  readonly currency: string;
  readonly balance: string;
  readonly movements: readonly MovementView[];
}

export interface MovementView {
  /** `MV` and twelve digits, unique in this simulator; stands in every narrative the bank sends. */
  readonly reference: string;
  readonly at: string;
  readonly creditDebitIndicator: 'credit' | 'debit';
  readonly amount: string;
  readonly currency: string;
  readonly status: 'pending' | 'booked' | 'reversed';
  readonly remark: string;
  /** Answers of the company to the calls for this movement, in order. */
  readonly pushes: readonly { at: string; status: number | 'no answer'; body: string }[];
}

/** What the page shows of a transfer that a company ordered. */
export interface ShownTransfer {
  readonly id: string;
  readonly at: string;
  /** Decimal text. */
  readonly amount: string;
  readonly currency: string;
  readonly creditor: string;
  /** Way, creditor's bank and account, and the company's reference in one line. */
  readonly detail: string;
  readonly state: 'open' | 'done' | 'failed' | 'returned';
  /** The bank's own status, with its word. */
  readonly status: string;
  /** What went back to the company. */
  readonly answered: string;
  /** What a person at the bank can do to it: `POST /_sim/<simulator>/transfers/<id>/<verb>`. */
  readonly verbs: readonly { readonly verb: string; readonly label: string }[];
}

/** A bank simulator as the composed program `simulators/banks` sees it. */
export interface BankSimulator {
  readonly name: string;
  /** Whether a request path belongs to this bank's wire interface. */
  handles(path: string): boolean;
  readonly wire: Handler;
  /** Management calls below `/_sim/`, path relative to it; undefined when the path is unknown. */
  manage(method: string, path: string, body: unknown): Promise<unknown>;
  accounts(): AccountView[];
  /** The last transfers from an account, newest first; absent where the bank shows none. */
  transfersOf?(account: string, most: number): ShownTransfer[];
  move(order: MovementOrder): { reference: string };
  stop(): Promise<void>;
}
