import { v1Error } from './answers.ts';
import type { Reply } from './answers.ts';
import type { Card } from './books.ts';
import { strikes } from './call.ts';
import type { Call } from './call.ts';
import { isFields } from './content.ts';
import { hex } from './world.ts';
import type { App, World } from './world.ts';

/** One entry of `deliverResults`; HTTP 200 says nothing about it. */
export interface DeliverResult {
  readonly spaceType: string;
  readonly spaceId: string;
  readonly success: boolean;
  readonly carrierId: string;
  readonly errorMsg: string;
}

type Body = Record<string, unknown>;

const PREFIX = 'dtv1.card//';

/** Puts a card into each space of `openSpaceId`, several of them joined by ";" (dingtalk.md 3.5). */
export function deliverToSpaces(
  call: Call,
  app: App,
  card: Card,
  body: Body,
): DeliverResult[] | Reply {
  const openSpaceId = body['openSpaceId'];
  if (typeof openSpaceId !== 'string' || !openSpaceId.startsWith(PREFIX)) {
    return v1Error(400, 'invalidParameter.openSpaceId', `openSpaceId must start with ${PREFIX}`);
  }
  const spaces = openSpaceId.slice(PREFIX.length).split(';').filter(Boolean);
  return spaces.map((space) => {
    const dot = space.indexOf('.');
    const spaceType = space.slice(0, dot).toUpperCase();
    const spaceId = space.slice(dot + 1);
    return deliverOnce(call, app, card, { spaceType, spaceId, body });
  });
}

interface Target {
  readonly spaceType: string;
  readonly spaceId: string;
  readonly body: Body;
}

function deliverOnce(call: Call, app: App, card: Card, target: Target): DeliverResult {
  const { world } = call;
  const { spaceType, spaceId } = target;
  const standing = card.spaces.find(
    (space) => space.spaceType === spaceType && space.spaceId === spaceId,
  );
  const result = { spaceType, spaceId };
  if (standing) return { ...result, success: true, carrierId: standing.carrierId, errorMsg: '' };
  const error = strikes(world, 'deliverPartlyFailed', call.path)
    ? 'deliver failed (simulated)'
    : whyNot(call, app, target);
  if (error) return { ...result, success: false, carrierId: '', errorMsg: error };
  const carrierId = hex(world.random, 32);
  card.spaces.push({ ...result, carrierId, robot: app.name });
  place(world, card, target);
  return { ...result, success: true, carrierId, errorMsg: '' };
}

function place(world: World, card: Card, { spaceType, spaceId }: Target): void {
  if (card.groupId !== null || spaceType === 'IM_ROBOT') return;
  card.groupId = spaceId;
  card.group = world.groups.get(spaceId)?.title ?? null;
}

function whyNot(call: Call, app: App, { spaceType, spaceId, body }: Target): string {
  if (spaceType === 'IM_GROUP') return whyNotGroup(call, app, spaceId, body);
  if (spaceType === 'IM_ROBOT') {
    if (!isFields(body['imRobotOpenDeliverModel'])) return 'imRobotOpenDeliverModel is missing';
    const user = call.world.users.get(spaceId);
    if (!user) return 'userId does not exist';
    return user.flowControlled ? 'flow controlled' : '';
  }
  if (spaceType === 'ONE_BOX') return call.world.groups.has(spaceId) ? '' : 'spaceId is invalid';
  return `spaceType ${spaceType} is not supported`;
}

function whyNotGroup(call: Call, app: App, groupId: string, body: Body): string {
  const { world, path } = call;
  const group = world.groups.get(groupId);
  if (!group) return 'spaceId is invalid';
  const model = body['imGroupOpenDeliverModel'];
  if (!isFields(model)) return 'imGroupOpenDeliverModel is missing';
  if (model['robotCode'] !== app.robotCode) return 'robotCode does not belong to the app';
  if (group.dissolved || strikes(world, 'groupDissolved', path)) return 'group disbanded';
  if (app.botStopped || strikes(world, 'robotDisabled', path)) return 'bot stopped';
  if (!group.robotCodes.includes(app.robotCode) || strikes(world, 'robotGone', path)) {
    return 'robot is not in the group';
  }
  return '';
}
