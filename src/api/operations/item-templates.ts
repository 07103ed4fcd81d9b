import type { z } from 'zod';
import { parsePlainDate } from '#core/dates.ts';
import { parseId } from '#core/ids.ts';
import { nextOccurrences } from '#flows/expected-items/item-templates.ts';
import type {
  TemplateDeps,
  TemplateInput,
  TemplateItem,
  TemplateOccurrence,
} from '#flows/expected-items/item-templates.ts';
import type { ItemTemplate } from '#store/item-templates.ts';
import type { TemplateDetailWire, TemplateNew, TemplateWire } from '../contract/item-templates.ts';
import type { OperationServices } from './services.ts';

/** What templates are made with: the same bank days as payments. */
export function templateDeps(
  services: Pick<OperationServices, 'pool' | 'now' | 'payments'>,
): TemplateDeps {
  const { pool, now, payments } = services;
  return { pool, now, calendar: payments.calendar };
}

export function toTemplateInput(wish: z.infer<typeof TemplateNew>, orgId: string): TemplateInput {
  return {
    ...wish,
    orgId: parseId('org', orgId),
    country: wish.country?.toUpperCase(),
    startsOn: parsePlainDate(wish.startsOn),
    endsOn: wish.endsOn === undefined ? undefined : parsePlainDate(wish.endsOn),
  };
}

export function toTemplateWire(template: ItemTemplate<TemplateItem>): z.infer<typeof TemplateWire> {
  const { orgId: _org, startsOn, endsOn, nextOn, createdAt, ...rest } = template;
  return {
    ...rest,
    item: { ...template.item },
    startsOn: startsOn.toString(),
    endsOn: endsOn?.toString(),
    nextOn: nextOn?.toString(),
    createdAt: createdAt.toString(),
  };
}

export async function toTemplateDetail(
  deps: TemplateDeps,
  template: ItemTemplate<TemplateItem>,
): Promise<z.infer<typeof TemplateDetailWire>> {
  const next = await nextOccurrences(deps, template);
  return { ...toTemplateWire(template), next: next.map(toOccurrenceWire) };
}

export function toOccurrenceWire({ day, dueOn }: TemplateOccurrence) {
  return { day: day.toString(), dueOn: dueOn.toString() };
}
