/** Who stands on the other side of an entry, as far as the bank says. */
export interface Counterparty {
  readonly name?: string;
  /** Account number or proxy as the bank wrote it. */
  readonly account?: string;
  /** The other side's bank: name or BIC. */
  readonly agent?: string;
}
