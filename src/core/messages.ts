import type { ClaimState } from './claims.ts';
import type { EntryState } from './events.ts';
import type { Language } from './languages.ts';
import type { PaymentState } from './payments.ts';
import type { CreditDebitIndicator } from './statements.ts';

/**
 * A notice in words, in one language, before it takes the form of a robot's message or of a card.
 * Texts are ready to show: amounts are formatted and isolated against mixed writing directions.
 */
export interface RenderedMessage {
  readonly language: Language;
  readonly isRightToLeft: boolean;
  /** Shown in the list of chats and as the phone's push: carries the amount. At most 64 characters. */
  readonly title: string;
  /** First line of the body, such as `＋ IDR 1,250,000.00 · Money in`. */
  readonly heading: string;
  /** Two to six lines that answer who, what for, which account, when. */
  readonly lines: readonly {
    readonly label: string;
    readonly value: string;
    /** A whole sentence: why it stands there and what to do. A card shows it apart. */
    readonly isNote?: true;
  }[];
  /** Small print: seen and told, delays, environment mark of a sandbox. */
  readonly footer: string;
  readonly link?: { readonly text: string; readonly url: string };
  /** Mobile numbers or user ids to mention. */
  readonly mentions: readonly string[];
  /** Said when the text had to be cut, in the language of the message. */
  readonly cutMark: string;
  /**
   * What people can do from an interactive card; present, though perhaps empty, on cards that ever
   * have buttons. `words` says how to do the same where there are none.
   */
  readonly buttons?: {
    readonly items: readonly { readonly id: string; readonly text: string }[];
    /** What is asked for beside the buttons, by the name under which the press brings it. */
    readonly inputs: readonly { readonly id: string; readonly label: string }[];
    readonly words?: { readonly label: string; readonly value: string };
  };
  /** Present for a movement or payment: what the interactive card shows apart. */
  readonly movement?: {
    readonly amount: string;
    readonly creditDebitIndicator: CreditDebitIndicator;
    readonly state: EntryState | PaymentState | ClaimState;
    readonly stateText: string;
    /** The bank's own reference, or ours while the bank has none; never translated. */
    readonly reference: string;
  };
}
