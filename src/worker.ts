import { parseId } from '#core/ids.ts';
import { createDingtalkSender } from './flows/notification/dingtalk-sender.ts';
import { startHeartbeat } from '#engine/heartbeat.ts';
import { createSocketOpener } from '#engine/stream/socket.ts';
import { startSchedule } from '#engine/schedule.ts';
import { channels } from '#engine/wake-ups.ts';
import { newId } from '#secret/ids.ts';
import { loadDueDestinations } from '#store/notices.ts';
import { createPaymentIntake } from './flows/approval/payment-intake.ts';
import { startApprovals } from './flows/approval/start-approvals.ts';
import { makeTemplateItems } from './flows/expected-items/make-template-items.ts';
import { ingestBatch } from './flows/ingest/ingest-steps.ts';
import { startIngester } from './flows/ingest/ingester.ts';
import type { Ring } from './flows/notification/announce.ts';
import { createBudgetWatch } from './flows/notification/budget-watch.ts';
import { startDrainer } from './flows/notification/drainer.ts';
import { drainDestination } from './flows/notification/notification-flow.ts';
import { notificationSteps } from './flows/notification/notification-steps.ts';
import type { NotificationOptions } from './flows/notification/notification-steps.ts';
import { composeMessage } from './flows/notification/compose.ts';
import { sendReportFile } from './flows/notification/report-files.ts';
import { startClaimWorker } from './flows/claims/claim-worker.ts';
import { claimHandlers, claimPresses } from './flows/claims/start-claims.ts';
import { checkWaitingNames } from './flows/payment-controls/check-waiting-names.ts';
import { createChatReply } from './flows/payment-controls/chat-reply.ts';
import { createPaymentChat } from './flows/payment-controls/payment-chat.ts';
import { createQuestionChat } from './flows/questions/question-chat.ts';
import { advancePayment } from './flows/payment/payment-flow.ts';
import { paymentSteps } from './flows/payment/payment-steps.ts';
import { startPaymentWorker } from './flows/payment/payment-worker.ts';
import { raiseRecurring } from './flows/payment/raise-recurring.ts';
import { assembleReports } from './flows/reports/report-deps.ts';
import { startReportWorker } from './flows/reports/report-worker.ts';
import { raiseDueReports } from './flows/reports/schedules.ts';
import { startPoller } from './flows/statement/poller.ts';
import { expectPayments } from './flows/reconciliation/expect-payments.ts';
import { startMatchWorker } from './flows/reconciliation/match-worker.ts';
import { matchWaiting } from './flows/reconciliation/match-waiting.ts';
import { observeBacklog } from './flows/watch/backlog.ts';
import { watchApprovals } from './flows/watch/approvals.ts';
import { watchBudgets } from './flows/watch/budgets.ts';
import { watchFreshness } from './flows/watch/freshness.ts';
import { keepHouse } from './flows/watch/housekeeping.ts';
import { auditMinute } from './flows/watch/minute-audit.ts';
import { observePayments, watchPayments } from './flows/watch/payments.ts';
import { watchRefusals } from './flows/watch/refusals.ts';
import type { Runtime } from './runtime.ts';
import { VERSION } from './version.ts';

/** Polls, ingests, drains and watches until it is stopped. */
export interface Worker {
  /** A server of this process has stored messages. */
  kick(): void;
  stop(): Promise<void>;
}

const DUE_MAX = 500;

export async function startWorker(runtime: Runtime): Promise<Worker> {
  const { services, directory, announcer, metrics, logger, connectorOf } = runtime;
  const workerId = newId('wrk');
  const onError = (error: unknown): void => logger.error({ error }, 'worker');
  const heartbeat = await startHeartbeat({
    pool: services.pool,
    workerId,
    role: runtime.role,
    version: VERSION,
    onError,
  });
  const budgets = createBudgetWatch(services.pool);
  const sender = createDingtalkSender({ services, transport: runtime.transport });

  const notification: NotificationOptions = {
    services,
    directory,
    announcer,
    budgets,
    workerId,
    send: (work) =>
      work.delivery.kind === 'file'
        ? sendReportFile(services, sender, work)
        : sender.send(composeMessage(work, Date.now())),
    onRings: (rings) => drainer.ring(rings),
    onDelivered: ({ delivery, notices }, outcome) => {
      const code = outcome.kind === 'accepted' ? 'ok' : outcome.code;
      metrics.deliveries.inc({ outcome: outcome.kind, code });
      if (outcome.kind !== 'accepted') {
        logger.warn({ delivery: delivery.deliveryId, outcome }, 'delivery not accepted');
        return;
      }
      for (const { createdAtMs } of notices) {
        const seconds = (Date.now() - createdAtMs) / 1000;
        metrics.seenToToldSeconds.observe({ lane: delivery.lane }, seconds);
      }
    },
  };
  const drainer = startDrainer({
    drain: async (place) => {
      const end = await drainDestination(notificationSteps(notification, place));
      return end.kind === 'wait' ? { waitUntilMs: end.untilMs } : {};
    },
    findDue: () => loadDueDestinations(services.pool, new Date(), DUE_MAX),
    onError,
  });
  const ring = (rings: readonly Ring[]): void => drainer.ring(rings);
  const ingester = startIngester({
    ingest: async () => {
      const end = metrics.ingestSeconds.startTimer();
      const result = await ingestBatch({
        services,
        directory,
        connectorOf,
        announcer,
        onMatchProblem: onError,
      });
      if (result.messages > 0) {
        end();
        // A debit among them may settle a payment, a credit may be nobody's.
        payments.kick();
        claims.kick();
      }
      return result;
    },
    onRings: ring,
    onError,
  });
  const poller = startPoller({
    services,
    directory,
    banks: runtime.banks,
    announcer,
    workerId,
    onMatchProblem: onError,
    onRings: ring,
    onPolled: (_poll, latenessMs) => metrics.pollLatenessSeconds.observe(latenessMs / 1000),
    onFinished: ({ accountId, code, failures }) => {
      payments.kick();
      claims.kick();
      metrics.polls.inc({ outcome: code ?? 'ok' });
      // The first failure and then every tenth: a sick bank must not fill the log.
      if (code !== undefined && failures % 10 === 1) {
        logger.warn({ account: accountId, code, failures }, 'poll failed');
      }
    },
    onError,
  });
  const payments = startPaymentWorker({
    pool: services.pool,
    workerId,
    advance: (ref) => advancePayment(paymentSteps(runtime.payments, ref)),
    onError,
  });
  const ofClaims = claimHandlers({ deps: runtime.claims, transport: runtime.transport, sender });
  const claims = startClaimWorker({
    deps: runtime.claims,
    cardRoutes: {
      services,
      directory,
      calls: runtime.approvals.calls,
      publicUrl: runtime.settings.publicUrl,
    },
    onError,
  });
  const approvals = startApprovals({
    ...runtime.approvals,
    intake: createPaymentIntake(runtime.payments),
    budgets,
    transport: runtime.transport,
    connect: createSocketOpener({
      allowedPrivateHosts: runtime.isSandbox ? ['*'] : runtime.settings.allowedPrivateHosts,
      userAgent: `Cashbell/${VERSION}`,
    }),
    workerId,
    userAgent: `Cashbell/${VERSION}`,
    handlers: {
      robotMessage: [
        createPaymentChat({
          services: { ...services, announcer },
          transport: runtime.transport,
          sender,
        }),
        ofClaims.robotMessage,
        // The last one: whatever is no command is a question.
        createQuestionChat({
          services: { ...services, announcer },
          budgets,
          reply: createChatReply({
            transport: runtime.transport,
            sender,
            nowMs: () => services.now().epochMilliseconds,
          }),
        }),
      ],
      cardPress: [ofClaims.cardPress],
      other: [],
    },
    presses: claimPresses(runtime.claims, sender),
    onStreamNews: ({ kind }) => metrics.dingtalkStream.inc({ news: kind }),
    onWorked: ({ kind }, state) => metrics.dingtalkEvents.inc({ kind, state }),
    onError,
  });
  const restUntilMs = new Map<string, number>();
  const matching = startMatchWorker({
    match: async () => {
      const now = new Date();
      await expectPayments(services.pool, now);
      return matchWaiting({ pool: services.pool, directory, onError, restUntilMs }, now);
    },
    onError,
  });
  runtime.onWake(channels.matching, () => matching.kick());
  runtime.onWake(channels.dingtalk, () => approvals.kick());
  runtime.onWake(channels.inbound, () => ingester.kick());
  runtime.onWake(channels.payment, () => payments.kick());
  runtime.onWake(channels.ring, (payload) => ring(ringsOf(payload)));

  const watch = async (): Promise<void> => {
    const at = new Date();
    const audit = await auditMinute(services.pool, announcer, at);
    metrics.auditMissing.set(audit.minutes.reduce((sum, { missing }) => sum + missing, 0));
    metrics.auditOverdue.set(audit.minutes.reduce((sum, { overdue }) => sum + overdue, 0));
    ring(audit.rings);
    ring(await watchFreshness(services.pool, announcer, at));
    ring(await watchRefusals(services.pool, announcer, at));
    ring(await watchPayments(services.pool, announcer, at));
    ring(await watchApprovals(services.pool, announcer, at));
    await checkWaitingNames({ ...runtime.payments, services }, at);
    ring(await watchBudgets({ services, announcer, budgets, metrics }, at));
    await observeBacklog(services.pool, metrics);
    await observePayments(services.pool, metrics);
  };
  const reportDeps = assembleReports({
    services,
    directory,
    connectorOf,
    announcer,
    onRings: ring,
  });
  const reports = startReportWorker({
    deps: { ...reportDeps, home: runtime.settings.home },
    workerId,
    onError,
  });
  const schedule = await startSchedule({
    url: runtime.databaseUrl,
    jobs: [
      { name: 'watch', cron: '* * * * *', run: watch },
      {
        name: 'recurring',
        cron: '* * * * *',
        run: async () => void (await raiseRecurring(runtime.payments, onError)),
      },
      {
        name: 'item-templates',
        cron: '* * * * *',
        run: async () => {
          const { pool, now } = services;
          const { calendar } = runtime.payments;
          await makeTemplateItems({ pool, now, calendar }, onError);
        },
      },
      {
        name: 'reports',
        cron: '* * * * *',
        run: async () => {
          if ((await raiseDueReports(reportDeps, onError)) > 0) reports.kick();
        },
      },
      {
        name: 'housekeeping',
        cron: '17 * * * *',
        run: async () => void (await keepHouse(services.pool)),
      },
    ],
    onError,
  });
  ingester.kick();
  return {
    kick: () => ingester.kick(),
    stop: async () => {
      await schedule.stop();
      await reports.stop();
      await approvals.stop();
      await claims.stop();
      await matching.stop();
      await payments.stop();
      await poller.stop();
      await ingester.stop();
      await drainer.stop();
      await heartbeat.stop();
    },
  };
}

function ringsOf(payload: string): Ring[] {
  const [orgId = '', destinationId = ''] = payload.split('/');
  if (orgId === '' || destinationId === '') return [];
  return [{ orgId: parseId('org', orgId), destinationId: parseId('dst', destinationId) }];
}
