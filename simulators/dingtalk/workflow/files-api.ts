import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import type { Call, Route } from '../call.ts';
import { isFields } from '../content.ts';
import type { World } from '../world.ts';
import { nowOf } from './engine.ts';
import { isListUpTo, isText, workflowRoute, wrong } from './gate.ts';
import type { Body } from './gate.ts';
import { ids } from './store.ts';
import type { Instance, SpaceFile } from './model.ts';

const BASE = '/v1.0/workflow/processInstances/spaces';
const DOWNLOAD_LIFETIME_MS = 15 * 60_000;
const FILES_MAX = 10;

/** Attachments of approvals (dingtalk.md 4.3): the space, the grant and the address to fetch from. */
export const FILE_ROUTES: readonly Route[] = [
  workflowRoute('POST', `${BASE}/infos/query`, 'Workflow.Instance.Write', readSpace),
  workflowRoute('POST', `${BASE}/files/authDownload`, 'Workflow.Instance.Write', grant),
  workflowRoute('POST', `${BASE}/files/urls/download`, 'Workflow.Instance.Write', giveAddress),
  { methods: ['GET'], path: /^\/lippi-space\/([^/]+)$/, dialect: 'oapi', handle: download },
];

function readSpace(call: Call, _app: unknown, body: Body): Reply {
  const userId = body['userId'];
  if (!isText(userId)) return wrong('invalidUserId', '用户userId不能为空');
  if (!call.world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  return ok({ result: { spaceId: call.world.workflow.spaceId }, success: true });
}

function grant(call: Call, _app: unknown, body: Body): Reply {
  const { world } = call;
  const { userId, fileInfos } = body;
  if (!isText(userId) || !world.users.has(userId)) return wrong('userNotExist', '用户不存在');
  if (!isListUpTo(fileInfos, FILES_MAX) || fileInfos.length === 0) {
    return wrong('invalidFileInfos', '授权的钉盘文件信息列表不能为空');
  }
  const isKnown = (info: unknown): boolean =>
    isFields(info) && world.workflow.files.has(String(info['fileId']));
  if (!fileInfos.every(isKnown)) {
    return wrong('hsfIntegrationErrorCspaceDentryServiceInfo', '查看具体文件信息失败');
  }
  return ok({ success: true, result: true });
}

function giveAddress(call: Call, _app: unknown, body: Body): Reply {
  const { world } = call;
  const { processInstanceId, fileId } = body;
  if (!isText(processInstanceId)) return wrong('invalidProcessInstanceId', '实例id不能为空');
  if (!isText(fileId)) return wrong('invalidFileId', '审批附件fileId不能为空');
  const instance = world.workflow.instances.get(processInstanceId);
  if (!instance) return wrong('processInstNotExist', '审批实例不存在');
  if (!holds(instance, fileId)) return wrong('noPermission', '无访问权限');
  const file = world.workflow.files.get(fileId);
  if (!file) {
    return wrong(
      'hsfIntegrationErrorCspaceDentryServiceGenerateDownloadPresignedUrl',
      '产生文件下载的链接失败',
    );
  }
  const key = ids.download(world.workflow);
  const expiresAtMs = nowOf(world) + DOWNLOAD_LIFETIME_MS;
  forgetExpired(world);
  world.workflow.downloads.set(key, { file, expiresAtMs });
  const downloadUri = `${world.wireUrl}/lippi-space/${key}`;
  return ok({ result: { spaceId: file.spaceId, fileId, downloadUri }, success: true });
}

function holds(instance: Instance, fileId: string): boolean {
  return instance.values.some(
    ({ component, value }) =>
      (component.componentType === 'DDAttachment' || component.componentType === 'TableField') &&
      value.includes(fileId),
  );
}

function forgetExpired(world: World): void {
  const { downloads } = world.workflow;
  for (const [key, { expiresAtMs }] of downloads) {
    if (expiresAtMs < nowOf(world)) downloads.delete(key);
  }
}

// The address belongs to an object store of another name: its refusals are XML, not DingTalk's JSON.
function download(call: Call): Reply {
  const given = call.world.workflow.downloads.get(call.parts[0] ?? '');
  if (!given || given.expiresAtMs < nowOf(call.world)) {
    return {
      status: 403,
      html: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>',
      refused: { code: 'AccessDenied', message: 'Request has expired.' },
    };
  }
  const { bytes, fileName } = given.file;
  return { status: 200, file: { bytes, fileName } };
}

/** Puts a file into the approval space, as the client's JSAPI does; its fields go into an attachment's value. */
export function addFile(world: World, fileName: string, bytes: Buffer): SpaceFile {
  const { workflow } = world;
  const file: SpaceFile = {
    fileId: ids.file(workflow),
    spaceId: workflow.spaceId,
    fileName,
    fileType: fileName.split('.').at(-1)?.toLowerCase() ?? '',
    bytes,
  };
  workflow.files.set(file.fileId, file);
  return file;
}
