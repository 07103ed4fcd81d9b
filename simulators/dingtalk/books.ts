import type { Content } from './content.ts';
import { findReferences } from './reference.ts';

/** One message that a group or a person was shown. */
export interface Message {
  readonly id: string;
  /** Position among everything shown, messages and cards together. */
  readonly sequence: number;
  readonly at: string;
  readonly groupId: string | null;
  readonly group: string | null;
  /** `person`: somebody wrote to a robot; `robot` then holds the person's name. */
  readonly via: 'robot' | 'appRobot' | 'personal' | 'person';
  readonly robot: string;
  readonly msgtype: string;
  readonly title: string;
  readonly text: string;
  readonly raw: unknown;
  readonly msgUuid: string | null;
  readonly userIds?: readonly string[];
  readonly reference: string | null;
  readonly references: readonly string[];
  /** What recall and read status go by; null for custom robots. */
  readonly processQueryKey: string | null;
  recalled: boolean;
  readonly content: Content;
}

export interface CardSpace {
  readonly spaceType: string;
  readonly spaceId: string;
  readonly carrierId: string;
  readonly robot: string;
}

export interface Card {
  readonly outTrackId: string;
  readonly sequence: number;
  /** Position of the last change among all changes; a poller asks for cards after one. */
  changed: number;
  readonly at: string;
  groupId: string | null;
  group: string | null;
  readonly templateId: string;
  readonly callbackType: string | null;
  readonly callbackRouteKey: string | null;
  readonly appKey: string;
  params: Record<string, string>;
  privateData: Record<string, Record<string, string>>;
  readonly spaces: CardSpace[];
  reference: string | null;
  references: string[];
  readonly updates: { at: string; params: Record<string, string>; byKey: boolean }[];
  readonly presses: CardPress[];
  /** How often the same outTrackId was created again; such a call changes nothing. */
  repeats: number;
  version: number;
}

export interface CardPress {
  readonly at: string;
  readonly outTrackId: string;
  readonly userId: string;
  readonly actionId: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** `untold`: the card named no callback; `unusable`: an answer that breaks the rules of cards. */
  outcome: 'untold' | 'waiting' | 'answered' | 'unusable' | 'unanswered';
  /** Why it is not `answered`. */
  reason: string | null;
}

/** A call that was answered with an error, whatever the HTTP status said. */
export interface Refusal {
  readonly at: string;
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly groupId: string | null;
  readonly group: string | null;
  readonly robot: string | null;
  readonly msgUuid: string | null;
  readonly text: string;
  readonly reference: string | null;
  readonly references: readonly string[];
}

export type Change =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'card'; readonly card: Card; readonly fresh: boolean }
  | { readonly kind: 'press'; readonly press: CardPress; readonly card: Card };

export interface MessageOrder {
  readonly groupId: string | null;
  readonly group: string | null;
  readonly via: Message['via'];
  readonly robot: string;
  readonly msgtype: string;
  readonly content: Content;
  readonly raw: unknown;
  readonly msgUuid?: string | null;
  readonly userIds?: readonly string[];
  readonly processQueryKey?: string;
}

export interface RefusalOrder {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly groupId?: string | null;
  readonly group?: string | null;
  readonly robot?: string | null;
  readonly msgUuid?: string | null;
  readonly text?: string;
}

/** What was shown and what was refused, in order. Plain arrays: writing them must cost next to nothing. */
export interface Books {
  readonly messages: Message[];
  readonly cards: Map<string, Card>;
  readonly refusals: Refusal[];
  readonly byQueryKey: Map<string, Message>;
  nextSequence(): number;
  sequence(): number;
  show(order: MessageOrder): Message;
  refuse(order: RefusalOrder): void;
  /** Tells the page and the poller that a card is new or different, and gathers its references. */
  cardChanged(card: Card, fresh: boolean): void;
  messageChanged(message: Message): void;
  press(card: Card, press: CardPress): void;
  /** Tells the page how a press ended. */
  pressEnded(card: Card, press: CardPress, end: Pick<CardPress, 'outcome' | 'reason'>): void;
  listen(listener: (change: Change) => void): () => void;
}

const REFUSED_TEXT_CHARACTERS = 4000;

/** Opens empty books. */
export function createBooks(now: () => Date): Books {
  const listeners = new Set<(change: Change) => void>();
  let sequence = 0;
  const tell = (change: Change): void => {
    for (const listener of listeners) listener(change);
  };
  const books: Books = {
    messages: [],
    cards: new Map(),
    refusals: [],
    byQueryKey: new Map(),
    nextSequence: () => ++sequence,
    sequence: () => sequence,
    show(order) {
      // What a person wrote tells nobody anything.
      const told = order.via === 'person' ? [] : [order.content.title, order.content.text];
      const references = findReferences(told);
      const message: Message = {
        id: `msg${String(++sequence).padStart(8, '0')}`,
        sequence,
        at: now().toISOString(),
        groupId: order.groupId,
        group: order.group,
        via: order.via,
        robot: order.robot,
        msgtype: order.msgtype,
        title: order.content.title,
        text: order.content.text,
        raw: order.raw,
        msgUuid: order.msgUuid ?? null,
        ...(order.userIds ? { userIds: order.userIds } : {}),
        reference: references[0] ?? null,
        references,
        processQueryKey: order.processQueryKey ?? null,
        recalled: false,
        content: order.content,
      };
      books.messages.push(message);
      if (message.processQueryKey) books.byQueryKey.set(message.processQueryKey, message);
      tell({ kind: 'message', message });
      return message;
    },
    refuse(order) {
      const text = (order.text ?? '').slice(0, REFUSED_TEXT_CHARACTERS);
      const references = findReferences([text]);
      books.refusals.push({
        at: now().toISOString(),
        path: order.path,
        code: order.code,
        message: order.message,
        groupId: order.groupId ?? null,
        group: order.group ?? null,
        robot: order.robot ?? null,
        msgUuid: order.msgUuid ?? null,
        text,
        reference: references[0] ?? null,
        references,
      });
    },
    cardChanged(card, fresh) {
      // A reference once told stays told, even if a later overwrite drops the parameter.
      const own = Object.values(card.privateData).flatMap((params) => Object.values(params));
      const found = findReferences([...Object.values(card.params), ...own]);
      card.references = [...new Set([...card.references, ...found])];
      card.reference = card.references[0] ?? null;
      card.changed = ++sequence;
      tell({ kind: 'card', card, fresh });
    },
    messageChanged: (message) => tell({ kind: 'message', message }),
    press(card, press) {
      card.presses.push(press);
      card.changed = ++sequence;
      tell({ kind: 'press', press, card });
    },
    pressEnded(card, press, end) {
      Object.assign(press, end);
      card.changed = ++sequence;
      tell({ kind: 'card', card, fresh: false });
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return books;
}
