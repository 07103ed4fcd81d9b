import type { ReportFact } from '#core/events.ts';
import { isReportFact } from '#core/events.ts';
import { translate } from '#i18n/messages.ts';
import { nextReportVersion, loadReportFile, saveMediaId } from '#store/reports.ts';
import type { Services } from '#store/services.ts';
import type { Transaction } from '#store/transaction.ts';
import type { Announcer, Ring } from './announce.ts';
import { saveFacts } from './announce.ts';
import type { DingtalkSender, SendOutcome } from './dingtalk-sender.ts';
import type { Work } from './notification-steps.ts';

/**
 * Sends the file of a report: uploads it, notes its id, and sends a message with it. The upload may be
 * repeated; the message has no key that would make a repetition harmless, so what may have been sent
 * is never sent again, and the group is told instead. Never throws.
 */
export async function sendReportFile(
  services: Services,
  sender: DingtalkSender,
  work: Work,
): Promise<SendOutcome> {
  const fact = fileFactOf(work);
  const { config } = work.destination;
  const app = config.kind === 'robot' ? undefined : work.org.apps.get(config.appId);
  if (!fact?.file || config.kind === 'robot' || !app) {
    // A custom robot takes no files.
    return { kind: 'refused', code: 'dingtalk.requestInvalid', isFinal: true };
  }
  const { format } = fact.file;
  const place = { orgId: work.delivery.orgId, reportId: fact.reportId, format };
  try {
    const file = await loadReportFile(services, place);
    if (!file) return { kind: 'refused', code: 'report.notReady', isFinal: true };
    const known = mediaOf(file.mediaId, app.appId);
    if (work.delivery.attempts > 1 && known !== undefined) {
      return { kind: 'refused', code: 'dingtalk.outcomeUnknown', isFinal: true };
    }
    const { fileName, content: bytes } = file;
    let mediaId = known;
    if (mediaId === undefined) {
      const uploaded = await sender.upload(app, { fileName, bytes });
      if (uploaded.kind !== 'accepted') return uploaded;
      ({ mediaId } = uploaded);
      await saveMediaId(services.pool, place, `${app.appId} ${mediaId}`);
    }
    const msgParam = JSON.stringify({ mediaId, fileName, fileType: format });
    const outcome = await sender.send({
      app,
      msgKey: 'sampleFile',
      msgParam,
      ...(config.kind === 'person'
        ? { kind: 'personalMessage', userId: config.userId }
        : { kind: 'groupMessage', openConversationId: config.openConversationId }),
    });
    return outcome.kind === 'unknown' ? { ...outcome, kind: 'refused', isFinal: true } : outcome;
  } catch (error) {
    const dingtalkMessage = error instanceof Error ? error.message : String(error);
    return { kind: 'retry', code: 'dingtalk.unreachable', dingtalkMessage };
  }
}

function fileFactOf(work: Work): ReportFact | undefined {
  const fact = work.notices.at(-1)?.fact;
  return fact && isReportFact(fact) ? fact : undefined;
}

/** Ids are good inside the app's organisation; another app uploads its own. */
function mediaOf(kept: string | undefined, appId: string): string | undefined {
  const [owner, mediaId] = kept?.split(' ') ?? [];
  return owner === appId ? mediaId : undefined;
}

/** Says where a file should have been that it did not come, or may not have, and how to get it. */
export async function tellLostFile(
  transaction: Transaction,
  announcer: Announcer,
  lost: { readonly work: Work; readonly outcome: SendOutcome; readonly now: Date },
): Promise<readonly Ring[]> {
  const { work, outcome, now } = lost;
  const fact = fileFactOf(work);
  const notice = work.notices.at(-1);
  if (!fact?.file || !notice || outcome.kind === 'accepted') return [];
  const { orgId, destinationId } = work.delivery;
  const { language, reportId, file } = fact;
  const isUncertain = outcome.code === 'dingtalk.outcomeUnknown';
  const title = translate(
    language,
    isUncertain ? 'report.told.fileUncertain' : 'report.told.fileFailed',
  );
  const { file: _file, ...rest } = fact;
  const told: ReportFact = {
    ...rest,
    kind: 'report.fileFailed',
    version: await nextReportVersion(transaction.client, { orgId, reportId }),
    title,
    lines: [
      { label: translate(language, 'report.told.file'), value: file.fileName },
      {
        label: translate(language, 'report.told.fetch'),
        value: `cashbell report download ${reportId} --format ${file.format}`,
      },
    ],
  };
  const to = [
    {
      destinationId,
      routeId: DIRECT_ROUTE,
      lane: notice.lane,
      language,
      detail: notice.detail,
      mentions: [],
    },
  ];
  return saveFacts(transaction, announcer, [{ orgId, fact: told, to }], now);
}

/** Stands where a route's id would: nobody was found by the tree. */
export const DIRECT_ROUTE = 'rte_direct' as const;
