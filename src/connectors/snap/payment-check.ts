/** What a SNAP bank would refuse in an instruction, found without asking it (A10.5, A13–A15). */
import { formatDecimal } from '#core/money.ts';
import type { TransferInstruction } from '#core/payments.ts';
import type { InstructionProblem } from '../contract.ts';
import { isSameAgent, toAgentCode } from './bank-codes.ts';
import { creditorDigits, isGross, type SnapPayments, type SnapRail } from './payment-profile.ts';

type Check = (
  instruction: TransferInstruction,
  rail: SnapRail,
  payments: SnapPayments,
) => InstructionProblem | undefined;

/** Every problem of an instruction, each named by its field. */
export function checkTransfer(
  instruction: TransferInstruction,
  payments: SnapPayments,
): InstructionProblem[] {
  const rail = payments.rails[instruction.rail];
  if (rail === undefined) return [problem('rail', 'This bank does not offer this way to pay.')];
  return checks.flatMap((check) => check(instruction, rail, payments) ?? []);
}

function problem(field: string, text: string): InstructionProblem {
  return { field, problem: text };
}

const checks: readonly Check[] = [
  ({ endToEndId }) =>
    /^\d{1,20}$/.test(endToEndId)
      ? undefined
      : problem('endToEndId', 'The reference has 1 to 20 digits.'),
  ({ debtorAccount }, _rail, { accountDigits }) =>
    hasDigits(debtorAccount.number, accountDigits)
      ? undefined
      : problem('debtorAccount.number', `An account here has ${spell(accountDigits)} digits.`),
  ({ debtorAccount, instructedAmount }) =>
    debtorAccount.currency === 'IDR' && instructedAmount.currency === 'IDR'
      ? undefined
      : problem('instructedAmount.currency', 'Only rupiah are paid, from an account in rupiah.'),
  ({ instructedAmount }, _rail, { amountDigits }) => {
    const whole = formatDecimal(instructedAmount).split('.')[0] ?? '';
    const isPositive = instructedAmount.amountMinorUnits > 0n;
    return isPositive && whole.length <= amountDigits
      ? undefined
      : problem('instructedAmount', `Above zero, with at most ${amountDigits} digits and sen.`);
  },
  ({ creditor }) =>
    creditor.scheme === 'domestic'
      ? undefined
      : problem(
          'creditor.scheme',
          'Only account numbers are paid, no proxies, no virtual accounts.',
        ),
  ({ creditor }, rail, payments) => {
    const digits = creditorDigits(payments, rail);
    return hasDigits(creditor.account, digits)
      ? undefined
      : problem('creditor.account', `The account has ${spell(digits)} digits.`);
  },
  ({ creditor }) =>
    creditor.country === 'ID'
      ? undefined
      : problem('creditor.country', 'Only accounts in Indonesia can be paid.'),
  checkName,
  checkAgent,
  checkAddress,
  checkParty,
  ({ chargeBearer }, _rail, { hasOptionalMembers }) =>
    chargeBearer === 'debtor' || hasOptionalMembers
      ? undefined
      : problem('chargeBearer', 'This bank charges the payer; nothing else can be asked for.'),
];

function hasDigits(text: string, [min, max]: readonly [number, number]): boolean {
  return /^\d+$/.test(text) && text.length >= min && text.length <= max;
}

function spell([min, max]: readonly [number, number]): string {
  return min === max ? String(min) : `${min} to ${max}`;
}

/** Printable ASCII: other letters change the body's hash at some banks (A7.3). */
function isPrintable(text: string, length: number): boolean {
  return /^[\x20-\x7e]+$/.test(text) && text.trim() !== '' && text.length <= length;
}

function checkName({ creditor }: TransferInstruction): InstructionProblem | undefined {
  return isPrintable(creditor.name, 100)
    ? undefined
    : problem('creditor.name', 'The name has 1 to 100 letters without accents.');
}

function checkAgent(
  { creditor }: TransferInstruction,
  { agentForm }: SnapRail,
  { ownAgent }: SnapPayments,
): InstructionProblem | undefined {
  const { agent } = creditor;
  if (agentForm === undefined) {
    return agent === undefined || isSameAgent(agent, ownAgent)
      ? undefined
      : problem('creditor.agent', 'This way pays only accounts of the same bank.');
  }
  if (agent === undefined) return problem('creditor.agent', 'The bank of the payee is missing.');
  if (isSameAgent(agent, ownAgent)) {
    return problem('creditor.agent', 'This way pays only accounts of other banks.');
  }
  return toAgentCode(agent, agentForm) === undefined
    ? problem('creditor.agent', `The bank must be given as ${agentWords[agentForm]}.`)
    : undefined;
}

const agentWords = {
  swift: 'its BIC',
  national: 'its code of three digits',
  swiftOrNational: 'its BIC or its code of three digits',
} as const;

function checkAddress(
  { creditor }: TransferInstruction,
  { service }: SnapRail,
  { isAddressRequired }: SnapPayments,
): InstructionProblem | undefined {
  if (service === '17') return undefined;
  const isMissing = creditor.address === undefined || creditor.address.trim() === '';
  if (isMissing) {
    return isAddressRequired && isGross(service)
      ? problem('creditor.address', 'The payee’s address is mandatory for RTGS and SKN.')
      : undefined;
  }
  return isPrintable(creditor.address ?? '', 100)
    ? undefined
    : problem('creditor.address', 'The address has at most 100 letters without accents.');
}

/** Services 22 and 23 tell the central bank who is paid. */
function checkParty(
  { creditor }: TransferInstruction,
  { service, isForResidentsOnly }: SnapRail,
): InstructionProblem | undefined {
  if (isForResidentsOnly === true && creditor.isResident === false) {
    return problem('creditor.isResident', 'The bank wants an economic activity of a non-resident.');
  }
  if (!isGross(service)) return undefined;
  if (creditor.kind === undefined) {
    return problem('creditor.kind', 'RTGS and SKN want to know whether the payee is a person.');
  }
  return creditor.isResident === undefined
    ? problem('creditor.isResident', 'RTGS and SKN want to know whether the payee is a resident.')
    : undefined;
}
