import { createRandom } from '../../lib/random.ts';
import { refuseOrder } from '../order.ts';
import type { Action, Order } from '../order.ts';
import type { World } from '../world.ts';
import { addFile } from './files-api.ts';
import { readFlow } from './flow-config.ts';
import { readComponents } from './form-schema.ts';
import { addForm } from './forms-api.ts';
import { INSTANCE_ACTIONS } from './instance-orders.ts';
import { settleAll } from './operations.ts';
import { formOf, trim } from './store.ts';
import type { AutoRule, Form } from './model.ts';
import { viewAuto, viewForm, viewSettings } from './views.ts';

/** Management of OA approval: what the console and people in the client do. */
export const WORKFLOW_ACTIONS: readonly Action[] = [
  { method: 'GET', path: 'forms', act: (world) => listForms(world) },
  { method: 'POST', path: 'forms', act: postForm },
  { method: 'POST', path: 'forms/*', act: changeForm },
  { method: 'GET', path: 'approvals/auto', act: (world) => viewAuto(world) },
  { method: 'POST', path: 'approvals/auto', act: postAuto },
  { method: 'DELETE', path: 'approvals/auto', act: clearAuto },
  { method: 'GET', path: 'approvals/settings', act: (world) => viewSettings(world) },
  { method: 'POST', path: 'approvals/settings', act: postSettings },
  { method: 'POST', path: 'approvals/files', act: postFile },
  ...INSTANCE_ACTIONS,
];

function listForms(world: World): unknown {
  return [...world.workflow.forms.values()].map(viewForm);
}

/** Finds a form by code or name, so that a test can use the name it sees. */
export function findForm(world: World, name: string): Form {
  const byCode = formOf(world.workflow, name);
  if (byCode) return byCode;
  for (const form of world.workflow.forms.values()) {
    if (!form.deleted && form.name === name) return form;
  }
  return refuseOrder(`no form "${name}"`);
}

/** A form as a person makes it in the console: no app may change it. */
function postForm(world: World, order: Order): unknown {
  const name = order.needText('name');
  if ([...world.workflow.forms.values()].some((form) => !form.deleted && form.name === name)) {
    refuseOrder(`a form "${name}" exists`);
  }
  const components = readComponents(world.workflow, order.raw('formComponents'), 'person');
  if (typeof components === 'string') return refuseOrder(components);
  const processCode = order.text('processCode');
  const form = addForm(world, {
    name,
    description: order.text('description') ?? '',
    components,
    templateConfig: {},
    ownerAppKey: null,
    creatorUserId: order.text('userId') ?? [...world.users.keys()][0] ?? '',
    ...(processCode ? { processCode } : {}),
  });
  return changeFields(world, form, order);
}

function changeForm(world: World, order: Order, [name = '']: readonly string[]): unknown {
  return changeFields(world, findForm(world, name), order);
}

function changeFields(world: World, form: Form, order: Order): unknown {
  const flow = order.raw('flow');
  if (flow !== undefined) form.flow = readFlow(world, form.components, flow);
  form.allowWithdraw = order.flag('allowWithdraw') ?? form.allowWithdraw;
  form.stopped = order.flag('stopped') ?? form.stopped;
  form.deleted = order.flag('deleted') ?? form.deleted;
  form.visibleTo = order.texts('visibleTo') ?? form.visibleTo;
  return viewForm(form);
}

/** Switches on the rule that decides tasks at once; what already waits is decided too. */
function postAuto(world: World, order: Order): unknown {
  const decision = order.needText('decision');
  if (decision !== 'agree' && decision !== 'refuse' && decision !== 'mixed') {
    return refuseOrder('decision must be agree, refuse or mixed');
  }
  const probability = order.number('probability') ?? 0.5;
  if (probability < 0 || probability > 1) refuseOrder('probability must be from 0 to 1');
  const seed = order.whole('seed') ?? world.seed;
  const form = order.text('form');
  const rule: AutoRule = {
    decision,
    probability,
    seed,
    remark: order.text('remark'),
    processCode: form === undefined ? undefined : findForm(world, form).processCode,
    userIds: order.texts('userIds'),
    random: createRandom(seed),
    decided: 0,
  };
  world.workflow.auto = rule;
  settleAll(world);
  return viewAuto(world);
}

function clearAuto(world: World): unknown {
  world.workflow.auto = undefined;
  return viewAuto(world);
}

function postSettings(world: World, order: Order): unknown {
  const { settings } = world.workflow;
  const times = order.text('times') ?? settings.times;
  if (times !== 'beijing' && times !== 'epoch') return refuseOrder('times: beijing or epoch');
  const success = order.text('success') ?? settings.success;
  if (success !== 'boolean' && success !== 'text') return refuseOrder('success: boolean or text');
  settings.times = times;
  settings.success = success;
  settings.rowLists = order.flag('rowLists') ?? settings.rowLists;
  settings.strictValues = order.flag('strictValues') ?? settings.strictValues;
  settings.premium = order.flag('premium') ?? settings.premium;
  const keep = order.raw('keepFinished');
  if (keep === null) settings.keepFinished = undefined;
  else settings.keepFinished = order.whole('keepFinished') ?? settings.keepFinished;
  trim(world.workflow);
  return viewSettings(world);
}

/** Uploads as the client does; the answer is an entry of an attachment's value. */
function postFile(world: World, order: Order): unknown {
  const base64 = order.text('base64');
  const bytes = Buffer.from(base64 ?? order.text('text') ?? '', base64 ? 'base64' : 'utf8');
  const file = addFile(world, order.needText('fileName'), bytes);
  const { fileId, fileName, fileType } = file;
  const fileSize = String(bytes.length);
  return { spaceId: String(file.spaceId), fileName, fileSize, fileType, fileId };
}
