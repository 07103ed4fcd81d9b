import { createRandom } from '../../lib/random.ts';
import { beijingDigits } from './times.ts';
import type { Form, Instance, Workflow } from './model.ts';

/** Opens an organisation's approvals, empty. Its chance is its own, so that other ids of the seed stay. */
export function createWorkflow(seed: number): Workflow {
  const random = createRandom(seed ^ 0x0a_99_20);
  return {
    forms: new Map(),
    instances: new Map(),
    running: new Set(),
    finished: new Set(),
    taskInstances: new Map(),
    comments: [],
    files: new Map(),
    downloads: new Map(),
    settings: {
      times: 'beijing',
      success: 'boolean',
      rowLists: false,
      strictValues: true,
      premium: false,
      keepFinished: undefined,
    },
    random,
    spaceId: random.whole(3_000_000_000, 3_999_999_999),
    auto: undefined,
    sequence: 0,
    started: 0,
    trimmed: 0,
    deleted: 0,
    lastTaskId: random.whole(80_000_000_000, 80_999_999_999),
    listeners: new Set(),
  };
}

/** Forms that can be seen and used, by code. */
export function formOf(workflow: Workflow, processCode: string): Form | undefined {
  const form = workflow.forms.get(processCode);
  return form?.deleted ? undefined : form;
}

/** Tells the page and pollers that an instance is new or different. */
export function touch(workflow: Workflow, instance: Instance): void {
  workflow.sequence += 1;
  instance.changed = workflow.sequence;
  for (const listener of workflow.listeners) listener(instance);
}

/** Moves an instance to the finished ones and drops what is beyond the number to keep. */
export function fileAway(workflow: Workflow, instance: Instance): void {
  workflow.running.delete(instance);
  workflow.finished.add(instance);
  trim(workflow);
}

/** Drops the oldest finished instances beyond the number to keep; they are counted, not forgotten silently. */
export function trim(workflow: Workflow): void {
  const keep = workflow.settings.keepFinished;
  if (keep === undefined) return;
  for (const instance of workflow.finished) {
    if (workflow.finished.size <= keep) return;
    remove(workflow, instance);
    workflow.trimmed += 1;
  }
}

/** Takes an instance out of every index. */
export function remove(workflow: Workflow, instance: Instance): void {
  workflow.running.delete(instance);
  workflow.finished.delete(instance);
  workflow.instances.delete(instance.processInstanceId);
  for (const task of instance.tasks) workflow.taskInstances.delete(task.taskId);
}

/** Texts of DingTalk's shape from the store's own chance. */
export const ids = {
  processCode: (workflow: Workflow): string => `PROC-${uuid(workflow).toUpperCase()}`,
  formUuid: (workflow: Workflow): string => `FORM-${uuid(workflow).toUpperCase()}`,
  component: (workflow: Workflow, type: string): string =>
    `${type}_${letters(workflow, 13, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')}`,
  activity: (workflow: Workflow): string =>
    `${letters(workflow, 4, '0123456789abcdef')}_${letters(workflow, 4, '0123456789abcdef')}`,
  actorKey: (workflow: Workflow): string =>
    `manual_${[0, 1, 2, 3].map(() => letters(workflow, 4, '0123456789abcdef')).join('_')}`,
  /** Ends in the Unix second of its start, as real ones do (dingtalk.md 4.4). */
  instance: (workflow: Workflow, nowMs: number): string => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const second = String(Math.floor(nowMs / 1000)).padStart(10, '0');
    return `${letters(workflow, 22, alphabet)}${workflow.random.digits(4)}${second}`;
  },
  business: (workflow: Workflow, nowMs: number): string =>
    `${beijingDigits(nowMs)}${String(workflow.started).padStart(9, '0')}`,
  task: (workflow: Workflow): number => {
    workflow.lastTaskId += workflow.random.whole(1, 900);
    return workflow.lastTaskId;
  },
  file: (workflow: Workflow): string => `1${workflow.random.digits(10)}`,
  download: (workflow: Workflow): string => letters(workflow, 32, '0123456789abcdef'),
} as const;

function letters(workflow: Workflow, count: number, alphabet: string): string {
  let text = '';
  for (let index = 0; index < count; index += 1) {
    text += alphabet.charAt(workflow.random.whole(0, alphabet.length - 1));
  }
  return text;
}

function uuid(workflow: Workflow): string {
  return [8, 4, 4, 4, 12].map((count) => letters(workflow, count, '0123456789abcdef')).join('-');
}
