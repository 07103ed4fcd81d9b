/**
 * Why two lines belong together, or why nobody decided it alone. Each code has a sentence in every
 * language, `match.reason.<code>`, whose arguments are the reason's values.
 */
export const matchReasonCodes = [
  // What ties the lines together.
  'creditorReference',
  'referenceEqual',
  'invoiceNumber',
  'invoiceNumbers',
  'paymentCode',
  'paymentLinked',
  'amountEqual',
  'amountWithinBounds',
  'amountDiffers',
  'amountTransposed',
  'digitsTransposed',
  'numberCut',
  'partOfAmount',
  'dayEqual',
  'dayApart',
  'counterpartyEqual',
  'counterpartySimilar',
  'counterpartyAccount',
  'aliasConfirmed',
  'textSimilar',
  'subsetSum',
  'creditNote',
  'instalments',
  'flow',
  'feeKnown',
  'feePlausible',
  'exchangeBankRate',
  'exchangeStatedRate',
  'tolerance',
  'ownAccountNamed',
  'ownAccountsAmount',
  'reversalOf',
  'probability',
  'onlyCandidate',
  // Why it was left to a person.
  'why.ambiguousSubset',
  'why.rivals',
  'why.precisionUnproven',
  'why.belowPrecision',
  'why.marginSmall',
  'why.amountUnexplained',
  'why.partial',
  'why.keyShared',
  'why.counterpartyUnknown',
  'why.counterpartyDiffers',
  'why.refusedBefore',
  'why.automaticOff',
  'why.toleranceSpent',
  'why.budgetSpent',
  'why.estimatedRate',
  'why.feeUnproven',
  'why.noKey',
  'why.otherKeyNamed',
  'why.digitsDiffer',
  'why.automaticOff',
  // Why a line stayed open.
  'open.noCandidate',
  'open.duplicate',
  'open.budgetSpent',
] as const;

export type MatchReasonCode = (typeof matchReasonCodes)[number];

/** One reason with what fills its sentence; amounts as text such as `IDR 1250000.00`. */
export interface MatchReason {
  readonly code: MatchReasonCode;
  readonly values: Readonly<Record<string, string>>;
}

export function reason(
  code: MatchReasonCode,
  values: Readonly<Record<string, string>> = {},
): MatchReason {
  return { code, values };
}
