import { CashbellError } from '#core/errors.ts';
import type { SecretText } from '#core/secret-text.ts';
import type { FrameOutcome, StreamFrame } from '#dingtalk/stream.ts';
import {
  answerStreamFrame,
  openStreamConnection,
  parseStreamFrame,
  streamAddress,
  streamTopics,
} from '#dingtalk/stream.ts';
import type { FrameReaction } from '#engine/stream/connection.ts';
import type { SocketOpener } from '#engine/stream/socket.ts';
import { startStreamClient } from '#engine/stream/stream-client.ts';
import type { StreamClient, StreamNews } from '#engine/stream/stream-client.ts';
import { startStreamLeader } from '#engine/stream/stream-leader.ts';
import type { StreamTimes } from '#engine/stream/stream-times.ts';
import type { Transport } from '#engine/transport.ts';
import { withoutSecrets } from '#engine/without-secrets.ts';
import { releaseStreamLease, saveStreamState, takeStreamLeases } from '#store/dingtalk-streams.ts';
import type { StreamApp } from '#store/dingtalk-streams.ts';
import type { Directory, DirectoryApp } from '#store/directory.ts';
import type { Services } from '#store/services.ts';
import { DingtalkCallError } from './app-calls.ts';
import type { EventIntake, Told } from './event-intake.ts';
import type { PressDesk } from './press-desk.ts';

export interface StreamEventsOptions {
  readonly services: Services;
  readonly directory: Directory;
  readonly transport: Transport;
  readonly connect: SocketOpener;
  readonly intake: EventIntake;
  readonly pressDesk: PressDesk;
  readonly workerId: string;
  readonly userAgent: string;
  /** A connection stands: what was told while there was none is to be looked for. */
  readonly onConnected: (app: StreamApp) => void;
  readonly onNews?: (app: StreamApp, news: StreamNews) => void;
  readonly onError: (error: unknown) => void;
  readonly times?: Partial<StreamTimes>;
  readonly renewMs?: number;
}

/**
 * Hears DingTalk's events on one connection per app, in one process of all. A frame is acknowledged
 * when it is on disk and not before (ask 33).
 */
export function startStreamEvents(options: StreamEventsOptions): {
  kick(): void;
  stop(): Promise<void>;
} {
  const { services, workerId } = options;
  return startStreamLeader<StreamApp>({
    takeLeases: (leaseMs) => {
      const now = new Date();
      const leaseUntil = new Date(now.getTime() + leaseMs);
      return takeStreamLeases(services.pool, { workerId, now, leaseUntil });
    },
    releaseLease: (app) => releaseStreamLease(services.pool, app, workerId),
    keyOf: ({ orgId, appId }) => `${orgId}/${appId}`,
    start: (app) => listen(options, app),
    onError: options.onError,
    ...(options.renewMs === undefined
      ? {}
      : { renewMs: options.renewMs, leaseMs: 3 * options.renewMs }),
  });
}

function listen(options: StreamEventsOptions, app: StreamApp): StreamClient {
  const { directory } = options;
  const state = createStateKeeper(options, app);
  const client = startStreamClient({
    connect: options.connect,
    fetchAddress: async () => fetchAddress(options, await appOf(directory, app)),
    onFrame: async (text) => {
      const frame = parseStreamFrame(text);
      if (!frame) return { isLast: false };
      return takeFrame(options, () => appOf(directory, app), frame);
    },
    onNews: (news) => {
      state.note(news);
      options.onNews?.(app, news);
      if (news.kind === 'connected') options.onConnected(app);
    },
    ...(options.times === undefined ? {} : { times: options.times }),
  });
  return {
    stop: async () => {
      await client.stop();
      await state.settled();
    },
  };
}

async function appOf(directory: Directory, { orgId, appId }: StreamApp): Promise<DirectoryApp> {
  const app = (await directory.org(orgId)).apps.get(appId);
  if (!app) throw new CashbellError('api.notFound', { what: 'dingtalkApp', id: appId });
  return app;
}

async function fetchAddress(
  { transport, userAgent }: StreamEventsOptions,
  app: DirectoryApp,
): Promise<SecretText> {
  try {
    const response = await transport.send(
      { baseUrl: app.apiHost },
      openStreamConnection.request({
        clientId: app.appKey,
        clientSecret: app.appSecret.reveal(),
        userAgent,
      }),
    );
    const answer = openStreamConnection.parse(response);
    if (answer.kind !== 'accepted') throw new DingtalkCallError(answer);
    return streamAddress(answer.value);
  } catch (error) {
    throw withoutSecrets(error, [app.appSecret]);
  }
}

/** Takes one frame in and says what to answer. */
async function takeFrame(
  { intake, pressDesk, onError }: StreamEventsOptions,
  findApp: () => Promise<DirectoryApp>,
  frame: StreamFrame,
): Promise<FrameReaction> {
  const answerAs = (
    outcome: FrameOutcome,
    response?: Readonly<Record<string, unknown>>,
  ): FrameReaction => ({
    answer: answerStreamFrame(frame, outcome, response),
    isLast: frame.kind === 'disconnect',
  });
  const told = toTold(frame);
  if (told === undefined) return answerAs(frame.kind === 'callback' ? 'noHandler' : 'taken');
  try {
    const app = await findApp();
    if (told.kind === 'cardPress') {
      return answerAs('taken', await pressDesk.take(app, 'stream', told));
    }
    await intake.take(app, 'stream', told);
    return answerAs('taken');
  } catch (error) {
    // Not on disk, so not acknowledged: DingTalk comes again.
    onError(error);
    return answerAs('later');
  }
}

function toTold(frame: StreamFrame): Told | undefined {
  if (frame.kind === 'event') {
    const { eventType, eventId, corpId, bornAtMs, data } = frame;
    return { kind: 'event', eventType, eventId, corpId, bornAtMs, data };
  }
  if (frame.kind !== 'callback') return undefined;
  const { topic, messageId, data } = frame;
  if (topic === streamTopics.robotMessage) return { kind: 'robotMessage', data };
  if (topic === streamTopics.cardPress) return { kind: 'cardPress', messageId, data };
  return undefined;
}

/** Frames come in bursts; people see their time to ten seconds. */
const FRAME_NOTE_MS = 10_000;

/** Keeps the row that people see; what cannot be written there is no reason to stop. */
function createStateKeeper(
  { services, workerId, onError }: StreamEventsOptions,
  app: StreamApp,
): { note(news: StreamNews): void; settled(): Promise<void> } {
  let connectedAt: Date | undefined;
  let frameAt: Date | undefined;
  let failures = 0;
  let lastCode: string | undefined;
  let notedAt = 0;
  let writing = Promise.resolve();
  const save = (): void => {
    notedAt = Date.now();
    const state = { connectedAt, lastFrameAt: frameAt, failures, lastCode };
    // One after the other, so that the last word stays the last.
    writing = writing
      .then(() => saveStreamState(services.pool, app, workerId, state))
      .catch(onError);
  };
  return {
    settled: () => writing,
    note: (news) => {
      switch (news.kind) {
        case 'frame':
          frameAt = new Date();
          if (Date.now() - notedAt >= FRAME_NOTE_MS) save();
          return;
        case 'connected':
          connectedAt = new Date();
          failures = 0;
          lastCode = undefined;
          return save();
        case 'ended':
          failures = news.failures;
          if (news.reason === 'closed' || news.reason === 'stopped') connectedAt = undefined;
          return save();
        case 'failed':
          connectedAt = undefined;
          failures = news.failures;
          lastCode = news.error.code;
          return save();
      }
    },
  };
}
