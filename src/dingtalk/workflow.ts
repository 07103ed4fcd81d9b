/**
 * Approvals as pairs of request and answer (dingtalk.md sections 4.1 to 4.4). Reading needs
 * `Workflow.Instance.Read`; only starting, commenting and withdrawing need `Workflow.Instance.Write`,
 * which would also let an app decide in the name of others. There is no exchange for that here.
 */
import type { HttpResponse } from '#core/http.ts';
import { meanings } from './codes.ts';
import type { DingtalkAnswer, Exchange } from './exchanges.ts';
import { accepted, demand, get, post, read } from './exchanges.ts';
import type { FormComponent, FormSchema } from './form-schema.ts';
import { readSchemaBody } from './form-schema.ts';
import type { ApprovalInstance } from './instance.ts';
import { readInstanceBody } from './instance.ts';
import { failure, judgeAnswer } from './judge.ts';
import {
  DoneWire,
  DownloadWire,
  FormSavedWire,
  InstanceIdsWire,
  InstanceStartedWire,
} from './workflow-wire.ts';

/** Sizes of sections 4.1, 4.2 and 4.4. */
export const workflowLimits = {
  nameCharacters: 200,
  descriptionCharacters: 300,
  labelCharacters: 20,
  placeholderCharacters: 128,
  aliasCharacters: 64,
  components: 200,
  values: 150,
  valueCharacters: 65_535,
  approverNodes: 20,
  commentCharacters: 1_024,
  idsPerPage: 20,
  idsUsers: 10,
  idsWindowDays: 120,
  idsAgeDays: 365,
  idsMost: 10_000,
} as const;

export interface FormInput {
  readonly token: string;
  /** Present: the form is changed, not made. */
  readonly processCode?: string;
  readonly name: string;
  readonly description: string;
  readonly components: readonly FormComponent[];
}

/** Makes or changes a form, section 4.1. Its flow is set by each start, or by an administrator. */
export const saveForm: Exchange<FormInput, { readonly processCode: string }> = {
  budget: 'api',
  host: 'api',
  request({ token, processCode, name, description, components }) {
    demand(name.length > 0 && name.length <= workflowLimits.nameCharacters, 'name');
    demand(description.length <= workflowLimits.descriptionCharacters, 'description');
    demand(components.length > 0 && components.length <= workflowLimits.components, 'components');
    for (const { props } of components) {
      demand(props.label.length <= workflowLimits.labelCharacters, props.bizAlias);
      demand(props.bizAlias.length <= workflowLimits.aliasCharacters, props.bizAlias);
      demand(props.componentId.length <= workflowLimits.aliasCharacters, props.componentId);
    }
    return post('/v1.0/workflow/forms', token, {
      ...(processCode === undefined ? {} : { processCode }),
      name,
      description,
      formComponents: components,
      // People must not rename what the mapping relies on, nor delete what was paid by.
      templateConfig: { disableFormEdit: true, disableDeleteProcess: true },
    });
  },
  parse: (response) =>
    read(response, FormSavedWire, ({ result }) => accepted({ processCode: result.processCode })),
};

/** Reads a form's controls, section 4.1. */
export const readForm: Exchange<
  { readonly token: string; readonly processCode: string },
  FormSchema
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, processCode }) =>
    get('/v1.0/workflow/forms/schemas/processCodes', token, { processCode }),
  parse: (response) => readBody(response, readSchemaBody),
};

/** Who decides at one node, section 4.2. `AND`: all of them; `OR`: any; `NONE`: the only one. */
export interface ApproverNode {
  readonly actionType: 'AND' | 'OR' | 'NONE';
  readonly userIds: readonly string[];
}

export interface StartInput {
  readonly token: string;
  readonly processCode: string;
  readonly originatorUserId: string;
  /** App's agent, so that people see who asks. */
  readonly agentId?: number;
  /** Label and text of each field. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** In order; they replace the flow of the administration console. */
  readonly approvers: readonly ApproverNode[];
}

/**
 * Starts an approval, section 4.2. DingTalk knows no key for it: a second call starts a second one,
 * so that the caller notes the intent first and searches before it tries again.
 */
export const startInstance: Exchange<StartInput, { readonly instanceId: string }> = {
  budget: 'api',
  host: 'api',
  request({ token, processCode, originatorUserId, agentId, values, approvers }) {
    demand(values.length <= workflowLimits.values, 'values');
    for (const { name, value } of values) {
      demand(value.length <= workflowLimits.valueCharacters, name);
    }
    demand(approvers.length > 0 && approvers.length <= workflowLimits.approverNodes, 'approvers');
    for (const { actionType, userIds } of approvers) {
      demand(actionType === 'NONE' ? userIds.length === 1 : userIds.length > 0, 'approvers');
    }
    return post('/v1.0/workflow/processInstances', token, {
      processCode,
      originatorUserId,
      ...(agentId === undefined ? {} : { microappAgentId: agentId }),
      formComponentValues: values,
      approvers,
    });
  },
  parse: (response) =>
    read(response, InstanceStartedWire, ({ instanceId }) => accepted({ instanceId })),
};

/** Reads one approval afresh, section 4.4. */
export const readInstance: Exchange<
  { readonly token: string; readonly processInstanceId: string },
  ApprovalInstance
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, processInstanceId }) =>
    get('/v1.0/workflow/processInstances', token, { processInstanceId }),
  parse: (response) => readBody(response, readInstanceBody),
};

export interface InstanceIdsInput {
  readonly token: string;
  readonly processCode: string;
  readonly startMs: number;
  readonly endMs: number;
  /** From the page before; 0 for the first. */
  readonly nextToken: number;
  readonly userIds?: readonly string[];
  readonly statuses?: readonly ('RUNNING' | 'TERMINATED' | 'COMPLETED')[];
}

export interface InstanceIdsPage {
  readonly ids: readonly string[];
  /** Absent on the last page. */
  readonly nextToken?: number;
}

/** Lists ids of approvals that were started in a window, section 4.4. */
export const queryInstanceIds: Exchange<InstanceIdsInput, InstanceIdsPage> = {
  budget: 'api',
  host: 'api',
  request({ token, processCode, startMs, endMs, nextToken, userIds = [], statuses = [] }) {
    demand(userIds.length <= workflowLimits.idsUsers, 'userIds');
    demand(endMs - startMs <= workflowLimits.idsWindowDays * DAY_MS, 'startMs');
    return post('/v1.0/workflow/processes/instanceIds/query', token, {
      processCode,
      startTime: startMs,
      endTime: endMs,
      nextToken,
      maxResults: workflowLimits.idsPerPage,
      ...(userIds.length === 0 ? {} : { userIds }),
      ...(statuses.length === 0 ? {} : { statuses }),
    });
  },
  parse: (response) =>
    read(response, InstanceIdsWire, ({ result: { list, nextToken } }) =>
      accepted({ ids: list, ...(nextToken === '' ? {} : { nextToken: Number(nextToken) }) }),
    ),
};

const DAY_MS = 86_400_000;

/** Withdraws a running approval that nobody needs any more, section 4.4; not in its first 15 s. */
export const terminateInstance: Exchange<
  { readonly token: string; readonly processInstanceId: string; readonly remark: string },
  undefined
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, processInstanceId, remark }) =>
    post('/v1.0/workflow/processInstances/terminate', token, {
      processInstanceId,
      isSystem: true,
      remark,
    }),
  parse: (response) => readDone(response),
};

export interface CommentInput {
  readonly token: string;
  readonly processInstanceId: string;
  readonly text: string;
  readonly commentUserId: string;
}

/** Writes a remark below an approval, section 4.4. It has no key either. */
export const commentInstance: Exchange<CommentInput, undefined> = {
  budget: 'api',
  host: 'api',
  request({ token, processInstanceId, text, commentUserId }) {
    demand(text !== '' && text.length <= workflowLimits.commentCharacters, 'text');
    return post('/v1.0/workflow/processInstances/comments', token, {
      processInstanceId,
      text,
      commentUserId,
    });
  },
  parse: (response) => readDone(response),
};

/** Where an attachment can be fetched for a quarter of an hour, section 4.3. */
export const fetchAttachmentUrl: Exchange<
  { readonly token: string; readonly processInstanceId: string; readonly fileId: string },
  { readonly downloadUri: string }
> = {
  budget: 'api',
  host: 'api',
  request: ({ token, processInstanceId, fileId }) =>
    post('/v1.0/workflow/processInstances/spaces/files/urls/download', token, {
      processInstanceId,
      fileId,
    }),
  parse: (response) =>
    read(response, DownloadWire, ({ result }) => accepted({ downloadUri: result.downloadUri })),
};

/** For bodies whose reader knows more than a schema can say. */
function readBody<Value>(
  response: HttpResponse,
  readValue: (body: unknown) => Value | undefined,
): DingtalkAnswer<Value> {
  const outcome = judgeAnswer(response);
  if (outcome.kind !== 'accepted') return outcome;
  const value = readValue(outcome.body);
  if (value !== undefined) return accepted(value);
  const fields = Object.keys(Object(outcome.body)).join(', ');
  return failure(meanings.answerUnreadable, `HTTP ${response.status}`, `fields: ${fields}`);
}

function readDone(response: HttpResponse): DingtalkAnswer<undefined> {
  return read(response, DoneWire, ({ result }) =>
    result === false || result === 'false'
      ? failure(meanings.requestInvalid, 'result false', 'not done')
      : accepted(undefined),
  );
}
