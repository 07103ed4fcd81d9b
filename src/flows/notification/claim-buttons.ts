import type { ClaimFact } from '#core/events.ts';
import type { Language } from '#core/languages.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { translate } from '#i18n/messages.ts';
import { isolateText } from '#i18n/format.ts';

/** What a button of a claim's card does. */
export type ClaimButtonAct = 'claim' | 'notOurs' | 'release' | 'confirm' | 'refuse' | 'assign';

/** A pressed button: what is to be done, as its card showed the claim. */
export interface ClaimButton {
  readonly act: ClaimButtonAct;
  /** The item to claim for, or the person to whom a conflict goes. */
  readonly argument?: string;
  /** The version that the presser saw. */
  readonly version: number;
}

/** Names under which a press brings what was typed beside the buttons. */
export const claimInputs = { subject: 'for', note: 'note' } as const;

/** A card of more buttons is no longer read. */
const SUGGESTIONS_MAX = 3;
const PARTIES_MAX = 4;

type Buttons = NonNullable<RenderedMessage['buttons']>;

/** The buttons of a claim as it stands; none once it is settled. */
export function buttonsOf(fact: ClaimFact, language: Language): Buttons {
  return {
    items: itemsOf(fact, language),
    inputs:
      fact.state === 'open' || fact.state === 'claimed'
        ? [
            { id: claimInputs.subject, label: translate(language, 'claim.input.for') },
            { id: claimInputs.note, label: translate(language, 'claim.input.note') },
          ]
        : [],
    ...wordsOf(fact, language),
  };
}

function itemsOf(fact: ClaimFact, language: Language): Buttons['items'] {
  const { state, suggestions, parties, version } = fact;
  const plain = (act: Exclude<ClaimButtonAct, 'assign'>) => ({
    id: formatButton({ act, version }),
    text: translate(language, `claim.button.${act}`),
  });
  switch (state) {
    case 'open':
      return [
        ...suggestions.slice(0, SUGGESTIONS_MAX).map(({ itemId, label }) => ({
          id: formatButton({ act: 'claim', argument: itemId, version }),
          text: translate(language, 'claim.button.claimFor', {
            label: isolateText(language, label),
          }),
        })),
        plain('claim'),
        plain('notOurs'),
      ];
    case 'claimed':
      return [plain('confirm'), plain('refuse'), plain('release'), plain('claim')];
    case 'conflict':
      return [
        ...parties.slice(0, PARTIES_MAX).map(({ personId, name }) => ({
          id: formatButton({ act: 'assign', argument: personId, version }),
          text: translate(language, 'claim.button.assign', { name: isolateText(language, name) }),
        })),
        plain('release'),
        plain('refuse'),
      ];
    case 'confirmed':
    case 'closed':
      return [];
  }
}

/** How to do the same by writing to the robot. */
function wordsOf(fact: ClaimFact, language: Language): Pick<Buttons, 'words'> {
  const { state, number, suggestions } = fact;
  if (state === 'confirmed' || state === 'closed') return {};
  const say = (act: Exclude<ClaimButtonAct, 'assign'>): string =>
    isolateText(language, `${translate(language, `claim.word.${act}`)} ${number}`);
  const subject = suggestions[0]?.label ?? `‹${translate(language, 'claim.input.for')}›`;
  const claim = isolateText(
    language,
    `${translate(language, 'claim.word.claim')} ${number} ${subject}`,
  );
  const values = {
    claim,
    confirm: say('confirm'),
    refuse: say('refuse'),
    release: say('release'),
    notOurs: say('notOurs'),
  };
  const value = translate(language, `claim.write.${state}`, values);
  return { words: { label: translate(language, 'label.next'), value } };
}

/** The id of a button carries all that a press must say, whatever the card's template sends besides. */
export function formatButton({ act, argument, version }: ClaimButton): string {
  return `${act}${argument === undefined ? '' : `:${argument}`}@${version}`;
}

/** Reads a button's id; undefined when it is none of ours. */
export function parseButton(id: string): ClaimButton | undefined {
  const parts = BUTTON.exec(id);
  if (!parts) return undefined;
  const [, name = '', argument, version = ''] = parts;
  const act = ACTS.find((known) => known === name);
  if (!act) return undefined;
  return { act, version: Number(version), ...(argument === undefined ? {} : { argument }) };
}

const ACTS: readonly ClaimButtonAct[] = [
  'claim',
  'notOurs',
  'release',
  'confirm',
  'refuse',
  'assign',
];
const BUTTON = /^([a-zA-Z]{5,10})(?::([a-z]{3}_[0-9a-z]{4,40}))?@(\d{1,9})$/;
