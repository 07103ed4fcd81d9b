/**
 * Rupiah amounts: text of up to 16 digits and two decimals on the wire ("16,2", A1), hundredths as
 * bigint inside. No amount is ever a floating number.
 */

/** Reads decimal text such as `1250000.00` or `1250000`; throws on anything else. */
export function parseAmount(text: string): bigint {
  const match = /^(\d{1,16})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) throw new Error(`not an amount: "${text}"`);
  return BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0'));
}

/** Prints hundredths with exactly two decimals. */
export function formatAmount(hundredths: bigint): string {
  const digits = (hundredths < 0n ? -hundredths : hundredths).toString().padStart(3, '0');
  return `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** The amount object of the standard. */
export interface WireAmount {
  readonly value: string;
  readonly currency: string;
}

/** Builds the amount object of the standard. */
export function wireAmount(hundredths: bigint, currency: string): WireAmount {
  return { value: formatAmount(hundredths), currency };
}
