import { strikes, readJsonObject } from '../call.ts';
import { hex } from '../world.ts';
import type { World } from '../world.ts';
import { seal, unseal } from './callback-crypto.ts';
import type { Sealed } from './callback-crypto.ts';
import { postJson } from './post.ts';
import type { PublishedEvent } from './publisher.ts';
import { closeAttempt, openAttempt } from './state.ts';
import type { Attempt, Channel, Delivery, EventCallback } from './state.ts';

interface CallbackPush {
  readonly delivery: Delivery;
  readonly event: PublishedEvent;
  readonly isExtra: boolean;
  settled(attempt: Attempt): void;
}

/** Calls the app's address with one event, encrypted and signed (dingtalk.md 5.1). */
export function pushToCallback(world: World, channel: Channel, push: CallbackPush): void {
  const { event, delivery, isExtra } = push;
  const slow = strikes(world, 'pushSlow', event.eventType);
  const attempt = openAttempt(world, delivery, { extra: isExtra });
  const callback = channel.callback;
  const go = async (): Promise<void> => {
    if (!callback) {
      closeAttempt(world, attempt, { verdict: 'noConnection', answer: 'no address is registered' });
      return;
    }
    const message = JSON.stringify(flatten(world, event));
    if (strikes(world, 'eventForged', event.eventType)) await forge(world, callback, event);
    attempt.sent = true;
    closeAttempt(world, attempt, await call(world, callback, message));
  };
  const start = (): void => void go().then(() => push.settled(attempt));
  if (slow) world.push.deadlines.after(Number(slow.settings['ms'] ?? 1000), start);
  else start();
}

/** HTTP has one flat JSON, where Stream has headers and data (dingtalk.md 4.5). */
function flatten(world: World, event: PublishedEvent): Record<string, unknown> {
  const { processInstanceId } = event.data;
  return {
    ...event.data,
    EventType: event.eventType,
    EventTime: event.bornAt,
    CorpId: world.corpId,
    BizId: typeof processInstanceId === 'string' ? processInstanceId : event.eventId,
    eventId: event.eventId,
  };
}

/** What a stranger who knows the address but not the secrets would send. */
async function forge(world: World, callback: EventCallback, event: PublishedEvent): Promise<void> {
  const secrets = { ...callback.secrets, token: hex(world.push.random, 16) };
  const body = { ...flatten(world, event), forged: true };
  await call(world, { url: callback.url, secrets }, JSON.stringify(body));
}

/** The first call to a new address, which is registered only if it answers as it must. */
export async function checkUrl(
  world: World,
  callback: EventCallback,
): Promise<{ verdict: Attempt['verdict']; answer: string }> {
  return call(world, callback, JSON.stringify({ EventType: 'check_url' }));
}

async function call(
  world: World,
  { url, secrets }: EventCallback,
  message: string,
): Promise<{ verdict: Attempt['verdict']; answer: string }> {
  const { random, settings } = world.push;
  const nowMs = world.clock.now().getTime();
  // Of the two official vectors one has seconds and one milliseconds: an opaque text.
  const timestamp = random.chance(0.2) ? String(Math.floor(nowMs / 1000)) : String(nowMs);
  const sealed = seal(secrets, {
    message,
    timestamp,
    nonce: hex(random, 16),
    random: Buffer.from(hex(random, 16)),
  });
  const answer = await postJson({
    url: withSignature(url, sealed, random.chance(0.5)),
    body: { encrypt: sealed.encrypt },
    deadlineMs: settings.httpDeadlineMs,
  });
  if (answer.status === undefined) return { verdict: 'noAnswer', answer: answer.text };
  const fault = judge(secrets, answer.status, answer.text);
  if (fault === undefined) return { verdict: 'acknowledged', answer: answer.text };
  return { verdict: 'refused', answer: `${fault}; HTTP ${answer.status} ${answer.text}` };
}

/** Both spellings were seen (dingtalk.md 5.1); a receiver has to take either. */
function withSignature(url: string, sealed: Sealed, isOther: boolean): string {
  const address = new URL(url);
  address.searchParams.set(isOther ? 'msg_signature' : 'signature', sealed.signature);
  address.searchParams.set(isOther ? 'timeStamp' : 'timestamp', sealed.timestamp);
  address.searchParams.set('nonce', sealed.nonce);
  return address.href;
}

/** Every event wants the encrypted word "success"; the key is `timeStamp` with a capital S. */
function judge(secrets: EventCallback['secrets'], status: number, text: string) {
  if (status !== 200) return 'the status is not 200';
  const body = readJsonObject(Buffer.from(text));
  const [signature, timestamp, nonce, encrypt] = [
    body?.['msg_signature'],
    body?.['timeStamp'],
    body?.['nonce'],
    body?.['encrypt'],
  ];
  if (
    typeof signature !== 'string' ||
    typeof timestamp !== 'string' ||
    typeof nonce !== 'string' ||
    typeof encrypt !== 'string'
  ) {
    return 'msg_signature, timeStamp, nonce and encrypt must be texts';
  }
  const opened = unseal(secrets, { signature, timestamp, nonce, encrypt });
  if ('fault' in opened) return opened.fault;
  return opened.message === 'success' ? undefined : `the answer is "${opened.message}"`;
}
