import { startStand } from '../testing.ts';
import type { Answer, Json, Stand } from '../testing.ts';

/** A payment form as the product might make it, with the controls of dingtalk.md 4.1. */
export const PAYMENT_FORM = {
  name: '银行付款',
  description: 'Bank payment',
  formComponents: [
    component('MoneyField', 'amount', '金额（元）', { required: true, upper: '1' }),
    component('DDSelectField', 'account', '付款账户', {
      required: true,
      options: [{ key: 'option_0', value: '基本户' }, { value: '一般户' }],
    }),
    component('TextField', 'creditor', '收款人', { required: true }),
    component('TextareaField', 'purpose', '用途', {}),
    component('DDDateField', 'date', '付款日期', {}),
    component('DDAttachment', 'papers', '附件', {}),
    {
      ...component('TableField', 'lines', '明细', { tableViewMode: 'table' }),
      children: [component('MoneyField', 'lineAmount', '行金额', { upper: '0' })],
    },
  ],
};

/** One control of a form. */
export function component(
  componentType: string,
  bizAlias: string,
  label: string,
  props: Record<string, unknown>,
): Record<string, unknown> {
  return {
    componentType,
    props: { componentId: `${componentType}_${bizAlias}`, bizAlias, label, ...props },
  };
}

/** The values of a payment of 900.00, as an app writes them. */
export const PAYMENT_VALUES = [
  { name: '金额（元）', value: '900.00' },
  { name: '付款账户', value: '基本户' },
  { name: '收款人', value: '某公司' },
];

/** A stand with the payment form made by the app. */
export interface ApprovalStand extends Stand {
  readonly processCode: string;
  /** Every event that was published, in order. */
  readonly events: { eventType: string; data: Json }[];
  start(change?: Record<string, unknown>): Promise<Answer>;
  /** Starts an instance and gives its id. */
  startId(change?: Record<string, unknown>): Promise<string>;
  details(processInstanceId: string): Promise<Json>;
  /** What a person does in the client. */
  deed(id: string, name: string, order: Record<string, unknown>): Promise<Json>;
}

/** Starts it; the caller closes it. */
export async function startApprovalStand(): Promise<ApprovalStand> {
  const stand = await startStand();
  const { json } = await stand.asApp('POST', '/v1.0/workflow/forms', PAYMENT_FORM);
  const processCode = String(json.result.processCode);
  const events: ApprovalStand['events'] = [];
  stand.simulator.onEvent((event) => events.push(event));
  const start: ApprovalStand['start'] = (change = {}) =>
    stand.asApp('POST', '/v1.0/workflow/processInstances', {
      processCode,
      originatorUserId: 'user01',
      formComponentValues: PAYMENT_VALUES,
      approvers: [
        { actionType: 'NONE', userIds: ['user02'] },
        { actionType: 'NONE', userIds: ['user03'] },
      ],
      ...change,
    });
  return {
    ...stand,
    processCode,
    events,
    start,
    startId: async (change) => {
      const answer = await start(change);
      if (answer.status !== 200) throw new Error(answer.text);
      return String(answer.json.instanceId);
    },
    details: async (processInstanceId) => {
      const path = `/v1.0/workflow/processInstances?processInstanceId=${processInstanceId}`;
      return (await stand.asApp('GET', path)).json;
    },
    deed: (id, name, order) => stand.manage('POST', `instances/${id}/${name}`, order),
  };
}
