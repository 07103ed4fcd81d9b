/** Names of Indonesian banks: national code and BIC of each (A17.1). */

/** In which form a service wants the creditor's bank (A22). */
export type AgentForm = 'swift' | 'national' | 'swiftOrNational';

/**
 * Codes of the banks that a payment may be converted for. Those of BRI and BCA stand in bank
 * documents, the rest is common knowledge; a bank that is not here must be given in the form that
 * the rail wants, because a guessed code would pay somebody else.
 */
const bankCodes: readonly (readonly [national: string, bic: string])[] = [
  ['002', 'BRINIDJA'],
  ['008', 'BMRIIDJA'],
  ['009', 'BNINIDJA'],
  ['011', 'BDINIDJA'],
  ['013', 'BBBAIDJA'],
  ['014', 'CENAIDJA'],
  ['022', 'BNIAIDJA'],
  ['028', 'NISPIDJA'],
  ['200', 'BTANIDJA'],
  ['451', 'BSMDIDJA'],
  ['542', 'JAGBIDJA'],
];

const NATIONAL = /^\d{3}$/;
const BIC = /^[A-Z]{4}ID[A-Z0-9]{2}([A-Z0-9]{3})?$/;

/** The creditor's bank as a service wants it; `undefined` where we do not know that form of it. */
export function toAgentCode(agent: string, form: AgentForm): string | undefined {
  const text = agent.trim().toUpperCase();
  if (BIC.test(text)) {
    const bic = text.slice(0, 8);
    return form === 'national' ? bankCodes.find((bank) => bank[1] === bic)?.[0] : bic;
  }
  if (!NATIONAL.test(text)) return undefined;
  if (form === 'national') return text;
  const bic = bankCodes.find((bank) => bank[0] === text)?.[1];
  // "Three digits if no SWIFT" (A13): a bank whose BIC we know is named by it.
  return form === 'swift' ? bic : (bic ?? text);
}

/** Whether two names mean the same bank; unknown forms are only equal to themselves. */
export function isSameAgent(left: string, right: string): boolean {
  const folded = [left, right].map((agent) => toAgentCode(agent, 'swiftOrNational') ?? agent);
  return folded[0] === folded[1];
}
