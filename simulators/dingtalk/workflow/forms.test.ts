import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, Json } from '../testing.ts';
import { component, PAYMENT_FORM, startApprovalStand } from './testing.ts';
import type { ApprovalStand } from './testing.ts';

let stand: ApprovalStand;
beforeEach(async () => {
  stand = await startApprovalStand();
});
afterEach(() => stand.close());

const FORMS = '/v1.0/workflow/forms';

function save(change: Record<string, unknown>): Promise<Answer> {
  return stand.asApp('POST', FORMS, { ...PAYMENT_FORM, name: 'Another', ...change });
}

const text = (label: string, props: Record<string, unknown> = {}): Record<string, unknown> =>
  component('TextField', `alias ${label}`, label, props);

describe('form template', () => {
  test('is read back with ids, labels, aliases, options and columns', async () => {
    const path = `${FORMS}/schemas/processCodes?processCode=${stand.processCode}`;
    const { result } = (await stand.asApp('GET', path)).json;
    expect(result).toMatchObject({ name: '银行付款', formCode: stand.processCode });
    const { items } = result.schemaContent;
    expect(items[0]).toMatchObject({
      componentName: 'MoneyField',
      props: { id: 'MoneyField_amount', bizAlias: 'amount', label: '金额（元）', required: true },
    });
    expect(items[1].props.options).toEqual(['基本户', '一般户']);
    const lines = items.find((item: Json) => item.componentName === 'TableField');
    expect(lines.children[0].props.label).toBe('行金额');
    const unknown = await stand.asApp('GET', `${FORMS}/schemas/processCodes?processCode=PROC-X`);
    expect([unknown.status, unknown.json.code]).toEqual([400, 'formNotExist']);
  });

  test('is updated by its code, keeps it and may keep its name', async () => {
    const { processCode } = stand;
    const change = { processCode, name: PAYMENT_FORM.name, formComponents: [text('Payee')] };
    expect((await save(change)).json).toEqual({ result: { processCode } });
    const forms = await stand.manage('GET', 'forms');
    expect(forms).toHaveLength(1);
    expect(forms[0]).toMatchObject({ version: 2, components: [{ label: 'Payee' }] });
  });

  test('gets ids of its own where none were given', async () => {
    const bare = { componentType: 'TextField', props: { label: 'Bare' } };
    const { json } = await save({ formComponents: [bare] });
    const forms = await stand.manage('GET', 'forms');
    const form = forms.find((one: Json) => one.processCode === json.result.processCode);
    expect(form.components[0].id).toMatch(/^TextField_[A-Z0-9]{13}$/);
  });

  test.each([
    ['a name in use', { name: PAYMENT_FORM.name }, 'formName.error'],
    ['a name over 200 characters', { name: 'x'.repeat(201) }, 'formName.error'],
    ['no name', { name: '' }, 'formName.error'],
    ['a description over 300', { description: 'x'.repeat(301) }, 'formschema.error'],
    ['no components', { formComponents: [] }, 'formschema.error'],
    [
      'over 200 components',
      { formComponents: Array.from({ length: 201 }, (_, index) => text(String(index))) },
      'formschema.error',
    ],
    ['a label over 20', { formComponents: [text('x'.repeat(21))] }, 'formschema.error'],
    [
      'a placeholder over 128',
      { formComponents: [text('a', { placeholder: 'x'.repeat(129) })] },
      'formschema.error',
    ],
    [
      'an id over 64',
      { formComponents: [text('a', { componentId: 'x'.repeat(65) })] },
      'formschema.error',
    ],
    [
      'one id twice',
      { formComponents: [text('a', { componentId: 'x' }), text('b', { componentId: 'x' })] },
      'formschema.error',
    ],
    [
      'an unknown control',
      { formComponents: [{ ...text('a'), componentType: 'Magic' }] },
      'formschema.error',
    ],
    [
      'the payee control that only the console has',
      { formComponents: [{ ...text('a'), componentType: 'RecipientAccountField' }] },
      'formschema.error',
    ],
    [
      'a choice without options',
      { formComponents: [component('DDSelectField', 'a', 'a', {})] },
      'formschema.error',
    ],
    [
      'a table in a table',
      {
        formComponents: [
          {
            ...component('TableField', 'a', 'a', {}),
            children: [{ ...component('TableField', 'b', 'b', {}), children: [text('c')] }],
          },
        ],
      },
      'formschema.error',
    ],
    ['an unknown setting', { templateConfig: { disableEverything: true } }, 'formschema.error'],
    ['a code that is none', { processCode: 'PROC-NONE' }, 'processcode.error'],
  ])('with %s is refused', async (_name, change, code) => {
    const answer = await save(change);
    expect([answer.status, answer.json.code]).toEqual([400, code]);
  });

  test('of a person is no app’s to change', async () => {
    const form = await stand.manage('POST', 'forms', {
      name: 'By hand',
      formComponents: [
        { ...component('RecipientAccountField', 'payee', '收款账户', {}) },
        text('Payee'),
      ],
    });
    const answer = await save({ processCode: form.processCode });
    expect([answer.status, answer.json.code]).toEqual([400, 'permission.error']);
  });

  test('keeps a control that its flow’s conditions use', async () => {
    await stand.manage('POST', `forms/${stand.processCode}`, {
      flow: {
        nodes: [{ userIds: ['user02'], condition: { component: 'amount', atLeast: '1000' } }],
      },
    });
    const { processCode } = stand;
    const without = { processCode, formComponents: PAYMENT_FORM.formComponents.slice(1) };
    expect((await save(without)).json.code).toBe('formschema.error');
    expect((await save({ processCode, formComponents: PAYMENT_FORM.formComponents })).status).toBe(
      200,
    );
  });

  test('is one of 200 at the most', async () => {
    await stand.manage('POST', 'limits', { qps: 100_000 });
    for (let index = 1; index < 200; index += 1) {
      await stand.manage('POST', 'forms', { name: `F${index}`, formComponents: [text('a')] });
    }
    expect((await save({})).json.code).toBe('internalError');
    await stand.manage('POST', 'forms/F7', { deleted: true });
    expect((await save({})).status).toBe(200);
  });

  test('needs permission to write and to read', async () => {
    const { app } = await stand.manage('GET', 'world');
    await stand.manage('POST', `apps/${app.appKey}`, { permissions: ['Workflow.Form.Read'] });
    const denied = 'Forbidden.AccessDenied.AccessTokenPermissionDenied';
    expect((await save({})).json.code).toBe(denied);
    const path = `${FORMS}/schemas/processCodes?processCode=${stand.processCode}`;
    expect((await stand.asApp('GET', path)).status).toBe(200);
  });
});
