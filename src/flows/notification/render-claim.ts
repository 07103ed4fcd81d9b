import type { ClaimFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { formatDateTime } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { renderEntry } from './render-entry.ts';
import { frame, line, quote, type RenderOptions } from './render-parts.ts';

/** Puts a claim into words: the receipt, how the claim stands, and by whom and until when. */
export function renderClaim(fact: ClaimFact, options: RenderOptions): RenderedMessage {
  const { language } = options;
  const receipt = renderEntry(fact.entry, options);
  const state = translate(language, `claim.state.${fact.state}`);
  const until = fact.until && formatDateTime(language, fact.until, fact.entry.zone);
  return {
    ...frame(options, {
      title: receipt.title,
      heading: receipt.heading,
      lines: [
        ...line(language, 'label.claim', state),
        ...line(language, 'label.claimedBy', quote(language, fact.claimedBy ?? '')),
        ...line(language, 'label.claimedFor', quote(language, fact.claimedFor ?? '')),
        ...line(language, 'label.note', quote(language, fact.note ?? '')),
        ...line(language, 'label.until', until ?? ''),
        ...receipt.lines,
      ],
      footer: receipt.footer,
    }),
    ...(receipt.movement
      ? { movement: { ...receipt.movement, state: fact.state, stateText: state } }
      : {}),
  };
}
