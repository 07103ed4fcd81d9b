import { instantFromMs } from '#core/dates.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { toAppMessage, toCardParams, toRobotBody } from '#dingtalk/messages.ts';
import type { Outgoing } from './dingtalk-sender.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { Work } from './notification-steps.ts';
import { renderDigest, renderFact } from './render.ts';

/** Movements that a digest lists; the rest is counted and summed. */
const DIGEST_LINES_MAX = 30;

/** Puts a delivery into words and into the form that its destination takes. */
export function composeMessage(work: Work, nowMs: number): Outgoing {
  const message = render(work, nowMs);
  const { config } = work.destination;
  if (config.kind === 'robot') {
    const body = toRobotBody(message, {
      msgUuid: work.delivery.idempotencyKey ?? work.delivery.deliveryId,
      style: 'markdown',
      ...(config.keyword === undefined ? {} : { keyword: config.keyword }),
    });
    return {
      kind: 'robot',
      host: config.host,
      accessToken: config.accessToken.reveal(),
      body,
      ...(config.signingSecret ? { signingSecret: config.signingSecret.reveal() } : {}),
    };
  }
  const app = appOf(work, config.appId);
  if (work.outTrackId === undefined) {
    return config.kind === 'person'
      ? { kind: 'personalMessage', app, userId: config.userId, ...toAppMessage(message) }
      : {
          kind: 'groupMessage',
          app,
          openConversationId: config.openConversationId,
          ...toAppMessage(message),
        };
  }
  const card = { app, outTrackId: work.outTrackId, params: toCardParams(message) };
  if (work.delivery.kind === 'cardUpdated') return { kind: 'cardUpdated', ...card };
  return {
    kind: 'cardCreated',
    ...card,
    ...(message.buttons ? callbackOf(app) : {}),
    cardTemplateId: app.cardTemplateId ?? '',
    target:
      config.kind === 'person'
        ? { userId: config.userId }
        : { openConversationId: config.openConversationId, mentions: message.mentions },
  };
}

/** The way on which presses of a card reach us, as the app hears everything else. */
function callbackOf({ eventMode, cardRoute }: DirectoryApp): {
  readonly callbackType?: 'STREAM' | 'HTTP';
  readonly callbackRouteKey?: string;
} {
  if (eventMode === 'stream') return { callbackType: 'STREAM' };
  if (eventMode !== 'callback' || cardRoute?.url === undefined) return {};
  return { callbackType: 'HTTP', callbackRouteKey: cardRoute.key };
}

function appOf(work: Work, appId: string): DirectoryApp {
  const app = work.org.apps.get(appId);
  if (!app) throw new Error(`the DingTalk app ${appId} of ${work.destination.name} was removed`);
  return app;
}

function render(work: Work, nowMs: number): RenderedMessage {
  const shown = work.notices.at(-1);
  if (!shown) throw new Error(`delivery ${work.delivery.deliveryId} tells nothing`);
  const options = {
    language: shown.language,
    detail: shown.detail,
    mentions: [...new Set(work.notices.flatMap(({ mentions }) => mentions))],
    toldAt: instantFromMs(nowMs),
  };
  // A card that tells several notices of one payment shows the newest.
  if (work.delivery.kind !== 'digest') return renderFact(shown.fact, options);
  return renderDigest(
    work.notices.map(({ fact }) => fact),
    { ...options, linesMax: DIGEST_LINES_MAX, reason: work.reason ?? 'rate' },
  );
}
