import type { Random } from '../../lib/random.ts';

/** One control of a form (dingtalk.md 4.1, `oa-formcomponent-message`). */
export interface Component {
  readonly id: string;
  readonly bizAlias: string | undefined;
  /** Of a date range: the JSON text of two labels. */
  readonly label: string;
  readonly componentType: string;
  readonly required: boolean;
  readonly options: readonly { readonly key: string; readonly value: string }[];
  /** As they were given, for reading the form back. */
  readonly props: Readonly<Record<string, unknown>>;
  /** The columns of a table. */
  readonly children: readonly Component[];
}

export type CcPosition = 'START' | 'FINISH' | 'START_FINISH';

/** A condition of a configured flow: the node counts only while the control's value fulfils it. */
export interface Condition {
  readonly componentId: string;
  /** Decimal text; the node counts from this amount on. */
  readonly atLeast: string | undefined;
  /** Decimal text; the node counts below this amount. */
  readonly below: string | undefined;
  readonly equals: string | undefined;
}

/** A node of the flow that the console configured for a form. */
export interface FlowNode {
  readonly activityId: string;
  readonly name: string;
  readonly method: 'AND' | 'OR' | 'ONE_BY_ONE';
  readonly approvalType: 'MANUAL' | 'AUTO_AGREE' | 'AUTO_REFUSE';
  readonly userIds: readonly string[];
  readonly roleIds: readonly number[];
  /** The originator picks who decides; `range` empty means anyone. */
  readonly targetSelect:
    | { readonly actorKey: string; readonly range: readonly string[] }
    | undefined;
  readonly condition: Condition | undefined;
}

export interface Flow {
  readonly nodes: readonly FlowNode[];
  readonly ccUserIds: readonly string[];
  readonly ccPosition: CcPosition;
}

export interface Form {
  readonly processCode: string;
  readonly formUuid: string;
  name: string;
  description: string;
  components: readonly Component[];
  templateConfig: Readonly<Record<string, unknown>>;
  flow: Flow;
  /** The app that made it; null when a person did, and then no app may change it. */
  readonly ownerAppKey: string | null;
  readonly creatorUserId: string;
  readonly createdAtMs: number;
  modifiedAtMs: number;
  version: number;
  /** Whether the originator may withdraw a running request. */
  allowWithdraw: boolean;
  stopped: boolean;
  deleted: boolean;
  /** Who may start it; undefined means everyone. */
  visibleTo: readonly string[] | undefined;
}

export type InstanceStatus = 'RUNNING' | 'TERMINATED' | 'COMPLETED';
export type Result = 'agree' | 'refuse';
export type BizAction = 'NONE' | 'MODIFY' | 'REVOKE';

export type OperationType =
  | 'START_PROCESS_INSTANCE'
  | 'EXECUTE_TASK_NORMAL'
  | 'EXECUTE_TASK_AGENT'
  | 'APPEND_TASK_BEFORE'
  | 'APPEND_TASK_AFTER'
  | 'REDIRECT_TASK'
  | 'TERMINATE_PROCESS_INSTANCE'
  | 'FINISH_PROCESS_INSTANCE'
  | 'ADD_REMARK'
  | 'REDIRECT_PROCESS'
  | 'PROCESS_CC';

/** Who moved something: a person's hand, an app by its interface, or a rule of the flow. */
export type Hand = 'person' | 'rule' | `app:${string}`;

/** One line of the history (dingtalk.md 4.4). */
export interface OperationRecord {
  readonly userId: string;
  readonly atMs: number;
  readonly type: OperationType;
  readonly result: 'AGREE' | 'REFUSE' | 'NONE';
  readonly remark: string | undefined;
  readonly ccUserIds: readonly string[] | undefined;
  readonly activityId: string | undefined;
  readonly showName: string | undefined;
  /** Not shown by DingTalk: lets an auditor see what an app decided as somebody. */
  readonly hand: Hand;
}

export type TaskStatus = 'NEW' | 'RUNNING' | 'PAUSED' | 'CANCELED' | 'COMPLETED' | 'TERMINATED';

export interface Task {
  readonly taskId: number;
  readonly userId: string;
  readonly activityId: string;
  readonly showName: string;
  readonly createdAtMs: number;
  status: TaskStatus;
  result: 'AGREE' | 'REFUSE' | 'REDIRECTED' | 'NONE';
  finishedAtMs: number | undefined;
  /** Added before another person's task, which goes on when this one is agreed to. */
  readonly before: number | undefined;
}

/** A node as one instance goes through it: who decides is settled. */
export interface InstanceNode {
  readonly activityId: string;
  readonly name: string;
  readonly method: 'AND' | 'OR' | 'ONE_BY_ONE' | 'NONE';
  readonly approvalType: 'MANUAL' | 'AUTO_AGREE' | 'AUTO_REFUSE';
  readonly userIds: readonly string[];
}

/** A value as it was written; how it reads back is made when it is asked for (dingtalk.md 4.3). */
export interface FormValue {
  readonly component: Component;
  readonly value: string;
}

/** A change of a value while the request was running. */
export interface Edit {
  readonly atMs: number;
  readonly userId: string;
  readonly label: string;
  readonly from: string;
  readonly to: string;
}

export interface Instance {
  readonly processInstanceId: string;
  readonly form: Form;
  readonly businessId: string;
  readonly title: string;
  readonly originatorUserId: string;
  readonly originatorDeptId: number;
  readonly createdAtMs: number;
  finishedAtMs: number | undefined;
  status: InstanceStatus;
  result: Result | undefined;
  values: readonly FormValue[];
  readonly nodes: InstanceNode[];
  nodeIndex: number;
  readonly tasks: Task[];
  readonly records: OperationRecord[];
  readonly edits: Edit[];
  readonly ccUserIds: readonly string[];
  readonly ccPosition: CcPosition;
  /** Only an instance that an app started with approvers tells them again. */
  readonly approverUserIds: readonly string[] | undefined;
  readonly startedBy: Hand;
  readonly bizAction: BizAction;
  readonly mainProcessInstanceId: string | undefined;
  readonly attachedProcessInstanceIds: string[];
  /** Position of the last change among all changes of instances. */
  changed: number;
}

export interface Comment {
  readonly sequence: number;
  readonly at: string;
  readonly processInstanceId: string;
  readonly userId: string;
  readonly text: string;
  readonly hand: Hand;
}

/** A file in the approval space, as the client's JSAPI would have put it there. */
export interface SpaceFile {
  readonly fileId: string;
  readonly spaceId: number;
  readonly fileName: string;
  readonly fileType: string;
  readonly bytes: Buffer;
}

/** Ways in which DingTalk's answers differ between documents and captures (dingtalk.md 4.4). */
export interface WorkflowSettings {
  times: 'beijing' | 'epoch';
  success: 'boolean' | 'text';
  /** Lists inside table rows as real lists instead of texts. */
  rowLists: boolean;
  /** Options that are not in the list, persons who left, unknown departments and instances are errors. */
  strictValues: boolean;
  /** OA premium edition: `bizDetailPageUrl` is allowed. */
  premium: boolean;
  /** Finished instances beyond this many are dropped, oldest first; undefined keeps all. */
  keepFinished: number | undefined;
}

/** Decides tasks at once instead of a person; for load runs. */
export interface AutoRule {
  readonly decision: Result | 'mixed';
  /** Chance that a task is refused when `mixed`. */
  readonly probability: number;
  readonly seed: number;
  readonly remark: string | undefined;
  readonly processCode: string | undefined;
  readonly userIds: readonly string[] | undefined;
  readonly random: Random;
  decided: number;
}

/** Everything of OA approval in one organisation. */
export interface Workflow {
  readonly forms: Map<string, Form>;
  /** In order of their start. */
  readonly instances: Map<string, Instance>;
  readonly running: Set<Instance>;
  /** Finished instances in order of their end; what is trimmed is taken from the front. */
  readonly finished: Set<Instance>;
  readonly taskInstances: Map<number, Instance>;
  readonly comments: Comment[];
  readonly files: Map<string, SpaceFile>;
  /** Download addresses that were given out: key → file and end of validity. */
  readonly downloads: Map<string, { readonly file: SpaceFile; readonly expiresAtMs: number }>;
  readonly settings: WorkflowSettings;
  readonly random: Random;
  readonly spaceId: number;
  auto: AutoRule | undefined;
  sequence: number;
  /** Instances that were started ever, trimmed and deleted ones included. */
  started: number;
  trimmed: number;
  deleted: number;
  lastTaskId: number;
  readonly listeners: Set<(instance: Instance) => void>;
}
