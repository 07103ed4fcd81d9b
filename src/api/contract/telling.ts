import { z } from 'zod';
import { Day, FingerprintWire, IdText, Name, PageQuery, Time } from './common.ts';

const Security = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('signature') }),
  z.strictObject({ mode: z.literal('keyword'), keyword: z.string().min(1).max(50) }),
  z.strictObject({ mode: z.literal('ip') }),
]);

/** What a destination is; a robot's address is accepted as DingTalk shows it. */
export const DestinationTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('robot'),
    webhook: z.string().min(1).max(500),
    security: Security,
    signingSecret: z.string().min(1).max(200).optional(),
  }),
  z.strictObject({
    kind: z.literal('appGroup'),
    appId: IdText,
    openConversationId: z.string().min(1).max(200),
    style: z.enum(['card', 'message']).default('card'),
  }),
  z.strictObject({ kind: z.literal('person'), appId: IdText, userId: z.string().min(1).max(64) }),
]);

const Limits = {
  messagesPerMinute: z.number().int().min(1).max(20).optional(),
  urgentReserve: z.number().int().min(0).max(19).optional(),
  digestMax: z.number().int().min(2).max(1000).optional(),
};

export const DestinationNew = z.strictObject({ name: Name, target: DestinationTarget, ...Limits });

export const DestinationPatch = z.strictObject({
  name: Name.optional(),
  target: DestinationTarget.optional(),
  /** Try a broken destination again. */
  reactivate: z.boolean().optional(),
  ...Limits,
});

export const DestinationWire = z.object({
  destinationId: IdText,
  name: z.string(),
  kind: z.enum(['robot', 'appGroup', 'person']),
  config: z.record(z.string(), z.unknown()),
  secrets: z.array(FingerprintWire),
  messagesPerMinute: z.number().int(),
  urgentReserve: z.number().int(),
  digestMax: z.number().int(),
  state: z.enum(['active', 'broken', 'removed']),
  brokenCode: z.string().optional(),
  /** What broke it and what to do, in the caller's language. */
  broken: z.string().optional(),
  failingSince: Time.optional(),
  blockedUntil: Time.optional(),
  waiting: z.number().int(),
  failed: z.number().int(),
  lastToldAt: Time.optional(),
  createdAt: Time,
});

export const ProbeWire = z.object({
  accepted: z.boolean(),
  code: z.string().optional(),
  explanation: z.string().optional(),
  dingtalkCode: z.string().optional(),
  dingtalkMessage: z.string().optional(),
  durationMs: z.number().int(),
});

export const noticeStates = ['waiting', 'sending', 'told', 'failed'] as const;

export const NoticesQuery = PageQuery.extend({
  state: z.enum(noticeStates).optional(),
  destinationId: IdText.optional(),
  /** Only those that tell this movement, or this payment. */
  entryId: IdText.optional(),
  paymentId: IdText.optional(),
});

export const NoticeWire = z.object({
  noticeId: IdText,
  eventId: IdText,
  kind: z.string(),
  destinationId: IdText,
  routeId: IdText,
  lane: z.enum(['urgent', 'normal']),
  language: z.string(),
  detail: z.string(),
  accountId: IdText.optional(),
  /** The entry or payment that it tells, and which version of it. */
  subjectId: IdText.optional(),
  subjectVersion: z.number().int().optional(),
  state: z.enum(noticeStates),
  /** Why it waits or failed: `muted`, `grouped`, `blocked`, `queued` or the code of the failure. */
  why: z.string().optional(),
  notBefore: Time.optional(),
  deliveryId: IdText.optional(),
  createdAt: Time,
  toldAt: Time.optional(),
});

export const deliveryStates = ['sending', 'accepted', 'refused', 'abandoned'] as const;

export const DeliveriesQuery = PageQuery.extend({
  state: z.enum(deliveryStates).optional(),
  destinationId: IdText.optional(),
});

export const DeliveryWire = z.object({
  deliveryId: IdText,
  destinationId: IdText,
  kind: z.string(),
  lane: z.string(),
  noticeCount: z.number().int(),
  state: z.enum(deliveryStates),
  attempts: z.number().int(),
  possiblyRepeated: z.boolean(),
  code: z.string().optional(),
  explanation: z.string().optional(),
  dingtalkCode: z.string().optional(),
  dingtalkMessage: z.string().optional(),
  firstSentAt: Time,
  sentAt: Time,
  answeredAt: Time.optional(),
});

export const BudgetWire = z.object({
  month: z.string().regex(/^\d{4}-\d{2}$/),
  /** In DingTalk's zone, in which it counts its months. */
  today: Day,
  budgets: z.array(
    z.object({
      budget: z.enum(['api', 'webhook']),
      used: z.number().int(),
      limit: z.number().int().optional(),
      /** Kept for urgent notices. */
      reserve: z.number().int(),
      /** At the end of the month, if it goes on like this. */
      forecast: z.number().int(),
      level: z.enum(['ok', 'watch', 'short', 'reserve', 'exhausted']),
      /** When nothing is left, at that pace. */
      runsOutAt: Time.optional(),
    }),
  ),
  destinations: z.array(
    z.object({
      destinationId: z.string(),
      name: z.string().optional(),
      budget: z.enum(['api', 'webhook']),
      used: z.number().int(),
    }),
  ),
});

export const AlarmsQuery = PageQuery.extend({
  /** Only open ones, only closed ones, or both. */
  state: z.enum(['open', 'closed']).optional(),
});

export const AlarmWire = z.object({
  alarmId: IdText,
  kind: z.string(),
  subjectId: z.string(),
  openedAt: Time,
  closedAt: Time.optional(),
  details: z.record(z.string(), z.unknown()),
});

export const AuditQuery = PageQuery.extend({
  action: z.string().max(80).optional(),
  subject: z.string().max(60).optional(),
});

export const AuditWire = z.object({
  number: z.string(),
  at: Time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  hash: z.string(),
});

export const AuditVerdictWire = z.object({
  intact: z.boolean(),
  lines: z.number().int(),
  lastHash: z.string(),
  broken: z.object({ number: z.string(), problem: z.enum(['gap', 'link', 'content']) }).optional(),
});
