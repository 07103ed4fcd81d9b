import type { z } from 'zod';
import { CashbellError } from '#core/errors.ts';
import { paymentPurposes } from '#core/payments.ts';
import { formatDecimal, money, parseCurrency, parseMoney } from '#core/money.ts';
import { createAppCalls } from '#flows/dingtalk/app-calls.ts';
import type { KnownForm } from '#flows/approval/approval-deps.ts';
import type { FormDeps, FormResult } from '#flows/approval/forms.ts';
import type { RulesCheck } from '#flows/approval/rules.ts';
import { wordsOfGap } from '#flows/approval/rules.ts';
import type { ApprovalRuleInput, ApprovalRuleRecord } from '#store/approval-rules.ts';
import type {
  ApprovalFormResult,
  ApprovalFormWire,
  ApprovalRuleNew,
  ApprovalRulesCheckWire,
  ApprovalRuleWire,
} from '../contract/approval-set-up.ts';
import type { OperationServices } from './services.ts';

/** The set-up of forms and rules over what API and command line have open. */
export function formDeps(services: OperationServices): FormDeps {
  const { transport, payments } = services;
  return {
    services,
    directory: payments.directory,
    connectorOf: payments.connectorOf,
    // A call that could not be counted is no reason to refuse a set-up.
    calls: createAppCalls({ services, transport, onError: () => undefined }),
  };
}

export function toFormWire(form: KnownForm): z.infer<typeof ApprovalFormWire> {
  const { processCode, appId, name, kind, state, problem, mapping, approvalsRequired } = form;
  return {
    processCode,
    appId,
    name,
    kind,
    state,
    ...(problem ? { problem } : {}),
    mapping,
    approvalsRequired,
    checkedAt: form.checkedAt.toString(),
    sweptUntil: form.sweptUntil.toString(),
    createdAt: form.createdAt.toString(),
  };
}

export function toFormResult({ form, problems }: FormResult): z.infer<typeof ApprovalFormResult> {
  return { ...(form ? { form: toFormWire(form) } : {}), problems: [...problems] };
}

/** Amounts of a rule carry the rule's currency, said once or with each amount. */
export function toRuleInput(wire: z.infer<typeof ApprovalRuleNew>): ApprovalRuleInput {
  const { amountFrom, amountBelow, currency, accountId, purpose, ...rest } = wire;
  const currencies = new Set(
    [currency, amountFrom?.currency, amountBelow?.currency]
      .filter((code) => code !== undefined)
      .map((code) => parseCurrency(code)),
  );
  const [only, another] = currencies;
  if (another) {
    throw new CashbellError('api.invalid', {
      field: 'currency',
      problem: 'a rule has one currency; make another rule for another',
    });
  }
  const unitsOf = (amount: { amount: string; currency: string } | undefined) =>
    amount && parseMoney(amount.amount, amount.currency).amountMinorUnits;
  return {
    ...rest,
    accountId,
    purpose,
    currency: only,
    amountFrom: unitsOf(amountFrom),
    amountBelow: unitsOf(amountBelow),
  };
}

export function toRuleWire(rule: ApprovalRuleRecord): z.infer<typeof ApprovalRuleWire> {
  const { currency, amountFrom, amountBelow, createdAt, purpose, nodes, ...rest } = rule;
  const amountOf = (units: bigint | undefined) =>
    units === undefined || currency === undefined
      ? undefined
      : { amount: formatDecimal(money(units, currency)), currency };
  return {
    ...rest,
    currency,
    amountFrom: amountOf(amountFrom),
    amountBelow: amountOf(amountBelow),
    purpose: paymentPurposes.find((known) => known === purpose),
    nodes: nodes.map(({ action, persons }) => ({ action, persons: [...persons] })),
    createdAt: createdAt.toString(),
  };
}

export function toCheckWire({
  problems,
  gaps,
}: RulesCheck): z.infer<typeof ApprovalRulesCheckWire> {
  return {
    problems: [...problems],
    gaps: gaps.map((gap) => ({
      accountId: gap.accountId,
      purpose: gap.purpose,
      amounts: wordsOfGap(gap),
    })),
  };
}
