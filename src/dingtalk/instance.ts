/**
 * An approval as DingTalk shows it (dingtalk.md sections 4.3 and 4.4). The parser takes every shape
 * that was seen; what a value means for a payment is judged by whoever reads it.
 */
import type { Instant } from '#core/dates.ts';
import { readWith } from './wire.ts';
import type { ValueWire } from './workflow-wire.ts';
import { AttachmentsWire, InstanceWire, RowsWire } from './workflow-wire.ts';
import { parseWorkflowTime } from './workflow-times.ts';

/** One control with what was filled in. */
export interface FormValue {
  /** Absent in some captures. */
  readonly id?: string;
  /** The control's label. */
  readonly name: string;
  readonly bizAlias?: string;
  readonly componentType?: string;
  /** As it came: text mostly, real lists inside the rows of some tables. */
  readonly raw: unknown;
}

/** Something that somebody did to an approval. */
export interface OperationRecord {
  readonly userId: string;
  readonly type: string;
  readonly result: string;
  readonly remark: string;
  readonly at?: Instant;
}

export interface ApprovalInstance {
  readonly title: string;
  readonly status: 'RUNNING' | 'TERMINATED' | 'COMPLETED';
  /** Absent while it runs. */
  readonly result?: 'agree' | 'refuse';
  readonly originatorUserId: string;
  /** The number that people see. */
  readonly businessId?: string;
  readonly createdAt?: Instant;
  readonly finishedAt?: Instant;
  readonly values: readonly FormValue[];
  readonly records: readonly OperationRecord[];
  /** Anything but `NONE` is about an earlier request. */
  readonly bizAction: string;
  readonly mainProcessInstanceId?: string;
  readonly attachedProcessInstanceIds: readonly string[];
}

/** Reads an instance; undefined when it is not one that can be understood. */
export function readInstanceBody(body: unknown): ApprovalInstance | undefined {
  const read = readWith(InstanceWire, body)?.result;
  if (!read) return undefined;
  const status = statuses.find((known) => known === read.status);
  if (!status) return undefined;
  const result = results.find((known) => known === read.result);
  // A finished approval that is neither a yes nor a no must not be taken for either.
  if (status === 'COMPLETED' && !result) return undefined;
  const { originatorUserId } = read;
  const createdAt = parseWorkflowTime(read.createTime);
  const finishedAt = parseWorkflowTime(read.finishTime);
  return {
    title: read.title ?? '',
    status,
    ...(result && status === 'COMPLETED' ? { result } : {}),
    originatorUserId,
    ...(read.businessId === undefined ? {} : { businessId: read.businessId }),
    ...(createdAt ? { createdAt } : {}),
    ...(finishedAt ? { finishedAt } : {}),
    values: read.formComponentValues.map(toValue),
    records: read.operationRecords.map(({ userId, type, result: outcome, remark, date }) => {
      const at = parseWorkflowTime(date);
      return {
        userId: userId ?? '',
        type: type ?? '',
        result: outcome ?? '',
        remark: remark ?? '',
        ...(at ? { at } : {}),
      };
    }),
    bizAction: read.bizAction === undefined || read.bizAction === '' ? 'NONE' : read.bizAction,
    ...(read.mainProcessInstanceId ? { mainProcessInstanceId: read.mainProcessInstanceId } : {}),
    attachedProcessInstanceIds: read.attachedProcessInstanceIds.filter((id) => id !== ''),
  };
}

const statuses = ['RUNNING', 'TERMINATED', 'COMPLETED'] as const;
const results = ['agree', 'refuse'] as const;

function toValue(wire: ValueWire): FormValue {
  // Rows of tables say `key` and `label` where the form itself says `id` and `name`.
  const id = wire.id ?? wire.key;
  return {
    ...(id === undefined || id === '' ? {} : { id }),
    name: wire.name ?? wire.label ?? '',
    ...(wire.bizAlias ? { bizAlias: wire.bizAlias } : {}),
    ...(wire.componentType ? { componentType: wire.componentType } : {}),
    raw: wire.value,
  };
}

/**
 * What was filled in as text; absent when nothing was, for which DingTalk also writes "null". A
 * number keeps its digits only as long as JSON's numbers do, so longer ones are refused as absent.
 */
export function textOf({ raw }: FormValue): string | undefined {
  if (typeof raw === 'number') {
    const text = String(raw);
    return /^-?\d+(?:\.\d+)?$/.test(text) && text.replace(/\D/g, '').length <= 15
      ? text
      : undefined;
  }
  if (typeof raw !== 'string' || raw.trim() === '' || raw === 'null') return undefined;
  return raw;
}

/** The rows of a table; undefined when the value is none. */
export function rowsOf({ raw }: FormValue): readonly (readonly FormValue[])[] | undefined {
  const rows = readWith(RowsWire, unpack(raw));
  return rows?.map((row) => row.map(toValue));
}

export interface Attachment {
  readonly fileId: string;
  readonly fileName: string;
  readonly spaceId?: string;
}

/** The attachments of a value; none when there are none or they cannot be read. */
export function attachmentsOf({ raw }: FormValue): readonly Attachment[] {
  const files = readWith(AttachmentsWire, unpack(raw)) ?? [];
  return files.map(({ fileId, fileName, spaceId }) => ({
    fileId,
    fileName: fileName ?? '',
    ...(spaceId === undefined ? {} : { spaceId }),
  }));
}

/** Lists are JSON inside text, or real lists. */
function unpack(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw;
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

const HUMAN_OPERATIONS: ReadonlySet<string> = new Set([
  'EXECUTE_TASK_NORMAL',
  'EXECUTE_TASK_AGENT',
]);

/**
 * User ids of the people who agreed by hand, each once. Nodes that agree by themselves leave other
 * records. What was agreed before the approval was sent back does not count: fields may have been
 * changed since, and DingTalk asks again.
 */
export function humanApprovers({ records }: ApprovalInstance): readonly string[] {
  const lastReturn = records.findLastIndex(({ type }) => type === 'REDIRECT_PROCESS');
  const agreed = records
    .slice(lastReturn + 1)
    .filter(({ type, result }) => HUMAN_OPERATIONS.has(type) && result === 'AGREE')
    .map(({ userId }) => userId.trim());
  return [...new Set(agreed)].filter((userId) => userId !== '');
}

/** Who refused, and in which words, as far as the records say. */
export function refusalOf({ records }: ApprovalInstance): OperationRecord | undefined {
  return records.findLast(({ type, result }) => HUMAN_OPERATIONS.has(type) && result === 'REFUSE');
}
