/** Bodies of DingTalk, field names untouched (dingtalk.md sections 1.1, 2.1, 2.2, 3). */
import { z } from 'zod';

const codeText = z.union([z.string(), z.number()]).transform((code) => String(code).trim());
const optionalCode = codeText.nullish().transform((code) => code ?? undefined);

/** Text that may be missing, null or something else altogether: it is only shown. */
const shownText = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' ? value : ''));

/** What tells success from failure in both dialects (section 2.2). */
export const EnvelopeWire = z.looseObject({
  errcode: optionalCode,
  errmsg: shownText,
  sub_code: optionalCode,
  sub_msg: shownText,
  code: optionalCode,
  message: shownText,
  /** Anti-abuse answers: `{"status":1111,"wait":5,"source":"x5","punish":"deny"}`. */
  status: z.unknown().optional(),
  punish: z.unknown().optional(),
  success: z.unknown().optional(),
});

export type EnvelopeWire = z.output<typeof EnvelopeWire>;

const textList = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? []);

/** Section 1.1: only a spoken 0 is success, as number or text. */
export const RobotSentWire = z.looseObject({ errcode: z.union([z.literal(0), z.literal('0')]) });

/** Section 2.1. */
export const TokenWire = z.looseObject({
  accessToken: z.string().min(1).max(2048),
  expireIn: z
    .union([z.number(), z.string().regex(/^\d{1,9}$/)])
    .transform(Number)
    .pipe(z.number().int().min(1)),
});

/** Section 3.1. */
export const GroupSentWire = z.looseObject({ processQueryKey: z.string().min(1) });

/** Section 3.1: people that are not staff, and people that get too much already. */
export const PersonalSentWire = z.looseObject({
  processQueryKey: z.string().min(1),
  invalidStaffIdList: textList,
  flowControlledStaffIdList: textList,
});

/** Section 3.5. An empty list proves nothing, so it is not accepted. */
export const CardDeliveredWire = z.looseObject({
  success: z.literal(true),
  result: z.looseObject({
    outTrackId: z.string().min(1),
    deliverResults: z
      .array(
        z.looseObject({
          spaceId: shownText,
          success: z.boolean(),
          carrierId: shownText,
          errorMsg: shownText,
        }),
      )
      .min(1),
  }),
});

/** Section 3.5. */
export const CardUpdatedWire = z.looseObject({ success: z.literal(true), result: z.literal(true) });

/** Section 3.6. */
export const MediaUploadedWire = z.looseObject({
  errcode: z.union([z.literal(0), z.literal('0')]),
  media_id: z.string().min(1),
});

/** Section 3.2. */
export const ConversationWire = z.looseObject({ openConversationId: z.string().min(1) });

/** Recall of group messages: keys that are gone, and keys with the reason why not. */
export const RecalledWire = z.looseObject({
  successResult: textList,
  failedResult: z
    .record(z.string(), z.string())
    .nullish()
    .transform((failed) => failed ?? {}),
});

/** A schema as the rest of this folder sees it. */
export type Reader<Wire> = z.ZodType<Wire>;

/** Reads a body, or nothing when it does not look as documented. */
export function readWith<Wire>(schema: Reader<Wire>, body: unknown): Wire | undefined {
  const result = schema.safeParse(body);
  return result.success ? result.data : undefined;
}
