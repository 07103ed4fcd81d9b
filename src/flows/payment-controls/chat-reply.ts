import { bodyText } from '#core/http.ts';
import type { RobotMessage } from '#dingtalk/push.ts';
import { toRobotText } from '#dingtalk/messages.ts';
import { bytesOf, cutToBytes } from '#dingtalk/size.ts';
import type { Transport } from '#engine/transport.ts';
import type { DirectoryApp } from '#store/directory.ts';
import type { DingtalkSender } from '../notification/dingtalk-sender.ts';

const TIMEOUT_MS = 8_000;
/** Some samples live 90 minutes, one report says 30 seconds (dingtalk.md section 3.3). */
const MARGIN_MS = 10_000;
const TEXT_BYTES_MAX = 4_000;

/** The two ways to answer somebody who wrote to the robot. */
export interface ChatReply {
  /** Where it was asked; tells which budget it cost, if it arrived. */
  readonly here: (
    app: DirectoryApp,
    message: RobotMessage,
    text: string,
  ) => Promise<'webhook' | 'api' | undefined>;
  /** To the person alone; false where DingTalk does not take it. */
  readonly privately: (app: DirectoryApp, message: RobotMessage, text: string) => Promise<boolean>;
}

/**
 * Answers a message to the robot by the address that came with it, and where that is over or refused,
 * to the person alone. The address is only believed when it belongs to the host that the app is set
 * up with: whoever sends us a message must not choose where we call.
 */
export function createChatReply(options: {
  readonly transport: Pick<Transport, 'send'>;
  readonly sender: Pick<DingtalkSender, 'send'>;
  readonly nowMs: () => number;
}): ChatReply {
  const privately: ChatReply['privately'] = async (app, message, text) => {
    if (message.senderUserId === undefined) return false;
    const outcome = await options.sender.send({
      kind: 'personalMessage',
      app,
      userId: message.senderUserId,
      msgKey: 'sampleText',
      msgParam: JSON.stringify({ content: cut(text) }),
    });
    return outcome.kind === 'accepted';
  };
  return {
    privately,
    here: async (app, message, text) => {
      if (await replyBySession(options, app, message, text)) return 'webhook';
      return (await privately(app, message, text)) ? 'api' : undefined;
    },
  };
}

function cut(text: string): string {
  return bytesOf(text) <= TEXT_BYTES_MAX ? text : cutToBytes(text, TEXT_BYTES_MAX, '…');
}

async function replyBySession(
  { transport, nowMs }: Parameters<typeof createChatReply>[0],
  app: DirectoryApp,
  { sessionWebhook, sessionWebhookEndsAtMs = 0 }: RobotMessage,
  text: string,
): Promise<boolean> {
  if (sessionWebhook === undefined || sessionWebhookEndsAtMs < nowMs() + MARGIN_MS) return false;
  const place = URL.parse(sessionWebhook);
  const own = URL.parse(app.oapiHost);
  if (!place || !own || place.origin !== own.origin) return false;
  try {
    const response = await transport.send(
      { baseUrl: own.origin, timeoutMs: TIMEOUT_MS },
      {
        method: 'POST',
        path: `${place.pathname}${place.search}`,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: toRobotText(cut(text)),
      },
    );
    // HTTP 200 with another errcode is a refusal (section 1.6).
    return response.status === 200 && /"errcode"\s*:\s*0\b/.test(bodyText(response.body));
  } catch {
    // Saying it twice is better than not at all: what was done stands in the audit either way.
    return false;
  }
}
