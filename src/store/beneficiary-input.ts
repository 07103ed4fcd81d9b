import type { AccountRemark } from '#core/creditor-account.ts';
import { checkCreditorAccount } from '#core/creditor-account.ts';
import { CashbellError } from '#core/errors.ts';
import type { Creditor, CreditorAccountScheme } from '#core/payments.ts';
import { foldAccount, foldName } from '#core/payments.ts';
import { invalidField } from './orgs.ts';

/** A creditor as somebody typed it. */
export interface BeneficiaryInput {
  readonly name: string;
  readonly country: string;
  readonly scheme?: CreditorAccountScheme | undefined;
  readonly account: string;
  readonly agent?: string | undefined;
  readonly agentName?: string | undefined;
  readonly address?: string | undefined;
  readonly email?: string | undefined;
  readonly kind?: Creditor['kind'] | undefined;
  readonly isResident?: boolean | undefined;
}

/** Thrown with every problem by field; `remarksOf` gives them back. */
const remarks = new WeakMap<CashbellError, readonly AccountRemark[]>();

/** All that is wrong with a refused account, where one sentence would hide the others. */
export function remarksOf(error: unknown): readonly AccountRemark[] {
  return error instanceof CashbellError ? (remarks.get(error) ?? []) : [];
}

const NAME_LENGTH_MAX = 140;
const TEXT_LENGTH_MAX = 200;

/** Reads what somebody typed; refuses it with everything that is wrong, each by its field. */
export function readCreditor(input: BeneficiaryInput): {
  readonly creditor: Creditor;
  readonly warnings: readonly AccountRemark[];
} {
  const name = input.name.normalize('NFKC').replace(/\s+/g, ' ').trim();
  if (name === '' || name.length > NAME_LENGTH_MAX || /[\u0000-\u001f\u007f]/.test(name)) {
    throw invalidField('name', `must be one line of 1 to ${NAME_LENGTH_MAX} characters`);
  }
  const checked = checkCreditorAccount({
    country: input.country,
    scheme: input.scheme ?? 'domestic',
    account: input.account,
    agent: input.agent,
  });
  refuseProblems(checked.problems);
  const { problems: _problems, warnings, ...account } = checked;
  const agentName = account.agentName ?? readText('agentName', input.agentName);
  const address = readText('address', input.address);
  const email = readText('email', input.email);
  if (email !== undefined && !/^[^@\s]+@[^@\s]+$/.test(email)) {
    throw invalidField('email', 'must be an e-mail address');
  }
  const creditor: Creditor = {
    ...account,
    name,
    ...(agentName === undefined ? {} : { agentName }),
    ...(address === undefined ? {} : { address }),
    ...(email === undefined ? {} : { email }),
    ...(input.kind === undefined ? {} : { kind: input.kind }),
    ...(input.isResident === undefined ? {} : { isResident: input.isResident }),
  };
  return { creditor, warnings };
}

function refuseProblems(problems: readonly AccountRemark[]): void {
  const [first] = problems;
  if (!first) return;
  const error = new CashbellError('api.invalid', { ...first, count: problems.length });
  remarks.set(error, problems);
  throw error;
}

function readText(field: string, text: string | undefined): string | undefined {
  const clean = text?.replace(/\s+/g, ' ').trim();
  if (clean === undefined || clean === '') return undefined;
  if (clean.length > TEXT_LENGTH_MAX) {
    throw invalidField(field, `must be at most ${TEXT_LENGTH_MAX} characters`);
  }
  return clean;
}

/** Whether money for the one reaches the other. */
export function isSameAccount(left: Creditor, right: Creditor): boolean {
  return (
    foldAccount(left.account) === foldAccount(right.account) &&
    (left.agent ?? '') === (right.agent ?? '') &&
    left.scheme === right.scheme &&
    left.country === right.country
  );
}

export function isSameCreditor(left: Creditor, right: Creditor): boolean {
  return (
    isSameAccount(left, right) &&
    foldName(left.name) === foldName(right.name) &&
    left.address === right.address &&
    left.email === right.email &&
    left.kind === right.kind &&
    left.isResident === right.isResident &&
    left.agentName === right.agentName
  );
}

/** What somebody wants to be different; what is left out stays. */
export type BeneficiaryChange = {
  readonly [Field in keyof BeneficiaryInput]?: BeneficiaryInput[Field] | undefined;
};

/** The whole of a creditor after a change, as somebody would have typed it. */
export function applyChange(creditor: Creditor, change: BeneficiaryChange): BeneficiaryInput {
  // The bank's name belongs to its code: another code does not keep the old name.
  const keepsBank = change.agent === undefined && change.country === undefined;
  return {
    name: change.name ?? creditor.name,
    country: change.country ?? creditor.country,
    scheme: change.scheme ?? creditor.scheme,
    account: change.account ?? creditor.account,
    agent: change.agent ?? creditor.agent,
    agentName: change.agentName ?? (keepsBank ? creditor.agentName : undefined),
    address: change.address ?? creditor.address,
    email: change.email ?? creditor.email,
    kind: change.kind ?? creditor.kind,
    isResident: change.isResident ?? creditor.isResident,
  };
}
