import type { RobotMessage } from '#dingtalk/push.ts';
import type { Transport } from '#engine/transport.ts';
import type { DingtalkSender } from '../notification/dingtalk-sender.ts';
import { handleRobotMessage } from './chat-commands.ts';
import { createChatReply } from './chat-reply.ts';
import type { ControlServices } from './stop-payments.ts';

/**
 * The handler of robot messages about payments, for the inbox of pushes: obeys, answers, and gives
 * back false where the message is none of its. Called again for the same message it does nothing
 * twice; at worst it answers twice.
 */
export function createPaymentChat(options: {
  readonly services: ControlServices;
  readonly transport: Pick<Transport, 'send'>;
  readonly sender: Pick<DingtalkSender, 'send'>;
}): (
  message: RobotMessage,
  place: { readonly orgId: string; readonly appId: string },
) => Promise<boolean> {
  const { services } = options;
  const reply = createChatReply({ ...options, nowMs: () => services.now().epochMilliseconds });
  return async (message, { orgId, appId }) => {
    const { apps } = await services.announcer.directory.org(orgId);
    const app = apps.get(appId);
    const chat = {
      ...services,
      reply: async (answered: RobotMessage, text: string): Promise<void> => {
        // An app that was just removed cannot answer; what it was told is done all the same.
        if (app) await reply.here(app, answered, text);
      },
    };
    return handleRobotMessage(chat, orgId, message);
  };
}
