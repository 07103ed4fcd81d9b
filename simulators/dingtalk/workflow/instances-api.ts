import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import { strikes } from '../call.ts';
import type { Call, Route } from '../call.ts';
import type { World } from '../world.ts';
import { nowOf } from './engine.ts';
import { isTexts } from './flow-config.ts';
import { isListUpTo, isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import { viewDetails } from './instance-views.ts';
import { formOf } from './store.ts';
import type { Instance } from './model.ts';

/** Reading instances (dingtalk.md 4.4). */
export const INSTANCE_ROUTES: readonly Route[] = [
  workflowRoute('GET', '/v1.0/workflow/processInstances', 'Workflow.Instance.Read', read),
  workflowRoute(
    'POST',
    '/v1.0/workflow/processes/instanceIds/query',
    'Workflow.Instance.Read',
    listIds,
  ),
];

function read(call: Call): Reply {
  const id = call.query.get('processInstanceId');
  if (!isText(id)) return wrong('invalidParameter', '获取单个审批实例详情参数错误');
  if (!/^[\w-]{10,64}$/.test(id)) {
    return wrong('processInstanceIdError', 'processInstanceId参数无效');
  }
  const instance = call.world.workflow.instances.get(id);
  if (!instance) return wrong('processInstanceNotExist', '审批实例不存在');
  const isStale = strikes(call.world, 'staleInstance', call.path) !== undefined;
  return ok(viewDetails(call.world, instance, isStale));
}

const DAY_MS = 86_400_000;
const WINDOW_MS = 120 * DAY_MS;
const REACH_MS = 365 * DAY_MS;
const PAGE_MAX = 20;
const USERS_MAX = 10;
const IDS_MAX = 10_000;
const STATUSES = new Set(['RUNNING', 'TERMINATED', 'COMPLETED']);

interface Query {
  readonly processCode: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly offset: number;
  readonly size: number;
  readonly userIds: readonly string[] | undefined;
  readonly statuses: readonly string[] | undefined;
}

/** Newest first, so that an instance started between two pages shifts the rest and is seen twice at most. */
function listIds(call: Call, _app: unknown, body: Body): Reply {
  const query = readQuery(call.world, body);
  if ('status' in query) return query;
  const lag = strikes(call.world, 'instanceListLags', call.path);
  const youngestMs = lag ? nowOf(call.world) - Number(lag.settings['ms'] ?? 60_000) : Infinity;
  const matching = search(call.world, query, youngestMs);
  const list = matching.slice(query.offset, query.offset + query.size);
  const next = query.offset + list.length;
  const hasMore = matching.length > next && next < IDS_MAX;
  return ok({
    result: { list, ...(hasMore ? { nextToken: String(next) } : {}) },
    success: true,
  });
}

function search(world: World, query: Query, youngestMs: number): string[] {
  const found: string[] = [];
  const isWanted = (instance: Instance): boolean =>
    instance.form.processCode === query.processCode &&
    instance.createdAtMs >= query.startMs &&
    instance.createdAtMs <= Math.min(query.endMs, youngestMs) &&
    (query.userIds?.includes(instance.originatorUserId) ?? true) &&
    (query.statuses?.includes(instance.status) ?? true);
  for (const instance of world.workflow.instances.values()) {
    if (isWanted(instance)) found.push(instance.processInstanceId);
  }
  return found.toReversed();
}

function readQuery(world: World, body: Body): Query | Reply {
  const processCode = body['processCode'];
  if (!isText(processCode)) return wrong('invalidProcessCode', '审批模板processCode不能为空');
  if (!formOf(world.workflow, processCode)) {
    return wrong('processCodeError', '获取审批模板失败或者模板已被删除');
  }
  const times = readWindow(world, body);
  if ('status' in times) return times;
  const offset = body['nextToken'];
  if (!isWhole(offset)) return wrong('invalidNextToken', '分页查询的游标不能为空');
  const size = body['maxResults'];
  if (!isWhole(size) || size < 1 || size > PAGE_MAX) {
    return wrong('invalidMaxResults', '分页参数非法，每页大小，最多传20。');
  }
  const { userIds, statuses } = body;
  if (userIds !== undefined && (!isTexts(userIds) || !isListUpTo(userIds, USERS_MAX))) {
    return wrong('invalidUserIds', '发起userid列表参数非法，最大列表长度为10。');
  }
  const isKnown = (status: string): boolean => STATUSES.has(status);
  if (statuses !== undefined && !(isTexts(statuses) && statuses.every(isKnown))) {
    return wrong('invalidParameter', 'statuses 参数非法');
  }
  const filters = { userIds: nonEmpty(userIds), statuses: nonEmpty(statuses) };
  return { processCode, ...times, offset, size, ...filters };
}

function nonEmpty(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

// The window may reach 120 days and begin a year ago at the most.
function readWindow(world: World, body: Body): Pick<Query, 'startMs' | 'endMs'> | Reply {
  const nowMs = nowOf(world);
  const startMs = body['startTime'];
  if (!isWhole(startMs)) {
    return wrong('invalidInstanceListIdsStartTime', '审批实例开始时间不能为空');
  }
  const endMs = body['endTime'] ?? nowMs;
  if (!isWhole(endMs) || endMs < startMs || endMs - startMs > WINDOW_MS) {
    return wrong(
      'invalidEndTime',
      '审批实例结束时间不能小于开始时间；且查询时间范围不能超过120天。',
    );
  }
  if (nowMs - startMs > REACH_MS) {
    return wrong('invalidInstanceListIdsStartTime', '开始时间距当前时间不能超过365天');
  }
  return { startMs, endMs };
}
