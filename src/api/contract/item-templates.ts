import { z } from 'zod';
import { rolls } from '#core/bank-calendar.ts';
import { Day, IdText, Name, Time } from './common.ts';
import { ItemTemplateItem } from './items.ts';

const when = {
  rule: z
    .string()
    .max(200)
    .meta({ examples: ['FREQ=MONTHLY;BYMONTHDAY=1'] }),
  startsOn: Day,
  endsOn: Day.optional(),
  /** Absent: the organisation's own. */
  zone: z.string().max(60).optional(),
  /** Where a day moves to on which the banks of `country` are closed; absent: it stays. */
  roll: z.enum(rolls).optional(),
  country: z.string().length(2).optional(),
  /** Items are made so many days before their own day. */
  aheadDays: z.number().int().min(0).max(400).default(30),
};

export const TemplateNew = z.strictObject({ ...when, name: Name, item: ItemTemplateItem });
export const TemplatesQuery = z.object({
  state: z.enum(['active', 'paused', 'ended']).optional(),
});

export const TemplateWire = z.object({
  templateId: IdText,
  name: z.string(),
  item: ItemTemplateItem,
  rule: z.string(),
  startsOn: Day,
  endsOn: Day.optional(),
  zone: z.string(),
  roll: z.enum(rolls).optional(),
  country: z.string().optional(),
  aheadDays: z.number().int(),
  nextOn: Day.optional(),
  state: z.enum(['active', 'paused', 'ended']),
  createdBy: z.string(),
  createdAt: Time,
});

const OccurrenceWire = z.object({
  /** By the rule itself. */
  day: Day,
  dueOn: Day,
});
export const TemplateDetailWire = TemplateWire.extend({ next: z.array(OccurrenceWire) });
export const TemplatePreviewWire = z.object({ next: z.array(OccurrenceWire) });
