import { z } from 'zod';
import { rolls } from '#core/bank-calendar.ts';
import { Day, IdText, Name, Time } from './common.ts';
import { RecurringTemplateWire } from './payments.ts';

const when = {
  accountId: IdText,
  rule: z
    .string()
    .max(200)
    .meta({ examples: ['FREQ=MONTHLY;BYMONTHDAY=-1'] }),
  firstDate: Day,
  lastDate: Day.optional(),
  /** Where an occurrence on a closed day moves to. */
  roll: z.enum(rolls).default('following'),
  /** It is asked for so many bank days ahead, so that people can approve in time. */
  leadDays: z.number().int().min(0).max(30).default(2),
};

export const RecurringNew = z.strictObject({
  ...when,
  name: Name,
  template: RecurringTemplateWire,
});
export const RecurringPreviewNew = z.strictObject(when);

export const OccurrenceWire = z.object({
  /** By the rule itself. */
  day: Day,
  /** The bank day on which it is paid. */
  requestedExecutionDate: Day,
  /** When it is asked for. */
  raisedOn: Day,
});

export const RecurringWire = z.object({
  recurrenceId: IdText,
  accountId: IdText,
  name: z.string(),
  rule: z.string(),
  template: z.record(z.string(), z.unknown()),
  roll: z.enum(rolls),
  firstDate: Day,
  lastDate: Day.optional(),
  nextDate: Day.optional(),
  leadDays: z.number().int(),
  state: z.enum(['active', 'paused', 'ended']),
  maker: z.string(),
  createdAt: Time,
});

export const RecurringDetailWire = RecurringWire.extend({
  /** The next occurrences, twelve at most. */
  next: z.array(OccurrenceWire),
  /** What our calendar of the bank's country does not know. */
  warning: z.string().optional(),
});

export const OccurrencesWire = z.object({
  items: z.array(OccurrenceWire),
  warning: z.string().optional(),
});

export const RecurringQuery = z.object({ state: z.enum(['active', 'paused', 'ended']).optional() });
