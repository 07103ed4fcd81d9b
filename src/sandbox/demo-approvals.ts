import { parseMoney } from '#core/money.ts';
import { createForm } from '#flows/approval/forms.ts';
import { planApproval, proposeRule } from '#flows/approval/rules.ts';
import type { FormDeps } from '#flows/approval/forms.ts';
import { createAppCalls } from '#flows/dingtalk/app-calls.ts';
import { requestPayments } from '#flows/payment/request-payments.ts';
import { listApprovalForms, removeApprovalForm } from '#store/approval-forms.ts';
import { confirmApprovalRule, listApprovalRules } from '#store/approval-rules.ts';
import { listBeneficiaries } from '#store/beneficiaries.ts';
import { parseId } from '#core/ids.ts';
import type { Runtime } from '../runtime.ts';
import type { DemoPeople } from './demo-payments.ts';
import type { SimulatorProcess } from './simulator-process.ts';

const ACTOR = 'system';
const DEMO_ACCOUNT = '1234567890';

/** Deps of approvals over what the process has open. */
function formDepsOf({ services, directory, connectorOf, transport, logger }: Runtime): FormDeps {
  const onError = (error: unknown): void => logger.warn({ error }, 'demo approvals');
  return {
    services,
    directory,
    connectorOf,
    calls: createAppCalls({ services, transport, onError }),
  };
}

/**
 * Makes the payment form anew at the simulated DingTalk, which forgets everything when it stops, and
 * once the rule that one of the two managers approves every payment.
 */
export async function ensureApprovals(
  runtime: Runtime,
  orgId: string,
  people: DemoPeople,
  dingtalk: SimulatorProcess,
): Promise<void> {
  const { services } = runtime;
  const deps = formDepsOf(runtime);
  for (const form of await listApprovalForms(services.pool, orgId)) {
    if (form.state === 'removed') continue;
    await removeApprovalForm(services, { orgId, processCode: form.processCode }, ACTOR);
  }
  const { form, problems } = await createForm(deps, { orgId }, ACTOR);
  if (!form) throw new Error(`the demo's form is not usable: ${JSON.stringify(problems)}`);
  // In earnest an administrator sets this in DingTalk: who decides what a person asks for there.
  await dingtalk.manage('POST', `forms/${form.processCode}`, {
    flow: { nodes: [{ name: 'Finance', method: 'OR', userIds: ['user02', 'user03'] }] },
  });
  const rules = await listApprovalRules(services.pool, orgId);
  if (rules.some(({ state }) => state === 'active')) return;
  const { manager, director } = people;
  const { rule } = await proposeRule(deps, manager, {
    ordinal: 1,
    via: 'dingtalk',
    nodes: [{ action: 'OR', persons: [manager.personId, director.personId] }],
    approvalsRequired: 1,
  });
  await confirmApprovalRule(services, director, rule.ruleId);
}

/** Asks for one payment, so that something waits for a yes as soon as somebody looks. */
export async function requestFirstPayment(
  runtime: Runtime,
  orgId: string,
  people: DemoPeople,
): Promise<void> {
  const { services, payments } = runtime;
  const org = await runtime.directory.org(orgId);
  const account = [...org.accounts.values()].find(({ number }) => number === DEMO_ACCOUNT);
  const [payee] = await listBeneficiaries(services.pool, { orgId, state: 'active' });
  if (!account || !payee) throw new Error('the demo has nobody to pay, or nothing to pay from');
  const instructedAmount = parseMoney('18500000.00', account.currency);
  const question = {
    orgId,
    accountId: account.accountId,
    amount: instructedAmount,
    purpose: 'supplier' as const,
    creditor: payee.creditor,
  };
  const plan = await planApproval({ services }, question);
  await requestPayments(payments, [
    {
      orgId: parseId('org', orgId),
      accountId: account.accountId,
      beneficiary: { beneficiaryId: payee.beneficiaryId },
      instructedAmount,
      purpose: 'supplier',
      remittanceInformation: 'INV 2026 0815',
      source: 'api',
      sourceKey: `demo/${Date.now()}`,
      maker: people.maker.personId,
      approval: plan,
      approvalsRequired: plan.approvalsRequired,
    },
  ]);
  payments.onWoken();
}
