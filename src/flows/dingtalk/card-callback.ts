import { cardCallbackHeaders, isCardCallbackSigned } from '#dingtalk/card-callback.ts';
import type { Directory, DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { createRefusalCount, findOrg } from './callback.ts';
import type { CallbackOutcome, CallbackReply } from './callback.ts';
import type { PressDesk } from './press-desk.ts';

/** A press by HTTP, as it came. */
export interface CardCall {
  readonly orgId: string;
  readonly appId: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface CardCallbackReceiver {
  receive(call: CardCall): Promise<CallbackReply>;
}

/** Refused calls of one address and minute; beyond it nothing is computed for it any more. */
const REFUSALS_PER_MINUTE = 30;

/**
 * Takes presses on cards that come by HTTP (dingtalk.md section 3.5). The signature covers only the
 * moment, so it proves who calls and not what is said: what is said needs a person of ours with the
 * right, the newest version of the card, and a second person besides.
 */
export function createCardCallbackReceiver(options: {
  readonly services: Services;
  readonly directory: Directory;
  readonly pressDesk: PressDesk;
  readonly onError: (error: unknown) => void;
}): CardCallbackReceiver {
  const refusals = createRefusalCount();
  return {
    receive: async (call) => {
      if (refusals.count(call.remoteAddress) >= REFUSALS_PER_MINUTE) {
        return { status: 429, body: { code: 'api.rateLimited' }, outcome: 'rateLimited' };
      }
      try {
        const app = await findSigningApp(options, call);
        if (!app) {
          refusals.add(call.remoteAddress);
          const outcome: CallbackOutcome = 'dingtalk.callbackSignature';
          return { status: 403, body: { code: outcome }, outcome };
        }
        const messageId = headerOf(call, 'timestamp');
        const press = { messageId, data: call.body };
        const body = await options.pressDesk.take(app, 'callback', press);
        return { status: 200, body, outcome: 'stored' };
      } catch (error) {
        options.onError(error);
        return { status: 503, body: { code: 'database.unavailable' }, outcome: 'unavailable' };
      }
    },
  };
}

async function findSigningApp(
  options: { readonly services: Services; readonly directory: Directory },
  call: CardCall,
): Promise<DirectoryApp | undefined> {
  const app = (await findOrg(options, call.orgId))?.apps.get(call.appId);
  if (!app?.cardRoute) return undefined;
  const stamp = {
    timestamp: headerOf(call, 'timestamp'),
    signature: headerOf(call, 'signature'),
  };
  const isSigned = isCardCallbackSigned(app.cardRoute.apiSecret.reveal(), stamp, Date.now());
  return isSigned ? app : undefined;
}

/** A header that stands twice is taken as absent. */
function headerOf({ headers }: CardCall, name: keyof typeof cardCallbackHeaders): string {
  const value = headers[cardCallbackHeaders[name]];
  return typeof value === 'string' ? value : '';
}
