import type { ClaimFact, ClaimFactParty } from '#core/events.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { formatDateTime, isolateNumber } from '#i18n/format.ts';
import { translate } from '#i18n/messages.ts';
import { buttonsOf } from './claim-buttons.ts';
import { renderEntry } from './render-entry.ts';
import { frame, joinParts, type Line, line, quote, type RenderOptions } from './render-parts.ts';

/** Puts a claim into words: how it stands, by whom and until when, then the receipt. */
export function renderClaim(fact: ClaimFact, options: RenderOptions): RenderedMessage {
  const { language } = options;
  const receipt = renderEntry(fact.entry, options);
  const state = stateText(fact, language);
  const heading = withoutDirection(receipt.heading);
  const reminder = translate(language, 'claim.reminder', { heading });
  const isReminder = fact.kind === 'claim.reminder';
  return {
    ...frame(options, {
      // A name is left out of the title rather than cut in two.
      title: isReminder ? reminder : withoutDirection(receipt.title),
      heading: isReminder ? reminder : heading,
      lines: [
        ...line(language, 'label.claim', joinParts([isolateNumber(`#${fact.number}`), state])),
        ...partyLines(fact, language),
        ...line(language, 'label.confirmedBy', quote(language, fact.confirmedBy ?? '')),
        ...line(language, 'label.until', untilText(fact, language)),
        ...nextLine(fact, language),
        ...receipt.lines,
      ],
      footer: withoutDirection(receipt.footer),
    }),
    buttons: buttonsOf(fact, language),
    ...(receipt.movement
      ? { movement: { ...receipt.movement, state: fact.state, stateText: state } }
      : {}),
  };
}

/** A line of the receipt, ready to be given its direction once more as part of this card. */
function withoutDirection(text: string): string {
  return text.replace(/^\u200F\u2067(.*)\u2069$/su, '$1');
}

function stateText({ state, ending }: ClaimFact, language: Language): string {
  return joinParts([
    translate(language, `claim.state.${state}`),
    ending && translate(language, `claim.ending.${ending}`),
  ]);
}

/** The first with all that was said, the others with their names and what for. */
function partyLines({ parties }: ClaimFact, language: Language): readonly Line[] {
  const [first, ...rivals] = parties;
  if (!first) return [];
  const others = rivals.map((party) =>
    joinParts([quote(language, party.name), claimedFor(party, language)]),
  );
  return [
    ...line(language, 'label.claimedBy', quote(language, first.name)),
    ...line(language, 'label.claimedFor', claimedFor(first, language)),
    ...line(language, 'label.note', quote(language, first.note ?? '')),
    ...line(language, 'label.rivals', others.join('; ')),
  ];
}

/** What a party says that the receipt is for. */
export function claimedFor(
  { claimedFor: text, isNotOurs }: Pick<ClaimFactParty, 'claimedFor' | 'isNotOurs'>,
  language: Language,
): string {
  if (isNotOurs) return translate(language, 'claim.subject.notOurs');
  return text === '' ? translate(language, 'claim.subject.missing') : quote(language, text);
}

/** Until when a claim holds; an open receipt is asked about until somebody answers. */
function untilText({ until, state, entry }: ClaimFact, language: Language): string {
  return until && state === 'claimed' ? formatDateTime(language, until, entry.zone) : '';
}

function nextLine({ state }: ClaimFact, language: Language): readonly Line[] {
  if (state === 'confirmed' || state === 'closed') return [];
  return line(language, 'label.next', translate(language, `claim.next.${state}`)).map((next) => ({
    ...next,
    isNote: true,
  }));
}
