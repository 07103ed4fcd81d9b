import type { RobotMessage } from '#dingtalk/push.ts';
import type { CardPress } from '#dingtalk/push.ts';
import type { Transport } from '#engine/transport.ts';
import { translate } from '#i18n/messages.ts';
import type { DirectoryApp } from '#store/directory.ts';
import { parseLanguage } from '#store/orgs.ts';
import type { PushContext } from '../dingtalk/inbox.ts';
import type { PressDeskOptions } from '../dingtalk/press-desk.ts';
import type { DingtalkSender } from '../notification/dingtalk-sender.ts';
import { createClaimPress } from './answer-press.ts';
import { createClaimChat } from './claim-chat.ts';
import type { ClaimDeps } from './claim-deps.ts';

/** What is done with a pressed button while DingTalk waits; the same in server and worker. */
export function claimPresses(
  deps: ClaimDeps,
  sender: Pick<DingtalkSender, 'send'>,
): Pick<PressDeskOptions, 'answerPress' | 'lateAnswer' | 'whisper'> {
  return {
    whisper: (app, userId, text) => whisper(sender, app, userId, text),
    answerPress: createClaimPress(deps),
    lateAnswer: async ({ orgId }) => {
      const { language } = await deps.announcer.directory.org(orgId);
      return { presser: { hint: translate(parseLanguage(language), 'claim.later') } };
    },
  };
}

/** What the inbox does with messages about claims, and with presses that nobody could answer in time. */
export function claimHandlers(options: {
  readonly deps: ClaimDeps;
  readonly transport: Pick<Transport, 'send'>;
  readonly sender: Pick<DingtalkSender, 'send'>;
}): {
  readonly robotMessage: (message: RobotMessage, context: PushContext) => Promise<boolean>;
  readonly cardPress: (press: CardPress, context: PushContext) => Promise<boolean>;
} {
  const { deps, sender } = options;
  const answerPress = createClaimPress(deps);
  return {
    robotMessage: createClaimChat(options),
    cardPress: async (press, context) => {
      const result = await answerPress(press, { ...context, isRepeated: false });
      if (!result) return false;
      const app = (await deps.announcer.directory.org(context.orgId)).apps.get(context.appId);
      if (result.hint !== undefined && app) await whisper(sender, app, press.userId, result.hint);
      return true;
    },
  };
}

/** The card was not answered any more, so the person is told where only they see it. */
async function whisper(
  sender: Pick<DingtalkSender, 'send'>,
  app: DirectoryApp,
  userId: string,
  text: string,
): Promise<void> {
  await sender.send({
    kind: 'personalMessage',
    app,
    userId,
    msgKey: 'sampleText',
    msgParam: JSON.stringify({ content: text }),
  });
}
