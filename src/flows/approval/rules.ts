import type { ApprovalRule, RuleGap, RulePeople, RuleProblem } from '#core/approval-rules.ts';
import { checkRule, findGaps, findRule } from '#core/approval-rules.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { Money } from '#core/money.ts';
import { formatDecimal, money } from '#core/money.ts';
import { paymentPurposes } from '#core/payments.ts';
import type { Creditor, PaymentPurpose } from '#core/payments.ts';
import { readUser } from '#dingtalk/directory.ts';
import { listApprovalForms } from '#store/approval-forms.ts';
import type { ApprovalRuleInput, ApprovalRuleRecord } from '#store/approval-rules.ts';
import {
  activeApprovalRules,
  listApprovalRules,
  proposeApprovalRule,
} from '#store/approval-rules.ts';
import { listGrants } from '#store/grants.ts';
import type { PersonActor } from '#store/persons.ts';
import { listPersons } from '#store/persons.ts';
import type { KnownForm } from './approval-deps.ts';
import type { FormMapping } from './form-mapping.ts';
import type { FormDeps } from './forms.ts';
import { valuesOfForm } from './own-form.ts';

/** How the rules of an organisation stand. */
export interface RulesCheck {
  readonly problems: readonly RuleProblem[];
  /** Payments that cannot be asked for, because no rule says who approves them. */
  readonly gaps: readonly (RuleGap & { readonly accountId: string; readonly purpose: string })[];
}

/** Asks for a rule. One that can never be fulfilled is refused with the reason (ask 21). */
export async function proposeRule(
  deps: FormDeps,
  by: PersonActor,
  input: ApprovalRuleInput,
): Promise<{ readonly rule: ApprovalRuleRecord; readonly doubts: readonly RuleProblem[] }> {
  const candidate = { ...input, ruleId: 'new' };
  const problems = checkRule(candidate, await peopleOf(deps, by.orgId, [candidate]));
  const impossible = problems.find(({ kind }) => kind === 'impossible');
  if (impossible) {
    const { field, problem } = impossible;
    throw new CashbellError('api.invalid', { field, problem });
  }
  return { rule: await proposeApprovalRule(deps.services, by, input), doubts: problems };
}

/** Checks all rules that hold or are proposed, and what they leave open. */
export async function checkRules(deps: FormDeps, orgId: string): Promise<RulesCheck> {
  const rules = await listApprovalRules(deps.services.pool, orgId);
  const people = await peopleOf(deps, orgId, rules);
  const active = rules.filter(({ state }) => state === 'active');
  const org = await deps.directory.org(orgId);
  const payers = [...org.accounts.values()].filter(({ connectionId }) => {
    const connection = org.connections.get(connectionId);
    return connection && deps.connectorOf(connection.connector)?.payments;
  });
  const gaps = payers.flatMap(({ accountId, currency }) =>
    paymentPurposes.flatMap((purpose) =>
      findGaps(active, { accountId, purpose, currency }).map((gap) => ({
        ...gap,
        accountId,
        purpose,
      })),
    ),
  );
  return { problems: rules.flatMap((rule) => checkRule(rule, people)), gaps };
}

/** A gap in words: `CNY 1000.00 – 5000.00`. */
export function wordsOfGap({ currency, from, below }: RuleGap): string {
  if (currency === undefined) return '';
  const least = formatDecimal(money(from, currency));
  if (below === undefined) return `${currency} ${least} and more`;
  return `${currency} ${least} – ${formatDecimal(money(below, currency))}`;
}

async function peopleOf(
  deps: FormDeps,
  orgId: string,
  rules: readonly ApprovalRule[],
): Promise<RulePeople> {
  const { services } = deps;
  const persons = await listPersons(services, orgId);
  const userIds = new Map(persons.map((person) => [person.personId, person.dingtalkUserId]));
  const named = new Set(
    rules
      .filter(({ via }) => via === 'dingtalk')
      .flatMap(({ nodes }) => nodes.flatMap((node) => node.persons)),
  );
  const grants = await listGrants(services.pool, { orgId });
  // Whoever may ask for some payment, however small, is a maker here.
  const makers = grants
    .filter(({ action, state }) => action === 'payment.make' && state === 'active')
    .map(({ personId }) => personId);
  return {
    userIds,
    makers: [...new Set(makers)],
    unknownUsers: await unknownUsers(deps, orgId, userIds, named),
  };
}

/** People of rules whose DingTalk user is not there. Where DingTalk cannot say, nothing is concluded. */
async function unknownUsers(
  { directory, calls }: FormDeps,
  orgId: string,
  userIds: ReadonlyMap<string, string | undefined>,
  named: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const [app] = (await directory.org(orgId)).apps.values();
  const unknown = new Set<string>();
  if (!app) return unknown;
  for (const person of named) {
    const userId = userIds.get(person);
    if (userId === undefined) continue;
    try {
      const { user } = await calls.call(app, readUser, { userId });
      if (!user?.isActive) unknown.add(person);
    } catch (error) {
      if (!isCashbellError(error)) throw error;
      return unknown;
    }
  }
  return unknown;
}

export interface PlanQuestion {
  readonly orgId: string;
  readonly accountId: string;
  readonly amount: Money;
  readonly purpose: PaymentPurpose;
  readonly creditor: Pick<Creditor, 'name' | 'account' | 'agent'>;
}

/** How a payment is to be approved. */
export type ApprovalPlan =
  | { readonly via: 'local'; readonly approvalsRequired: number }
  | {
      readonly via: 'dingtalk';
      readonly processCode: string;
      readonly approvalsRequired: number;
    };

/**
 * Says how a payment that is asked for through the API, the command line or a file is approved: by
 * the first rule that fits, and at DingTalk through a form that can carry it.
 */
export async function planApproval(
  { services }: { readonly services: Pick<FormDeps['services'], 'pool'> },
  question: PlanQuestion,
): Promise<ApprovalPlan> {
  const { orgId } = question;
  const rules = await activeApprovalRules(services.pool, orgId);
  // Before the first rule every payment is a matter of one maker and one checker in Cashbell.
  if (rules.length === 0) return { via: 'local', approvalsRequired: 1 };
  const rule = findRule(rules, question);
  if (!rule) throw new CashbellError('approval.ruleMissing', { accountId: question.accountId });
  const { approvalsRequired } = rule;
  if (rule.via === 'local') return { via: 'local', approvalsRequired };
  const forms = await listApprovalForms<FormMapping>(services.pool, orgId);
  const form = forms.find((one) => one.state === 'active' && carries(one, question));
  if (!form) throw new CashbellError('approval.formMissing', { accountId: question.accountId });
  return { via: 'dingtalk', processCode: form.processCode, approvalsRequired };
}

function carries({ mapping }: KnownForm, question: PlanQuestion): boolean {
  const { accountId, amount, purpose, creditor } = question;
  const { name, account, agent } = creditor;
  const values = valuesOfForm(mapping, {
    debtorAccountId: accountId,
    creditor: { name, account, ...(agent === undefined ? {} : { agent }) },
    instructedAmount: amount,
    purpose,
    requestedExecutionDate: '',
    remittanceInformation: '',
    reference: 'x',
  });
  return !('missing' in values);
}
