/** What DingTalk pushes, field names untouched (dingtalk.md sections 3.5, 4.5, 5 and 8). */
import { z } from 'zod';

const looseText = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' ? value : undefined));

/** Ids and times come as text or as numbers. */
const looseCode = z
  .unknown()
  .optional()
  .transform((value) =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
  );

/** Section 5.2: where to connect, and the ticket for one connection. */
export const ConnectionOpenedWire = z.looseObject({
  endpoint: z.string().min(1).max(2_048),
  ticket: z.string().min(1).max(4_096),
});

const HeadersWire = z.record(z.string(), z.unknown());

/** Section 5.2: one frame. One official sample spells `header`. */
export const FrameWire = z
  .looseObject({
    type: z.string(),
    headers: HeadersWire.nullish(),
    header: HeadersWire.nullish(),
    data: z.unknown().optional(),
  })
  .transform(({ type, headers, header, data }) => ({
    type: type.toUpperCase(),
    headers: headers ?? header ?? {},
    data: typeof data === 'string' ? data : data === undefined ? '' : JSON.stringify(data),
  }));

/** Section 5.1. */
export const CallbackBodyWire = z.looseObject({ encrypt: z.string().min(1) });

/** Section 5.1: an event by HTTP is flat; older ones spell `corpId`. */
export const FlatEventWire = z.looseObject({
  EventType: z.string().min(1).max(128),
  eventId: looseCode,
  BizId: looseCode,
  CorpId: looseText,
  corpId: looseText,
  EventTime: looseCode,
  TimeStamp: looseCode,
});

/** Section 4.5: `bpms_instance_change` and `bpms_task_change`. */
export const ApprovalEventWire = z.looseObject({
  processInstanceId: z.string().min(1).max(128),
  processCode: looseText,
  businessId: looseText,
  staffId: looseText,
  type: looseText,
  result: looseText,
  errCode: looseCode,
});

/** Over the Webhook & Stream budget events come without content (section 2.3). */
export const EmptyEventWire = z.looseObject({ errCode: looseCode, errorCode: looseCode });

/** Section 8. */
export const RobotMessageWire = z.looseObject({
  msgId: z.string().min(1),
  msgtype: looseText,
  text: z
    .looseObject({ content: looseText })
    .nullish()
    .transform((text) => text?.content),
  content: z
    .looseObject({ recognition: looseText })
    .nullish()
    .catch(undefined)
    .transform((content) => content?.recognition),
  conversationType: looseCode,
  conversationId: looseText,
  conversationTitle: looseText,
  senderStaffId: looseText,
  senderCorpId: looseText,
  chatbotCorpId: looseText,
  senderNick: looseText,
  createAt: looseCode,
  robotCode: looseText,
  sessionWebhook: looseText,
  sessionWebhookExpiredTime: looseCode,
  errorCode: looseCode,
});

/** Section 3.5: a pressed button. `content` is JSON text. */
export const CardPressWire = z.looseObject({
  outTrackId: z.string().min(1),
  userId: z.string().min(1),
  corpId: looseText,
  spaceId: looseText,
  spaceType: looseText,
  content: looseText,
});

export const CardContentWire = z.looseObject({
  cardPrivateData: z
    .looseObject({
      actionIds: z
        .array(z.string())
        .nullish()
        .transform((ids) => ids ?? []),
      params: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((params) => params ?? {}),
    })
    .nullish(),
});

/** Section 5.1: pushes that failed; each entry has a member named after its tag. */
export const FailedPushesWire = z.looseObject({
  errcode: z.union([z.literal(0), z.literal('0')]),
  has_more: z
    .unknown()
    .optional()
    .transform((more) => more === true || more === 'true'),
  failed_list: z
    .array(z.looseObject({ call_back_tag: z.string().min(1), event_time: looseCode }))
    .nullish()
    .transform((list) => list ?? []),
});

export const FailedEntryWire = z.record(z.string(), z.unknown());

/** Section 6.3: one sample prints booleans as text. */
export const UserWire = z.looseObject({
  result: z.looseObject({
    userid: z.string().min(1),
    name: looseText,
    active: z
      .unknown()
      .optional()
      .transform((active) => active !== false && active !== 'false'),
  }),
});
