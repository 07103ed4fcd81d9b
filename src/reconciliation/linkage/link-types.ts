/** One line of either side, as the linkage sees it: it knows nothing of invoices or banks. */
export interface LinkRecord {
  /** Unique within its side. Ties are broken by it, so that the order of the input never matters. */
  readonly id: string;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Signed minor units, exact below 2^53. Lines of different sign are never compared. */
  readonly amount: number | bigint;
  readonly currency: string;
  /** Everything that is written on the line: narrative, counterparty, references. */
  readonly text: string;
  /** The counterparty, when it is known apart. */
  readonly name?: string;
  /** The counterparty's account. */
  readonly account?: string;
}

export interface LinkOptions {
  /** How many days a right line may come after its left line; negative when it may come before. */
  readonly delayDays: { readonly min: number; readonly max: number };
  /** Smallest and largest right amount for a left amount of 1. */
  readonly amountRatio: { readonly min: number; readonly max: number };
  /** Compares lines of different currencies too; `amountRatio` must then span the rate. */
  readonly crossCurrency?: boolean;
  /** Learnt before. Without it the model is learnt from these lines, without labels. */
  readonly model?: LinkModel;
  /** Candidates kept for each left line; 12 unless told. */
  readonly candidatesMax?: number;
  /** Lines looked at for each left line: bounds the time however alike the lines are. */
  readonly workMax?: number;
  /** Pairs less probable than this are not told; 0.02 unless told. */
  readonly probabilityMin?: number;
  /** False leaves `levels` and `rivals` empty: a million pairs need not all be explained. */
  readonly explain?: boolean;
  /** Told every pair that is compared, to measure what blocking loses. */
  readonly onCompare?: (left: number, right: number) => void;
}

export type LinkField = 'amount' | 'day' | 'text' | 'name' | 'account';

/** What one field said for or against a pair, in natural log odds. */
export interface LinkLevel {
  readonly field: LinkField;
  readonly level: string;
  readonly weight: number;
}

export interface LinkRival {
  readonly left: number;
  readonly right: number;
  readonly probability: number;
}

export interface LinkedPair {
  /** Indexes into the lists given. */
  readonly left: number;
  readonly right: number;
  /** Calibrated: among pairs at 0.9, nine of ten are meant to be true. */
  readonly probability: number;
  /**
   * Log odds between this pair and the best other fate of either line (another partner, or none),
   * each summed over all assignments of the component. Near zero means ambiguous.
   */
  readonly margin: number;
  /** Another fate of either line is at least a tenth as likely. */
  readonly isAmbiguous: boolean;
  readonly levels: readonly LinkLevel[];
  /** Other partners that either line may well have, best first. */
  readonly rivals: readonly LinkRival[];
}

/** A left line that very likely has a partner, but nobody can say which. */
export interface UndecidedLine {
  readonly left: number;
  /** Probability that it has any partner. */
  readonly probability: number;
  /** Partners it may have, best first; not all of them. */
  readonly rivals: readonly LinkRival[];
}

export interface LinkResult {
  /** One-to-one, by probability, the most probable first. */
  readonly pairs: readonly LinkedPair[];
  /** Left lines without a pair, where many partners are equally likely. */
  readonly undecided: readonly UndecidedLine[];
  readonly model: LinkModel;
  /** Pairs that were compared. */
  readonly candidates: number;
  /** True pairs that are expected among all candidates. */
  readonly expectedMatches: number;
}

/**
 * Everything that the score of a pair depends on beside the pair itself: plain numbers, so that it
 * can be kept as JSON and applied to single lines later. Counts are of the right side.
 */
export interface LinkModel {
  readonly version: 1;
  /** Lines by currency and sign, as "EUR+"; the entry "" holds for currencies never seen. */
  readonly pools: Readonly<Record<string, PoolModel>>;
  readonly amount: AmountModel;
  readonly day: DayModel;
  readonly text: TextModel;
  readonly account: AccountModel;
}

export interface PoolModel {
  /** Log odds that a pair belongs together before anything of it was looked at. */
  readonly prior: number;
  readonly lines: number;
  /** Lines by log amount in bins of `AMOUNT_BIN`, the first bin at `densityFrom`. */
  readonly densityFrom: number;
  readonly density: readonly number[];
  /** Amounts that occur more than once, ascending, and how often. */
  readonly amounts: readonly number[];
  readonly amountCounts: readonly number[];
}

export interface AmountModel {
  /** By magnitude: how likely the right amount is the very same, for a true pair. */
  readonly exactShare: readonly number[];
  /** For the other true pairs: share of each band between the smallest and largest log ratio. */
  readonly bands: readonly number[];
  readonly bandFrom: number;
  readonly bandWidth: number;
}

export interface DayModel {
  /** Share of each delay among true pairs, from `delayFrom` on. */
  readonly delayFrom: number;
  readonly delays: readonly number[];
  /** Share of the lines by day, smoothed, from `dayFrom` on; `elsewhere` beyond. */
  readonly dayFrom: number;
  readonly days: readonly number[];
  readonly elsewhere: number;
}

export interface TextModel {
  readonly lines: number;
  readonly words: number;
  /** Words that occur at least `rare` + 1 times, by hash; all others count as `rare`. */
  readonly rare: number;
  readonly wordHashes: readonly number[];
  readonly wordCounts: readonly number[];
  /** Frequent pairs of words that follow each other, by hash. */
  readonly pairHashes: readonly number[];
  readonly pairCounts: readonly number[];
  /** Words by how they begin; only learnt where texts are cut off. */
  readonly prefixHashes: readonly number[];
  readonly prefixCounts: readonly number[];
  /** Hashes of the frequent words that have a class of their own, after the classes by shape. */
  readonly ownClasses: readonly number[];
  /** Ways in which the text of a true pair's right line comes from that of its left line. */
  readonly styles: readonly TextStyle[];
  /** Share of true pairs whose texts have nothing to do with each other. */
  readonly silentShare: number;
  /** Where texts of each side are cut off; 0 when they are not. */
  readonly leftCut: number;
  readonly rightCut: number;
}

/**
 * Words of a line come and go together: one bank writes number and payer, another the payer alone.
 * Each style is such a habit.
 */
export interface TextStyle {
  /** Share of the true pairs written so. */
  readonly share: number;
  /** By class: how likely a word of a true pair's left line is found on the right. */
  readonly kept: readonly number[];
  /** By class: log of how much likelier a true pair has such a word more than chance has. */
  readonly added: readonly number[];
  /** Share of the right words of true pairs that are not on the left. */
  readonly addedShare: number;
  /** Shares of found words that follow at once, later, out of order. */
  readonly order: readonly [number, number, number];
}

export interface AccountModel {
  /** Share of true pairs whose accounts are the same, where both are known. */
  readonly sameShare: number;
  readonly lines: number;
  readonly hashes: readonly number[];
  readonly counts: readonly number[];
}
