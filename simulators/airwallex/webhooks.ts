import type { Clock } from '../lib/clock.ts';
import type { Faults } from '../lib/faults.ts';
import type { Random } from '../lib/random.ts';
import type { Movement, Push } from './book.ts';
import { uuid } from './book.ts';
import { faultSetting } from './faults.ts';
import { writeJson } from './json.ts';
import type { Json } from './json.ts';
import { createLanes } from './lanes.ts';
import { endpointsOf } from './partner.ts';
import type { Partner } from './partner.ts';
import { formatTime, toDeposit } from './shapes.ts';
import { signWebhook } from './signature.ts';

/** What an event tells of, as it is now. */
export interface News {
  /** The deposit or transfer that the event belongs to. */
  readonly subject: object;
  /** Such as `deposit.settled`. */
  readonly name: string;
  readonly reference: string;
  readonly data: Json;
  /** Where the answers of the company are noted. */
  readonly pushes: Push[];
}

/** An event; delivered again it keeps its id and its body. */
interface SentEvent {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
  readonly pushes: Push[];
  readonly body: string;
}

/** One attempt to deliver an event, as `GET /_sim/callbacks` shows it. */
export interface CallbackRecord {
  readonly at: string;
  readonly eventId: string;
  readonly name: string;
  readonly reference: string;
  readonly url: string;
  readonly attempt: number;
  readonly faults: readonly string[];
  readonly timestamp: string;
  readonly signature: string;
  readonly sent: string;
  readonly status: number | 'no answer';
  readonly answer: string;
}

type Endpoint = ReturnType<typeof endpointsOf>[number];

export interface Webhooks {
  /** Announces what has happened to a deposit or a transfer. */
  announce(news: News): void;
  /** Delivers the last event of a subject once more, or its first one. */
  repeat(news: News): void;
  records(): readonly CallbackRecord[];
  counts(): { attempts: number; delivered: number; failed: number; waiting: number };
  stop(): Promise<void>;
}

interface Surroundings {
  readonly partner: () => Partner;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly random: Random;
}

const RECORDS_MAX = 1_000;
const SHOWN_CHARACTERS = 4_000;
/** Deliveries under way at once; a burst must not open a socket per event. */
const DELIVERIES_MAX = 64;
const RETRY_DELAY_MS_MAX = 6 * 3_600_000;

/** Makes the sender of events with retries and the faults that concern it. */
export function createWebhooks({ partner, clock, faults, random }: Surroundings): Webhooks {
  const records: CallbackRecord[] = [];
  const lastEvents = new Map<object, SentEvent>();
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  const counts = { attempts: 0, delivered: 0, failed: 0 };
  const inLane = createLanes(DELIVERIES_MAX);
  let held: (() => void) | undefined;

  function after(ms: number, action: () => void): () => void {
    let done = false;
    const timer = setTimeout(() => fire(), ms);
    timers.add(timer);
    function fire(): void {
      if (done || stopping.signal.aborted) return;
      done = true;
      clearTimeout(timer);
      timers.delete(timer);
      action();
    }
    return fire;
  }

  function track(work: Promise<void>): void {
    running.add(work);
    void work.finally(() => running.delete(work));
  }

  async function release(event: SentEvent): Promise<void> {
    const late = faults.strikes('lateCallback');
    if (!late) return deliverEverywhere(event);
    after(faultSetting(late, 'ms', 5_000), () => track(deliverEverywhere(event)));
  }

  /** Holds one event back until the next has gone out, when that fault is on. */
  function dispatch(event: SentEvent): void {
    if (held) {
      const releaseHeld = held;
      held = undefined;
      // Only an answered event is certain to have overtaken the held one.
      track(release(event).then(releaseHeld));
      return;
    }
    const reordered = faults.strikes('reorderedCallbacks');
    if (!reordered) {
      track(release(event));
      return;
    }
    const fire = after(faultSetting(reordered, 'ms', 2_000), () => {
      if (held === fire) held = undefined;
      track(release(event));
    });
    held = fire;
  }

  async function deliverEverywhere(event: SentEvent): Promise<void> {
    const deliveries = endpointsOf(partner()).flatMap((endpoint) => {
      const first = deliver(event, endpoint, 1);
      const isDoubled = faults.strikes('duplicateCallback') !== undefined;
      return isDoubled ? [first, deliver(event, endpoint, 1)] : [first];
    });
    await Promise.all(deliveries);
  }

  /** The timestamp is taken inside the lane: an event that waited must not look stale. */
  function deliver(event: SentEvent, endpoint: Endpoint, attempt: number): Promise<void> {
    return inLane(() => attemptDelivery(event, endpoint, attempt));
  }

  async function attemptDelivery(
    event: SentEvent,
    endpoint: Endpoint,
    attempt: number,
  ): Promise<void> {
    if (stopping.signal.aborted) return;
    const struck: string[] = [];
    const strikes = (name: string) => {
      const fault = faults.strikes(name);
      if (fault) struck.push(name);
      return fault;
    };
    const sent = spoilBody(event.body, strikes);
    const timestamp = String(clock.now().getTime() + timestampShift(strikes));
    const secret = strikes('callbackBadSignature') ? `${endpoint.secret}-wrong` : endpoint.secret;
    const signature = await signWebhook(secret, timestamp, sent);
    const { status, answer } = await post(endpoint.url, sent, { timestamp, signature });
    const at = clock.now().toISOString();
    counts.attempts += 1;
    event.pushes.push({ at, status, body: answer, event: event.name });
    records.push({
      at,
      eventId: event.id,
      name: event.name,
      reference: event.reference,
      url: endpoint.url,
      attempt,
      faults: struck,
      timestamp,
      signature,
      sent: sent.slice(0, SHOWN_CHARACTERS),
      status,
      answer,
    });
    if (records.length > RECORDS_MAX) records.shift();
    if (status === 200) {
      counts.delivered += 1;
      return;
    }
    counts.failed += 1;
    if (attempt >= partner().retryAttemptsMax) return;
    const delay = Math.min(partner().retryBaseMs * 2 ** (attempt - 1), RETRY_DELAY_MS_MAX);
    after(delay, () => track(deliver(event, endpoint, attempt + 1)));
  }

  async function post(
    url: string,
    body: string,
    { timestamp, signature }: { timestamp: string; signature: string },
  ): Promise<{ status: number | 'no answer'; answer: string }> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-timestamp': timestamp,
          'x-signature': signature,
          'user-agent': 'Airwallex-Webhooks (simulated)',
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(partner().webhookTimeoutMs)]),
      });
      return {
        status: response.status,
        answer: (await response.text()).slice(0, SHOWN_CHARACTERS),
      };
    } catch (error) {
      return { status: 'no answer', answer: reasonOf(error) };
    }
  }

  function announce(news: News): void {
    // With nobody to tell, a hundred thousand events would only take up room.
    if (endpointsOf(partner()).length === 0) return;
    const event = makeEvent(news, { partner: partner(), clock, random });
    lastEvents.set(news.subject, event);
    dispatch(event);
  }

  return {
    announce,
    repeat(news) {
      const event = lastEvents.get(news.subject);
      // An event of an earlier status would tell the company something that is no longer true.
      if (event?.name === news.name) track(deliverEverywhere(event));
      else announce(news);
    },
    records: () => records,
    counts: () => ({ ...counts, waiting: timers.size }),
    async stop() {
      stopping.abort();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await Promise.allSettled(running);
    },
  };
}

function makeEvent(
  { name, data, reference, pushes }: News,
  { partner, clock, random }: { partner: Partner; clock: Clock; random: Random },
): SentEvent {
  const id = `evt_${uuid(random).replaceAll('-', '')}`;
  const event: Json = {
    id,
    name,
    account_id: partner.accountId,
    data: partner.webhookDataShape === 'flat' ? data : { object: data },
    created_at: formatTime(clock.now()),
  };
  return { id, name, reference, pushes, body: writeJson(event) };
}

/** The news of a deposit's present status. */
export function newsOfDeposit(movement: Movement): News {
  return {
    subject: movement,
    name: `deposit.${movement.status.toLowerCase()}`,
    reference: movement.reference,
    data: toDeposit(movement),
    pushes: movement.pushes,
  };
}

type Strikes = (name: string) => ReturnType<Faults['strikes']>;

function spoilBody(body: string, strikes: Strikes): string {
  if (strikes('callbackNotJson')) return `event=${encodeURIComponent(body.slice(0, 120))}`;
  if (strikes('callbackUnparseable')) {
    return body.replace(/"data":.*,"created_at"/s, '"data":{"object":{}},"created_at"');
  }
  const tooLarge = strikes('callbackTooLarge');
  if (!tooLarge) return body;
  const padding = 'x'.repeat(faultSetting(tooLarge, 'bytes', 4_194_304));
  return `${body.slice(0, -1)},"padding":"${padding}"}`;
}

function timestampShift(strikes: Strikes): number {
  const stale = strikes('callbackStaleTimestamp');
  if (stale) return -faultSetting(stale, 'ms', 600_000);
  const future = strikes('callbackFutureTimestamp');
  return future ? faultSetting(future, 'ms', 600_000) : 0;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
