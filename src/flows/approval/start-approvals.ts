import type { SocketOpener } from '#engine/stream/socket.ts';
import type { StreamTimes } from '#engine/stream/stream-times.ts';
import type { Transport } from '#engine/transport.ts';
import { hastenSweeps } from '#store/approval-forms.ts';
import type { ClaimedEvent } from '#store/dingtalk-events.ts';
import { createEventIntake } from '../dingtalk/event-intake.ts';
import type { PushHandlers } from '../dingtalk/inbox.ts';
import { startInbox } from '../dingtalk/inbox.ts';
import { createPressDesk } from '../dingtalk/press-desk.ts';
import type { PressDeskOptions } from '../dingtalk/press-desk.ts';
import { startStreamEvents } from '../dingtalk/stream-events.ts';
import type { StreamNews } from '#engine/stream/stream-client.ts';
import type { BudgetWatch } from '../notification/budget-watch.ts';
import type { ApprovalDeps, PaymentIntake } from './approval-deps.ts';
import { startApprovalWorker } from './approval-worker.ts';
import { takeApprovalEvent } from './take-event.ts';

export interface ApprovalParts extends ApprovalDeps {
  readonly intake: PaymentIntake;
  readonly budgets: BudgetWatch;
  readonly transport: Transport;
  readonly connect: SocketOpener;
  readonly workerId: string;
  readonly userAgent: string;
  /** What others do with messages to the robot, pressed buttons and other events. */
  readonly handlers: Pick<PushHandlers, 'robotMessage' | 'cardPress' | 'other'>;
  /** What is done with pressed buttons while DingTalk waits for the answer. */
  readonly presses: Pick<PressDeskOptions, 'answerPress' | 'lateAnswer' | 'whisper'>;
  readonly onStreamNews?: (news: StreamNews) => void;
  readonly onWorked?: (event: ClaimedEvent, state: string) => void;
  readonly onError: (error: unknown) => void;
  readonly times?: Partial<StreamTimes>;
  readonly leaseRenewMs?: number;
}

/** Everything of a worker that hears DingTalk and follows approvals. */
export interface Approvals {
  /** Events were stored by another part or process. */
  kick(): void;
  stop(): Promise<void>;
}

export function startApprovals(parts: ApprovalParts): Approvals {
  const { services, directory, onError, handlers } = parts;
  const hasten = async (place: { readonly orgId: string; readonly appId: string }) => {
    await hastenSweeps(services.pool, place, new Date(services.now().epochMilliseconds));
    approvals.kick();
  };
  const inbox = startInbox({
    services,
    handlers: {
      ...handlers,
      approval: (event) => takeApprovalEvent(parts, event),
      onEmptyPush: hasten,
    },
    onError,
    ...(parts.onWorked ? { onWorked: parts.onWorked } : {}),
  });
  const approvals = startApprovalWorker({
    ...parts,
    onStored: () => inbox.kick(),
    random: Math.random,
  });
  const intake = createEventIntake({ services, directory, onStored: () => inbox.kick() });
  const stream = startStreamEvents({
    services,
    directory,
    transport: parts.transport,
    connect: parts.connect,
    intake,
    pressDesk: createPressDesk({ services, intake, onError, ...parts.presses }),
    workerId: parts.workerId,
    userAgent: parts.userAgent,
    // What was told while there was no connection is found by listing (ask 31).
    onConnected: (app) => void hasten(app).catch(onError),
    onNews: (_app, news) => parts.onStreamNews?.(news),
    onError,
    ...(parts.times ? { times: parts.times } : {}),
    ...(parts.leaseRenewMs === undefined ? {} : { renewMs: parts.leaseRenewMs }),
  });
  return {
    kick: () => inbox.kick(),
    stop: async () => {
      await stream.stop();
      await inbox.stop();
      await approvals.stop();
    },
  };
}
