import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import type { Call, Route } from '../call.ts';
import { isFields } from '../content.ts';
import type { App, World } from '../world.ts';
import { nowOf } from './engine.ts';
import { defaultFlow } from './flow-config.ts';
import { readComponents, viewSchemaItems } from './form-schema.ts';
import { isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import { formOf, ids } from './store.ts';
import type { Component, Form } from './model.ts';

/** Form templates (dingtalk.md 4.1, `create-an-approval-form-template`, `obtain-the-form-schema`). */
export const FORM_ROUTES: readonly Route[] = [
  workflowRoute('POST', '/v1.0/workflow/forms', 'Workflow.Form.Write', saveForm),
  workflowRoute(
    'GET',
    '/v1.0/workflow/forms/schemas/processCodes',
    'Workflow.Form.Read',
    readSchema,
  ),
];

const FORMS_MAX = 200;
const NAME_CHARACTERS_MAX = 200;
const DESCRIPTION_CHARACTERS_MAX = 300;

const CONFIG_FLAGS = [
  'disableStopProcessButton',
  'hidden',
  'disableDeleteProcess',
  'disableFormEdit',
  'disableResubmit',
  'disableHomepage',
];
const CONFIG_TEXTS = ['dirId', 'originDirId'];

function saveForm(call: Call, app: App, body: Body): Reply {
  const { world } = call;
  const standing = findOwn(world, app, body['processCode']);
  if (standing && 'status' in standing) return standing;
  const refused = checkHead(world, body, standing);
  if (refused) return refused;
  const components = readComponents(world.workflow, body['formComponents'], 'app');
  if (typeof components === 'string') return wrong('formschema.error', components);
  const config = readConfig(body['templateConfig']);
  if ('status' in config) return config;
  const { templateConfig } = config;
  const { description } = body;
  const head = {
    name: String(body['name']),
    description: typeof description === 'string' ? description : '',
  };
  if (standing) return updateForm(world, standing, { ...head, components, templateConfig });
  const form = addForm(world, {
    ...head,
    components,
    templateConfig,
    ownerAppKey: app.appKey,
    creatorUserId: '',
  });
  return ok({ result: { processCode: form.processCode } });
}

function findOwn(world: World, app: App, code: unknown): Form | Reply | undefined {
  if (code === undefined || code === '') return undefined;
  const form = isText(code) ? formOf(world.workflow, code) : undefined;
  if (!form) return wrong('processcode.error', 'processCode对应的审批流程不存在');
  if (form.ownerAppKey === app.appKey) return form;
  return wrong('permission.error', '无操作审批流的权限，请检查审批实例或者模板是否正确');
}

function checkHead(world: World, body: Body, standing: Form | undefined): Reply | undefined {
  const { name, description } = body;
  if (!isText(name) || [...name].length > NAME_CHARACTERS_MAX) {
    return wrong('formName.error', `表单名称不能为空且不超过 ${NAME_CHARACTERS_MAX} 字符`);
  }
  if (description !== undefined && typeof description !== 'string') {
    return wrong('formschema.error', 'description 不合法');
  }
  if ([...(description ?? '')].length > DESCRIPTION_CHARACTERS_MAX) {
    return wrong('formschema.error', `description 长度超过 ${DESCRIPTION_CHARACTERS_MAX}`);
  }
  const forms = [...world.workflow.forms.values()].filter((form) => !form.deleted);
  if (forms.some((form) => form.name === name && form !== standing)) {
    return wrong('formName.error', '已有相同名称表单');
  }
  if (!standing && forms.length >= FORMS_MAX) {
    return wrong('internalError', `每个企业最多创建 ${FORMS_MAX} 个官方审批模板`);
  }
  return undefined;
}

function readConfig(value: unknown): { templateConfig: Body } | Reply {
  if (value === undefined) return { templateConfig: {} };
  if (!isFields(value)) return wrong('formschema.error', 'templateConfig 不合法');
  for (const [name, entry] of Object.entries(value)) {
    const isRight =
      (CONFIG_FLAGS.includes(name) && typeof entry === 'boolean') ||
      (CONFIG_TEXTS.includes(name) && typeof entry === 'string');
    if (!isRight) return wrong('formschema.error', `templateConfig.${name} 不合法`);
  }
  return { templateConfig: value };
}

type Change = Pick<Form, 'name' | 'description' | 'components' | 'templateConfig'>;

function updateForm(world: World, form: Form, change: Change): Reply {
  const lost = form.flow.nodes.some(
    (node) => node.condition && !stays(form, change.components, node.condition.componentId),
  );
  if (lost) return wrong('formschema.error', '流程条件分支中已使用的表单控件不可修改或删除');
  Object.assign(form, change);
  form.version += 1;
  form.modifiedAtMs = nowOf(world);
  return ok({ result: { processCode: form.processCode } });
}

function stays(form: Form, components: readonly Component[], id: string): boolean {
  const before = form.components.find((component) => component.id === id);
  const after = components.find((component) => component.id === id);
  return after?.componentType === before?.componentType && after?.label === before?.label;
}

/** Adds a template with the flow that stands until somebody configures another. */
export function addForm(
  world: World,
  order: Change & Pick<Form, 'ownerAppKey' | 'creatorUserId'> & { readonly processCode?: string },
): Form {
  const { workflow } = world;
  const nowMs = nowOf(world);
  const form: Form = {
    ...order,
    processCode: order.processCode ?? ids.processCode(workflow),
    formUuid: ids.formUuid(workflow),
    flow: defaultFlow(world),
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    version: 1,
    allowWithdraw: true,
    stopped: false,
    deleted: false,
    visibleTo: undefined,
  };
  workflow.forms.set(form.processCode, form);
  return form;
}

function readSchema(call: Call): Reply {
  const code = call.query.get('processCode');
  if (!isText(code)) return wrong('invalidParameter', '参数错误：processCode');
  const form = formOf(call.world.workflow, code);
  if (!form) return wrong('formNotExist', '审批表单模板不存在');
  const schemaContent = {
    title: form.name,
    icon: 'common',
    items: viewSchemaItems(form.components),
  };
  return ok({
    result: {
      creatorUserId: form.creatorUserId,
      formCode: form.processCode,
      formUuid: form.formUuid,
      name: form.name,
      memo: form.description,
      ownerIdType: 'orgId',
      schemaContent,
      icon: 'common',
      appType: 0,
      engineType: 0,
      status: form.stopped ? 'INVALID' : 'PUBLISHED',
      listOrder: 0,
      procType: 'inner',
      visibleRange: form.visibleTo ? 'PRIVATE' : 'PUBLIC',
      gmtCreate: String(form.createdAtMs),
      gmtModified: String(form.modifiedAtMs),
    },
  });
}
