import { randomBytes } from 'node:crypto';
import type { CallbackEnvelope, CallbackKeys } from '#dingtalk/callback-crypto.ts';
import { answerCallback, decryptCallback, isCallbackSigned } from '#dingtalk/callback-crypto.ts';
import { isUrlCheck, readCallbackBody, readFlatEvent } from '#dingtalk/push.ts';
import type { Directory, DirectoryApp, DirectoryOrg } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import type { EventIntake, Intake, Told } from './event-intake.ts';

/** A call that says it comes from DingTalk. */
export interface CallbackCall {
  readonly orgId: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export type CallbackOutcome =
  | Intake
  /** DingTalk only asked whether somebody listens. */
  | 'check'
  | 'dingtalk.callbackSignature'
  | 'dingtalk.callbackUnreadable'
  | 'rateLimited'
  | 'unavailable';

export interface CallbackReply {
  readonly status: number;
  readonly body: unknown;
  readonly outcome: CallbackOutcome;
}

export interface CallbackReceiver {
  receive(call: CallbackCall): Promise<CallbackReply>;
}

/** Refused calls of one address and minute; beyond it nothing is computed for it any more. */
const REFUSALS_PER_MINUTE = 30;

/**
 * Takes events that come by HTTP (dingtalk.md section 5.1): signature first, then decryption, then
 * the owner; the event is on disk before the encrypted `success` says so.
 */
export function createCallbackReceiver(options: {
  readonly services: Services;
  readonly directory: Directory;
  readonly intake: EventIntake;
  readonly onError: (error: unknown) => void;
}): CallbackReceiver {
  const refusals = createRefusalCount();
  const refuse = (
    { remoteAddress }: CallbackCall,
    outcome: 'dingtalk.callbackSignature' | 'dingtalk.callbackUnreadable',
  ): CallbackReply => {
    refusals.add(remoteAddress);
    // One answer for all of them: nothing is told about which organisations exist.
    return { status: 403, body: { code: 'dingtalk.callbackSignature' }, outcome };
  };
  return {
    receive: async (call) => {
      if (refusals.count(call.remoteAddress) >= REFUSALS_PER_MINUTE) {
        return { status: 429, body: { code: 'api.rateLimited' }, outcome: 'rateLimited' };
      }
      let org: DirectoryOrg | undefined;
      try {
        org = await findOrg(options, call.orgId);
      } catch (error) {
        options.onError(error);
        return unavailable();
      }
      const opened = org && openCall(org, call);
      if (!org || !opened) return refuse(call, 'dingtalk.callbackSignature');
      if (!isOwner(org, opened.app, opened.ownerKey)) {
        return refuse(call, 'dingtalk.callbackUnreadable');
      }
      const success = (outcome: CallbackOutcome): CallbackReply => ({
        status: 200,
        body: answerCallback(opened.keys, {
          ownerKey: opened.ownerKey,
          nowMs: Date.now(),
          nonce: randomBytes(8).toString('hex'),
          random: randomBytes(16),
        }),
        outcome,
      });
      const event = readFlatEvent(opened.message);
      if (event && isUrlCheck(event)) return success('check');
      try {
        return success(await options.intake.take(opened.app, 'callback', toTold(opened.message)));
      } catch (error) {
        options.onError(error);
        // Not on disk: DingTalk must not believe that we have it, and comes again.
        return unavailable();
      }
    },
  };
}

function unavailable(): CallbackReply {
  return { status: 503, body: { code: 'database.unavailable' }, outcome: 'unavailable' };
}

/** Authentic and yet not an event that we know to read is kept whole, for people. */
function toTold(message: string): Told {
  const event = readFlatEvent(message);
  return {
    kind: 'event',
    eventType: event?.eventType ?? 'unreadable',
    eventId: event?.eventId ?? '',
    corpId: event?.corpId ?? '',
    bornAtMs: event?.bornAtMs,
    data: message,
  };
}

/** An organisation by what an address says; undefined when there is none. */
export async function findOrg(
  { services, directory }: { readonly services: Services; readonly directory: Directory },
  orgId: string,
): Promise<DirectoryOrg | undefined> {
  if (!/^org_[0-9a-z]{4,40}$/.test(orgId)) return undefined;
  try {
    return await directory.org(orgId);
  } catch (error) {
    const { rowCount } = await services.pool.query('SELECT FROM org WHERE org_id = $1', [orgId]);
    if (rowCount === 0) return undefined;
    throw error;
  }
}

interface OpenedCall {
  readonly app: DirectoryApp;
  readonly keys: CallbackKeys;
  readonly message: string;
  readonly ownerKey: string;
}

/** Finds the app whose token signed the call, and opens it; undefined when nobody's did. */
function openCall(org: DirectoryOrg, { query, body }: CallbackCall): OpenedCall | undefined {
  const encrypt = readCallbackBody(body)?.encrypt;
  const named = readQuery(query);
  if (encrypt === undefined || !named) return undefined;
  const envelope: CallbackEnvelope = { ...named, encrypt };
  for (const app of org.apps.values()) {
    if (!app.callbackKeys) continue;
    const keys: CallbackKeys = {
      token: app.callbackKeys.token.reveal(),
      encodingAesKey: app.callbackKeys.encodingAesKey.reveal(),
    };
    if (!isCallbackSigned(keys.token, envelope, named.signature)) continue;
    const opened = decryptCallback(keys.encodingAesKey, encrypt);
    if (opened) return { app, keys, ...opened };
  }
  return undefined;
}

/** `signature` or `msg_signature`, `timestamp` or `timeStamp`: all were seen (section 5.1). */
function readQuery(
  query: Readonly<Record<string, string>>,
): { signature: string; timestamp: string; nonce: string } | undefined {
  const folded = new Map(
    Object.entries(query).map(([name, value]) => [name.toLowerCase().replaceAll('_', ''), value]),
  );
  const signature = folded.get('msgsignature') ?? folded.get('signature');
  const timestamp = folded.get('timestamp');
  const nonce = folded.get('nonce');
  if (signature === undefined || timestamp === undefined || nonce === undefined) return undefined;
  return { signature, timestamp, nonce };
}

/** AppKey for subscriptions of the developer console, CorpId for those made by API. */
function isOwner({ corpId }: DirectoryOrg, { appKey }: DirectoryApp, ownerKey: string): boolean {
  return ownerKey === appKey || (corpId !== undefined && ownerKey === corpId);
}

/** Counts refusals of this minute; strangers cannot make it grow without end. */
export function createRefusalCount(): {
  add(address: string): void;
  count(address: string): number;
} {
  let minute = 0;
  const counts = new Map<string, number>();
  const turn = (): void => {
    const now = Math.floor(Date.now() / 60_000);
    if (now === minute && counts.size < 10_000) return;
    minute = now;
    counts.clear();
  };
  return {
    add: (address) => {
      turn();
      counts.set(address, (counts.get(address) ?? 0) + 1);
    },
    count: (address) => {
      turn();
      return counts.get(address) ?? 0;
    },
  };
}
