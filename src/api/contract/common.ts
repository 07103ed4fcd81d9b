import { z } from 'zod';

/** A moment, always UTC. */
export const Time = z.iso.datetime().meta({ examples: ['2026-11-23T08:59:05Z'] });
/** A calendar day in the bank's zone. */
export const Day = z.iso.date().meta({ examples: ['2026-11-23'] });

/** An amount as decimal text with exactly the currency's decimals, never a JSON number. */
export const MoneyWire = z.object({
  amount: z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .meta({ examples: ['1250000.00'] }),
  currency: z
    .string()
    .length(3)
    .meta({ examples: ['IDR'] }),
});

/** A secret as it may be shown: never itself. */
export const FingerprintWire = z.object({
  field: z.string(),
  fingerprint: z.string(),
  since: Time,
});

/** How a list is paged: by a cursor that the last page gave, never by a number of rows to skip. */
export const PageQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** One page of a list. `nextCursor` is absent on the last one. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item>; nextCursor: z.ZodOptional<z.ZodString> }> {
  return z.object({ items: z.array(item), nextCursor: z.string().optional() });
}

/** A short list that is given as a whole. */
export function listOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ items: z.ZodArray<Item> }> {
  return z.object({ items: z.array(item) });
}

/** Every refusal (RFC 9457), with our stable code and a sentence in the caller's language. */
export const Problem = z.object({
  type: z.string().meta({ examples: ['docs/errors.md#api.invalid'] }),
  title: z.string(),
  status: z.number().int(),
  code: z.string().meta({ examples: ['api.invalid'] }),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
  /** Names the request in our log. */
  requestId: z.string(),
});

/** Answer of an action that has nothing to tell. */
export const Nothing = z.object({});

export const Name = z.string().min(1).max(120);
export const IdText = z.string().min(5).max(60);
