import { dayIn } from '#core/dates.ts';
import { insertItems } from '#store/expected-items.ts';
import type { NewItem } from '#store/expected-items.ts';
import { findDueTemplates, getTemplate, updateTemplate } from '#store/item-templates.ts';
import type { ItemTemplate, TemplateRef } from '#store/item-templates.ts';
import { onItemsChanged } from '../reconciliation/add-items.ts';
import { prepareItem } from '../reconciliation/line-keys.ts';
import { readStated } from './add-stated.ts';
import { daysAfter, occurrenceOf, withWords } from './item-templates.ts';
import type { TemplateDeps, TemplateItem, TemplateOccurrence } from './item-templates.ts';
import { toNewItem } from './stated-item.ts';
import { changeItems, lockOrg } from './take-items.ts';

/** Items of templates; their key is the template with the rule's own day. */
const TEMPLATE_SOURCE = 'template';
/** More at once would be a mistake in somebody's rule; the next minute goes on. */
const AT_ONCE_MAX = 60;

/**
 * Makes the items of templates whose time has come, each once: its day is its key, and the next day is
 * written in the same transaction. Run by several workers at once, or twice, it makes one item.
 */
export async function makeTemplateItems(
  deps: TemplateDeps,
  onError: (error: unknown) => void,
): Promise<{ readonly made: number; readonly failed: number }> {
  const due = await findDueTemplates(deps.pool, new Date(deps.now().epochMilliseconds));
  const sum = { made: 0, failed: 0 };
  for (const ref of due) {
    try {
      sum.made += await makeItems(deps, ref);
    } catch (error) {
      // One that cannot be read must not keep the others waiting.
      onError(error);
      sum.failed += 1;
    }
  }
  return sum;
}

async function makeItems(deps: TemplateDeps, ref: TemplateRef): Promise<number> {
  const seen = await getTemplate<TemplateItem>(deps.pool, ref);
  if ((await dueNow(deps, seen)).length === 0) return 0;
  return changeItems(deps, { ...ref, actor: 'system' }, async (client, now) => {
    const template = await getTemplate<TemplateItem>(client, ref, 'FOR NO KEY UPDATE');
    // Somebody paused it this very moment, or another worker was faster.
    const due = await dueNow(deps, template);
    const last = due.at(-1);
    if (!last) return { result: 0 };
    const items = due.map((occurrence) => toItem(template, occurrence));
    const by = { orgId: ref.orgId, createdBy: template.createdBy, now };
    const inserted = await insertItems(client, by, items.map(prepareItem));
    await lockOrg(client, ref.orgId);
    await onItemsChanged(client, by, items);
    const [nextOn] = daysAfter(template, last.day, 1);
    await updateTemplate(client, ref, { state: nextOn ? 'active' : 'ended', nextOn });
    const itemIds = inserted.filter(({ isNew }) => isNew).map(({ itemId }) => itemId);
    return {
      result: itemIds.length,
      audit: {
        action: 'item.made',
        subject: ref.templateId,
        after: { itemIds, days: due.map(({ dueOn }) => dueOn.toString()) },
      },
    };
  });
}

/** Occurrences whose items are to be made now, oldest first. */
async function dueNow(deps: TemplateDeps, template: ItemTemplate): Promise<TemplateOccurrence[]> {
  const { nextOn, state, zone, aheadDays } = template;
  if (state !== 'active' || !nextOn) return [];
  const until = dayIn(deps.now(), zone).add({ days: aheadDays });
  const due: TemplateOccurrence[] = [];
  for (const day of daysAfter(template, nextOn.subtract({ days: 1 }), AT_ONCE_MAX)) {
    const occurrence = await occurrenceOf(deps, template, day);
    if (occurrence.dueOn.since(until).days > 0) return due;
    due.push(occurrence);
  }
  return due;
}

function toItem(template: ItemTemplate<TemplateItem>, { day, dueOn }: TemplateOccurrence): NewItem {
  const { templateId, item } = template;
  const stated = readStated(withWords(item, day), (field, problem) => {
    throw new Error(`template ${templateId}: ${field} ${problem}`);
  });
  return {
    ...toNewItem(stated, { sourceKey: `${templateId}:${day.toString()}` }),
    kind: 'recurring',
    source: TEMPLATE_SOURCE,
    dueOn,
    templateId,
  };
}
