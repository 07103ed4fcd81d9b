import { ok } from '../answers.ts';
import type { Reply } from '../answers.ts';
import { admit, isRefusal } from '../app-gate.ts';
import type { Call, Route } from '../call.ts';
import type { World } from '../world.ts';
import { channelOf } from './state.ts';
import type { FailedEvent } from './state.ts';

const PATH = '/call_back/get_call_back_failed_result';
const LISTED_MAX = 200;

/** Events whose HTTP callback failed to the end (dingtalk.md 5.1); each is handed out once. */
export const FAILED_RESULTS_ROUTE: Route = {
  methods: ['GET'],
  path: PATH,
  dialect: 'oapi',
  handle: (call) => {
    const reply = listFailed(call);
    if (reply.refused) call.world.books.refuse({ path: call.path, ...reply.refused });
    return reply;
  },
};

function listFailed(call: Call): Reply {
  const app = admit(call, { dialect: 'oapi', api: PATH });
  if (isRefusal(app)) return app;
  const { failed } = channelOf(call.world, app.appKey);
  const nowMs = call.world.clock.now().getTime();
  const due = failed.filter(({ availableAtMs }) => availableAtMs <= nowMs);
  const page = due.slice(0, LISTED_MAX);
  for (const event of page) failed.splice(failed.indexOf(event), 1);
  return ok({
    errcode: 0,
    errmsg: 'ok',
    has_more: due.length > page.length,
    failed_list: page.map((event) => viewFailed(call.world, event)),
  });
}

function viewFailed(world: World, { eventType, eventTime, body }: FailedEvent): unknown {
  return {
    event_time: eventTime,
    call_back_tag: eventType,
    [eventType]: { corpid: world.corpId, [wrapperOf(eventType)]: body },
  };
}

function wrapperOf(eventType: string): string {
  if (eventType.startsWith('bpms_')) return 'bpmsCallBackData';
  return eventType.startsWith('label_') ? 'roleLabelChange' : 'callbackData';
}
