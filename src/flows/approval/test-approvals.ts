import type { Exchange } from '#dingtalk/exchanges.ts';
import type { FormSchema } from '#dingtalk/form-schema.ts';
import { digestOfSchema } from '#dingtalk/form-schema.ts';
import type { ApprovalInstance, OperationRecord } from '#dingtalk/instance.ts';
import {
  commentInstance,
  queryInstanceIds,
  readForm,
  readInstance,
  startInstance,
  terminateInstance,
} from '#dingtalk/workflow.ts';
import type { CommentInput, InstanceIdsInput, StartInput } from '#dingtalk/workflow.ts';
import { addMs } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { newId } from '#secret/ids.ts';
import { saveApprovalForm } from '#store/approval-forms.ts';
import { addDingtalkApp } from '#store/dingtalk-apps-admin.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Payment } from '#store/payments.ts';
import { findPayment } from '#store/payments.ts';
import { addPerson } from '#store/persons.ts';
import { digestOfPayment } from '#core/payments.ts';
import { parseMoney } from '#core/money.ts';
import type { TestDatabase } from '#tests/database.ts';
import type { FlowWorld } from '#tests/flow-world.ts';
import { createFlowWorld } from '#tests/flow-world.ts';
import type { AppCalls } from '../dingtalk/app-calls.ts';
import type { ApprovalDeps, PaymentIntake } from './approval-deps.ts';
import type { FormMapping } from './form-mapping.ts';
import { checkMapping } from './form-mapping.ts';
import { makeOwnForm } from './own-form.ts';

/** Approvals in memory behind the calls of an app: what DingTalk does, without its wire. */
export interface FakeDingtalk extends AppCalls {
  readonly instances: Map<string, ApprovalInstance>;
  readonly log: string[];
  /** The next call of this kind fails; `after`: it was done all the same. */
  fail(what: CallName, error: CashbellError, when?: 'before' | 'after'): void;
  /** Ids that the lists do not show yet. */
  readonly hidden: Set<string>;
  schema: FormSchema;
  change(id: string, change: Partial<ApprovalInstance>): void;
}

type CallName = 'start' | 'read' | 'list' | 'comment' | 'terminate' | 'form';

const names = new Map<unknown, CallName>([
  [startInstance, 'start'],
  [readInstance, 'read'],
  [queryInstanceIds, 'list'],
  [commentInstance, 'comment'],
  [terminateInstance, 'terminate'],
  [readForm, 'form'],
]);

export function createFakeDingtalk(schema: FormSchema): FakeDingtalk {
  const failures: { what: CallName; error: CashbellError; when: 'before' | 'after' }[] = [];
  const takeFailure = (what: CallName, when: 'before' | 'after'): void => {
    const index = failures.findIndex((one) => one.what === what && one.when === when);
    const [failure] = index < 0 ? [] : failures.splice(index, 1);
    if (failure) throw failure.error;
  };
  const fake: FakeDingtalk = {
    instances: new Map(),
    log: [],
    hidden: new Set(),
    schema,
    fail: (what, error, when = 'before') => failures.push({ what, error, when }),
    change: (id, change) => {
      const known = fake.instances.get(id);
      if (known) fake.instances.set(id, { ...known, ...change });
    },
    call: <Input extends { readonly token: string }, Value>(
      _app: DirectoryApp,
      exchange: Exchange<Input, Value>,
      input: Omit<Input, 'token'>,
    ): Promise<Value> =>
      Promise.resolve().then(() => {
        const what = names.get(exchange);
        if (!what) throw new Error('no such call in the fake');
        fake.log.push(what);
        takeFailure(what, 'before');
        const value = answer(fake, what, input);
        takeFailure(what, 'after');
        return value as Value;
      }),
  };
  return fake;
}

function answer(fake: FakeDingtalk, what: CallName, input: unknown): unknown {
  switch (what) {
    case 'start': {
      const { originatorUserId, values } = input as StartInput;
      const instanceId = `i-${fake.instances.size + 1}`;
      fake.instances.set(
        instanceId,
        makeInstance({
          originatorUserId,
          values: values.map(({ name, value }) => ({ name, raw: value })),
        }),
      );
      return { instanceId };
    }
    case 'read': {
      const { processInstanceId } = input as { processInstanceId: string };
      const found = fake.instances.get(processInstanceId);
      if (!found) throw new CashbellError('approval.instanceGone');
      return found;
    }
    case 'list': {
      const { statuses = [] } = input as InstanceIdsInput;
      const listed = [...fake.instances].filter(
        ([id, { status }]) =>
          !fake.hidden.has(id) && (statuses.length === 0 || statuses.includes(status)),
      );
      return { ids: listed.map(([id]) => id) };
    }
    case 'comment': {
      const { processInstanceId, text } = input as CommentInput;
      const known = fake.instances.get(processInstanceId);
      const record = { userId: 'x', type: 'ADD_REMARK', result: 'NONE', remark: text };
      fake.change(processInstanceId, { records: [...(known?.records ?? []), record] });
      return undefined;
    }
    case 'terminate': {
      const { processInstanceId } = input as { processInstanceId: string };
      fake.change(processInstanceId, { status: 'TERMINATED' });
      return undefined;
    }
    case 'form':
      return fake.schema;
  }
}

export function makeInstance(change: Partial<ApprovalInstance> = {}): ApprovalInstance {
  return {
    title: 'Payment',
    status: 'RUNNING',
    originatorUserId: 'user01',
    values: [],
    records: [],
    bizAction: 'NONE',
    attachedProcessInstanceIds: [],
    ...change,
  };
}

export const agreedBy = (userId: string): OperationRecord => ({
  userId,
  type: 'EXECUTE_TASK_NORMAL',
  result: 'AGREE',
  remark: '',
});

export interface ApprovalWorld extends FlowWorld {
  readonly deps: ApprovalDeps & { readonly intake: PaymentIntake };
  readonly dingtalk: FakeDingtalk;
  readonly processCode: string;
  readonly appId: string;
  readonly maker: string;
  readonly approver: string;
  /** Payments that were woken, in order. */
  readonly woken: string[];
  advance(milliseconds: number): void;
  payment(change?: Readonly<Record<string, unknown>>): Promise<Payment>;
  reload(payment: Payment): Promise<Payment>;
}

/** An organisation with our form, one rule and two people; DingTalk is the fake. */
export async function createApprovalWorld(database: TestDatabase): Promise<ApprovalWorld> {
  const world = await createFlowWorld(database);
  const { directory, announcer, connectorOf, orgId, accounts } = world;
  let offsetMs = 0;
  const services = { ...world.services, now: () => addMs(world.services.now(), offsetMs) };
  const { appId } = await addDingtalkApp(
    services,
    { orgId, name: 'Cashbell', appKey: 'dingkey', appSecret: 'secret-of-the-app' },
    'test',
  );
  const own = makeOwnForm('en', [
    { accountId: accounts[0], bank: 'Story', name: 'One', number: '1001', currency: 'IDR' },
  ]);
  const schema: FormSchema = {
    title: own.name,
    controls: own.components.map(({ componentType, props }) => ({
      id: props.componentId,
      type: componentType,
      label: props.label,
      bizAlias: props.bizAlias,
      isRequired: props.required === true,
      options: (props.options ?? []).map(({ value }) => value),
      children: [],
    })),
  };
  const checked = checkMapping(schema, own.wish, { accountIds: new Set(accounts) });
  if (!checked.isValid) throw new Error(JSON.stringify(checked.problems));
  const processCode = 'PROC-1';
  await saveApprovalForm<FormMapping>(
    services,
    {
      orgId,
      processCode,
      appId,
      name: own.name,
      kind: 'own',
      mapping: checked.mapping,
      schemaDigest: digestOfSchema(schema),
      approvalsRequired: 1,
    },
    'test',
  );
  const person = async (name: string, dingtalkUserId: string): Promise<string> =>
    (await addPerson(services, { orgId, name, dingtalkUserId }, 'test')).personId;
  const maker = await person('Maya', 'user01');
  const approver = await person('Boss', 'user02');
  await services.pool.query(
    `INSERT INTO approval_rule (org_id, rule_id, ordinal, via, nodes, approvals_required,
       proposed_by, confirmed_by, created_at)
     VALUES ($1, $2, 1, 'dingtalk', $3, 1, 'per_one', 'per_two', now())`,
    [orgId, newId('rul'), JSON.stringify([{ action: 'NONE', persons: [approver] }])],
  );
  directory.forget(orgId);
  const dingtalk = createFakeDingtalk(schema);
  const woken: string[] = [];
  const reload = async ({ paymentId }: Pick<Payment, 'paymentId'>): Promise<Payment> => {
    const found = await findPayment(services.pool, { orgId, paymentId });
    if (!found) throw new Error('no such payment');
    return found;
  };
  return {
    ...world,
    services,
    dingtalk,
    processCode,
    appId,
    maker,
    approver,
    woken,
    advance: (milliseconds) => {
      offsetMs += milliseconds;
    },
    reload,
    payment: async (change = {}) => {
      const paymentId = newId('pay');
      await insertRow(world, { paymentId, processCode, maker, ...change });
      return reload({ paymentId });
    },
    deps: {
      services,
      directory,
      announcer,
      connectorOf,
      calls: dingtalk,
      onRings: () => undefined,
      intake: {
        requestFromApproval: () => Promise.reject(new Error('not in this test')),
        wake: (_orgId, paymentIds) => {
          woken.push(...paymentIds);
          return Promise.resolve();
        },
      },
    },
  };
}

let last = 0;

async function insertRow(
  { services, orgId, connectionId, accounts }: FlowWorld,
  change: Readonly<Record<string, unknown>>,
): Promise<void> {
  last += 1;
  const creditor = { name: 'PT Maju', account: '8010001575', scheme: 'domestic', country: 'ID' };
  const amount = parseMoney('1500.00', 'IDR');
  const digest = digestOfPayment({
    debtorAccountId: accounts[0],
    creditor,
    instructedAmount: amount,
    purpose: 'supplier',
  });
  const row: Record<string, unknown> = {
    orgId,
    endToEndId: String(700_000_000_000_000_000n + BigInt(last)),
    accountId: accounts[0],
    connectionId,
    environment: 'sandbox',
    creditor: JSON.stringify(creditor),
    foldedCreditorAccount: creditor.account,
    instructedMinorUnits: amount.amountMinorUnits.toString(),
    currency: 'IDR',
    purpose: 'supplier',
    remittanceInformation: 'Invoice',
    rail: 'intrabank',
    chargeBearer: 'debtor',
    requestedExecutionDate: '2026-11-23',
    notBefore: new Date(),
    digest,
    source: 'api',
    sourceKey: `test-${last}`,
    approvalVia: 'dingtalk',
    state: 'awaitingApproval',
    stateSince: new Date(),
    createdAt: new Date(),
    ...change,
  };
  const columns = Object.keys(row).map((name) =>
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  const marks = columns.map((_, index) => `$${index + 1}`);
  await services.pool.query(
    `INSERT INTO payment (${columns.join(', ')}) VALUES (${marks.join(', ')})`,
    Object.values(row),
  );
}
