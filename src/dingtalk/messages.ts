/**
 * Rendered notices as the bodies that DingTalk shows: robot messages (dingtalk.md section 1.3,
 * `robot-message-type`), app robot messages (3.1, `the-robot-sends-a-group-message`) and card
 * parameters (3.5, `instructions-for-filling-in-api-card-data`).
 */
import type { RenderedMessage } from '#core/messages.ts';
import { breakLinks, composeMarkdown, formatLink, sizes, toPlainText } from './markdown.ts';
import { bytesOf, cutToBytes, dingtalkLimits, jsonBytesOf } from './size.ts';

export interface RobotBodyOptions {
  /** Same for every attempt at one message: the group sees it once (section 1.1). */
  readonly msgUuid: string;
  /** One of the words that the robot demands, when it is protected by words (section 1.2). */
  readonly keyword?: string;
  /** `actionCard` has a button; without a link the message is markdown anyway. */
  readonly style: 'markdown' | 'actionCard';
}

/** Makes the exact JSON body of a custom robot's message, never above the size that we keep. */
export function toRobotBody(given: RenderedMessage, options: RobotBodyOptions): string {
  const message = withWords(given);
  const link = usableLink(message);
  const mentions = usableMentions(message);
  const isCard = options.style === 'actionCard' && link !== undefined;
  const endings = [
    ...(link === undefined || isCard ? [] : [formatLink(link)]),
    ...(mentions.length === 0 ? [] : [mentions.map((mention) => `@${mention}`).join(' ')]),
  ];
  const title = titleOf(message);
  const wrap = (text: string) =>
    JSON.stringify({
      msgUuid: options.msgUuid,
      ...(isCard
        ? { msgtype: 'actionCard', actionCard: { title, text, ...button(link), ...VERTICAL } }
        : { msgtype: 'markdown', markdown: { title, text }, ...formatAt(mentions) }),
    });
  const jsonBytesMax = dingtalkLimits.robotBodyBytesKept - bytesOf(wrap(''));
  return wrap(composeWithKeyword({ message, endings, jsonBytesMax }, options.keyword));
}

/** Body of a plain text, for trying out a robot while it is set up. */
export function toRobotText(
  text: string,
  options: { readonly msgUuid?: string; readonly keyword?: string } = {},
): string {
  const keyword = usableKeyword(options.keyword);
  const uuid = options.msgUuid === undefined ? {} : { msgUuid: options.msgUuid };
  const content = cutToBytes(text.toWellFormed().replaceAll(CONTROLS, ' '), TEXT_BYTES, '…');
  const missing = keyword !== undefined && !content.includes(keyword) ? ` · ${keyword}` : '';
  return JSON.stringify({ ...uuid, msgtype: 'text', text: { content: `${content}${missing}` } });
}

/** All but the end of a line. */
const CONTROLS = /[^\P{Cc}\n]+/gu;

/** Less than half of what we keep, because JSON writes some signs with twice the bytes. */
const TEXT_BYTES = 8_000;

export interface AppMessage {
  readonly msgKey: 'sampleMarkdown' | 'sampleActionCard';
  /** JSON as text, which the API wants inside its JSON. */
  readonly msgParam: string;
}

/** Makes the message of an app robot. These APIs mention nobody (section 3.1). */
export function toAppMessage(given: RenderedMessage): AppMessage {
  const message = withWords(given);
  const link = usableLink(message);
  const title = titleOf(message);
  const wrap = (text: string) => JSON.stringify({ title, text, ...(link && button(link)) });
  const jsonBytesMax = dingtalkLimits.msgParamBytesKept - bytesOf(wrap(''));
  return {
    msgKey: link === undefined ? 'sampleMarkdown' : 'sampleActionCard',
    msgParam: wrap(composeMarkdown({ message, endings: [], jsonBytesMax })),
  };
}

/** Where nothing can be pressed, what to write stands at the end of the lines. */
function withWords(message: RenderedMessage): RenderedMessage {
  const words = message.buttons?.words;
  if (!words) return message;
  return { ...message, lines: [...message.lines, { ...words, isNote: true }] };
}

/**
 * Makes the parameters of our card template. Every key is always there, empty when it does not
 * apply, so that an update by key clears what was shown before.
 */
export function toCardParams(message: RenderedMessage): Record<string, string> {
  const { movement } = message;
  const note = message.lines.find(({ isNote }) => isNote === true);
  const link = usableLink(message);
  const isLinkKept = link !== undefined && bytesOf(link.url) <= dingtalkLimits.cardValueBytes;
  return {
    title: cutValue(titleOf(message)),
    amount: cutValue(movement?.amount ?? ''),
    direction: movement?.creditDebitIndicator ?? '',
    state: movement?.state ?? '',
    stateText: cutValue(movement?.stateText ?? ''),
    lines: formatCardLines(message.lines.filter((line) => line !== note)),
    // A sentence in three-byte letters would fill the room of all lines.
    note: cutValue(breakLinks(note?.value ?? '')),
    time: cutValue(message.footer),
    linkText: isLinkKept ? cutValue(link.text) : '',
    linkUrl: isLinkKept ? link.url : '',
    language: message.language,
    reference: cutValue(movement?.reference ?? ''),
    ...(message.buttons ? buttonParams(message.buttons) : {}),
  };
}

/** JSON lists of buttons and of what is asked for beside them; what has no room is left out. */
function buttonParams({ items, inputs }: NonNullable<RenderedMessage['buttons']>) {
  return {
    buttons: formatCardList(items, ({ id, text }) => ({
      id,
      text: cutToBytes(toPlainText(text), sizes.linkText, '…'),
    })),
    inputs: formatCardList(inputs, ({ id, label }) => ({
      id,
      label: cutToBytes(toPlainText(label), sizes.linkText, '…'),
    })),
    // What only the presser is told; empty for everybody else.
    hint: '',
  };
}

function formatCardList<Item>(items: readonly Item[], write: (item: Item) => unknown): string {
  const kept: string[] = [];
  let room = dingtalkLimits.cardValueBytes - '[]'.length;
  for (const item of items) {
    const text = JSON.stringify(write(item));
    if (bytesOf(text) + 1 > room) break;
    kept.push(text);
    room -= bytesOf(text) + 1;
  }
  return `[${kept.join(',')}]`;
}

function cutValue(text: string): string {
  return cutToBytes(toPlainText(text), dingtalkLimits.cardValueBytes, '…');
}

/** JSON that was cut as text would be no JSON, so lines are left out or shortened instead. */
function formatCardLines(lines: RenderedMessage['lines']): string {
  const kept: string[] = [];
  let room = dingtalkLimits.cardValueBytes - '[]'.length;
  for (const { label, value } of lines) {
    const whole = formatCardLine(label, breakLinks(toPlainText(value)));
    const item = bytesOf(whole) + 1 <= room ? whole : shortenCardLine({ label, value }, room - 1);
    if (item === undefined) break;
    kept.push(item);
    room -= bytesOf(item) + 1;
  }
  return `[${kept.join(',')}]`;
}

function formatCardLine(label: string, value: string): string {
  return JSON.stringify({ label: cutToBytes(toPlainText(label), sizes.linkText, '…'), value });
}

/** A few letters say nothing: below this a line is left out. */
const CARD_VALUE_MIN = 12;

function shortenCardLine(line: RenderedMessage['lines'][number], room: number) {
  const plain = breakLinks(toPlainText(line.value));
  const rest = room - bytesOf(formatCardLine(line.label, ''));
  // Quotes and backslashes take two bytes in JSON; nothing else of plain text grows.
  const isGrowing = jsonBytesOf(plain) > bytesOf(plain);
  const value = cutToBytes(plain, isGrowing ? Math.floor(rest / 2) : rest, '…');
  return rest < CARD_VALUE_MIN ? undefined : formatCardLine(line.label, value);
}

const VERTICAL = { btnOrientation: '0' } as const;

function button({ text, url }: NonNullable<RenderedMessage['link']>) {
  return {
    singleTitle: cutToBytes(toPlainText(text), sizes.linkText, '…'),
    singleURL: url,
  };
}

/** The list of chats needs some title; it is not shown in the message itself. */
function titleOf({ title, heading }: RenderedMessage): string {
  const text = toPlainText(title) || toPlainText(heading) || 'Cashbell';
  return cutToBytes(text, sizes.title, '…');
}

const LINK_BYTES_MAX = 2_000;

/** An address cannot be cut; one that is too long or has no words is left out. */
function usableLink({ link }: RenderedMessage): RenderedMessage['link'] {
  if (link === undefined) return undefined;
  const url = toPlainText(link.url).replaceAll(' ', '%20');
  const isUsable = url !== '' && jsonBytesOf(url) <= LINK_BYTES_MAX;
  return isUsable ? { text: toPlainText(link.text) || url, url } : undefined;
}

const MENTION_BYTES_MAX = 64;

function usableMentions({ mentions }: RenderedMessage): readonly string[] {
  const usable = mentions
    .map((mention) => mention.trim().replace(/^@/, ''))
    .filter(
      (mention) => /^[^\s\p{C}"\\@]+$/u.test(mention) && bytesOf(mention) <= MENTION_BYTES_MAX,
    );
  return [...new Set(usable)].slice(0, dingtalkLimits.mentions);
}

/** E.164 ends at 15 digits; user ids that are all digits are longer. `+86-139…` is a number too. */
function isMobile(mention: string): boolean {
  return /^\+?\d+(?:-\d+)*$/.test(mention) && mention.replaceAll(/\D/g, '').length <= 15;
}

/** Nobody is rung unless named here and in the text (section 1.3). */
function formatAt(mentions: readonly string[]) {
  if (mentions.length === 0) return {};
  return {
    at: {
      atMobiles: mentions.filter(isMobile),
      atUserIds: mentions.filter((mention) => !isMobile(mention)),
      isAtAll: false,
    },
  };
}

const KEYWORD_BYTES_MAX = 300;

function usableKeyword(keyword: string | undefined): string | undefined {
  const plain = toPlainText(keyword ?? '');
  return plain === '' || bytesOf(plain) > KEYWORD_BYTES_MAX ? undefined : plain;
}

/** Looks for the word after cutting and escaping, as the robot will. */
function composeWithKeyword(
  parts: Parameters<typeof composeMarkdown>[0],
  given: string | undefined,
): string {
  const keyword = usableKeyword(given);
  const text = composeMarkdown(parts);
  if (keyword === undefined || text.includes(keyword)) return text;
  return composeMarkdown({ ...parts, keyword });
}
