import { dayIn } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { toAppMessage, toRobotBody } from '#dingtalk/messages.ts';
import type { Outgoing } from '#flows/notification/dingtalk-sender.ts';
import { createDingtalkSender } from '#flows/notification/dingtalk-sender.ts';
import type { Transport } from '#engine/transport.ts';
import { translate } from '#i18n/messages.ts';
import { DINGTALK_ZONE } from '#routing/meter.ts';
import { newId } from '#secret/ids.ts';
import type { DirectoryDestination, DirectoryOrg } from '#store/directory.ts';
import { createDirectory } from '#store/directory.ts';
import { addUsage } from '#store/notices.ts';
import type { AdminServices } from '#store/orgs.ts';
import { inTransaction } from '#store/transaction.ts';
import { toErrorCode } from './connections.ts';

/** What came of a test message. */
export interface ProbeResult {
  readonly accepted: boolean;
  readonly code?: ErrorCode | undefined;
  readonly dingtalkCode?: string | undefined;
  readonly dingtalkMessage?: string | undefined;
}

/** Sends one test message, outside the queue and its budget lanes. */
export type DestinationProbe = (
  place: { readonly orgId: string; readonly destinationId: string },
  language: Language,
) => Promise<ProbeResult>;

/** Makes the probe on the same sender that tells of movements. */
export function createProbe(
  services: AdminServices & { readonly transport: Transport },
): DestinationProbe {
  const sender = createDingtalkSender({ services, transport: services.transport });
  return async ({ orgId, destinationId }, language) => {
    // Read anew: a destination that was just corrected is what somebody wants to try.
    const org = await createDirectory(services).org(orgId);
    const destination = org.destinations.get(destinationId);
    if (!destination) throw new CashbellError('destination.notFound', { id: destinationId });
    const message = toOutgoing(org, destination, renderProbe(destination, language));
    const outcome = await sender.send(message);
    await countProbe(services, destination, message);
    if (outcome.kind === 'accepted') return { accepted: true };
    return {
      accepted: false,
      code: toErrorCode(outcome.code),
      dingtalkCode: outcome.dingtalkCode,
      dingtalkMessage: outcome.dingtalkMessage,
    };
  };
}

function renderProbe({ name }: DirectoryDestination, language: Language): RenderedMessage {
  const title = translate(language, 'probe.title');
  return {
    language,
    isRightToLeft: language === 'ar',
    title,
    heading: title,
    lines: [],
    footer: translate(language, 'probe.body', { destination: name }),
    mentions: [],
    cutMark: '…',
  };
}

function toOutgoing(
  org: DirectoryOrg,
  { name, config }: DirectoryDestination,
  message: RenderedMessage,
): Outgoing {
  if (config.kind === 'robot') {
    const keyword = config.keyword === undefined ? {} : { keyword: config.keyword };
    return {
      kind: 'robot',
      host: config.host,
      accessToken: config.accessToken.reveal(),
      body: toRobotBody(message, { msgUuid: newId('dlv'), style: 'markdown', ...keyword }),
      ...(config.signingSecret ? { signingSecret: config.signingSecret.reveal() } : {}),
    };
  }
  const app = org.apps.get(config.appId);
  if (!app) {
    const problem = `the DingTalk app of ${name} was removed`;
    throw new CashbellError('destination.invalid', { field: 'appId', problem });
  }
  if (config.kind === 'person') {
    return { kind: 'personalMessage', app, userId: config.userId, ...toAppMessage(message) };
  }
  const { openConversationId } = config;
  return { kind: 'groupMessage', app, openConversationId, ...toAppMessage(message) };
}

/** A test message costs the month as much as any other. */
function countProbe(
  services: AdminServices,
  { orgId, destinationId }: DirectoryDestination,
  message: Outgoing,
): Promise<void> {
  const budget = message.kind === 'robot' ? 'webhook' : 'api';
  const day = dayIn(services.now(), DINGTALK_ZONE).toString();
  return inTransaction(services.pool, (client) =>
    addUsage(client, { orgId, destinationId, budget, day }),
  );
}
