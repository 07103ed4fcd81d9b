/**
 * The subset of markdown that DingTalk promises: headings, quotes, bold, links and lists
 * (dingtalk.md section 1.3, `robot-message-type`). No tables: some phones show their bars raw.
 */
import type { RenderedMessage } from '#core/messages.ts';
import { cutToBytes, cutToSize, jsonBytesOf } from './size.ts';

type Line = RenderedMessage['lines'][number];

/** Marks of direction that can make an amount read backwards; isolates stay, ours need them. */
const OVERRIDES = /[\u202A-\u202E]/g;

/** One line of well-formed text: no control characters, no blanks at the ends. */
export function toPlainText(text: string): string {
  const flat = text.toWellFormed().replaceAll(/[\p{Cc}\s]+/gu, ' ');
  return flat.replaceAll(OVERRIDES, '').trim();
}

/**
 * Breaks addresses with an invisible blank, so that nothing makes a link of them. Whoever pays us
 * one cent may write into our chat: a link there invites phishing, and moderation refuses the
 * whole notice for it (430101).
 */
export function breakLinks(text: string): string {
  return text.replaceAll(/(\w:)(?=\/\/)/g, '$1\u200B').replaceAll(/\b(www)(?=\.)/gi, '$1\u200B');
}

/**
 * Shows names and remittance texts as they are written. Only what would act is escaped: an
 * underscore inside a reference such as `TRX_2026_001` does nothing and stays copyable.
 */
export function escapeMarkdown(text: string): string {
  const escaped = toPlainText(text)
    .replaceAll(/[\\`*[\]<>]|~(?=~)|(?<=~)~|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replaceAll(/&(?=#?\w{1,31};)/g, '\\&')
    // At the beginning of a block these would open a heading, a list or a rule.
    .replace(/^(?:[#+-]|\d{1,9}(?=[.)]))/, (start) =>
      /\d/.test(start) ? `${start}\u200B` : `\\${start}`,
    );
  return breakLinks(escaped);
}

/** Link of our own; an address with brackets or blanks would end too early. */
export function formatLink(link: { readonly text: string; readonly url: string }): string {
  const url = link.url.replaceAll(
    /[\s()<>"\\]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `[${escapeMarkdown(cutToBytes(toPlainText(link.text), sizes.linkText, '…'))}](${url})`;
}

/** Raw bytes of the parts that are never left out. Together they leave most room to the lines. */
export const sizes = { title: 200, heading: 400, footer: 600, linkText: 100, mark: 200 } as const;

/** One remittance text of kilobytes must not push the account and the time out of the message. */
const VALUE_BYTES = 2_000;

export interface MarkdownParts {
  readonly message: RenderedMessage;
  /** Blocks behind the footer, ready to send: a link, mentions. */
  readonly endings: readonly string[];
  /** Put into the footer as it is: robots look for exactly these characters. */
  readonly keyword?: string;
  /** Size inside JSON that the whole may have. */
  readonly jsonBytesMax: number;
}

/** Heading, lines as a list, footer as a quote, endings; only lines are ever left out. */
export function composeMarkdown(parts: MarkdownParts): string {
  const { message, endings, jsonBytesMax } = parts;
  const heading = escapeMarkdown(cutToBytes(toPlainText(message.heading), sizes.heading, '…'));
  const above = heading === '' ? [] : [`### ${heading}`];
  const below = [...formatFooter(parts), ...endings];
  const fixed = joinBlocks([...above, 'x', ...below]);
  const list = fitLines(message, jsonBytesMax - jsonBytesOf(fixed));
  return joinBlocks([...above, ...(list === '' ? [] : [list]), ...below]);
}

/** Two line ends are the only break that every client shows (section 1.3). */
function joinBlocks(blocks: readonly string[]): string {
  return blocks.join('\n\n');
}

function formatFooter({ message, keyword }: MarkdownParts): readonly string[] {
  const footer = escapeMarkdown(cutToBytes(toPlainText(message.footer), sizes.footer, '…'));
  const text = [footer, keyword ?? ''].filter((part) => part !== '').join(' · ');
  return text === '' ? [] : [`> ${text}`];
}

/** As many lines as there is room for, from the first; a missing rest is said. */
function fitLines(message: RenderedMessage, room: number): string {
  const { lines, language } = message;
  const items = lines.map((line) => formatLine(shorten(line), language));
  const isShortened = lines.some((line) => shorten(line).value !== toPlainText(line.value));
  const whole = items.join('\n');
  if (!isShortened && jsonBytesOf(whole) <= room) return whole;
  const said = cutToBytes(toPlainText(message.cutMark) || '…', sizes.mark, '…');
  const mark = `- ${escapeMarkdown(said)}`;
  const kept = keepFirst(message, room - jsonBytesOf(`\n${mark}`));
  const text = [...kept, mark].join('\n');
  return jsonBytesOf(text) <= room ? text : '';
}

function keepFirst({ lines, language }: RenderedMessage, roomMax: number): readonly string[] {
  const kept: string[] = [];
  let room = roomMax;
  for (const line of lines) {
    const item = fitLine(shorten(line), language, room);
    if (item === undefined) break;
    kept.push(item);
    room -= jsonBytesOf(`\n${item}`);
  }
  return kept;
}

function fitLine(line: Line, language: string, room: number): string | undefined {
  const sizeOf = (value: string) => jsonBytesOf(`\n${formatLine({ ...line, value }, language)}`);
  const value = cutToSize(line.value, { sizeMax: room, mark: '…', sizeOf });
  const isCut = value !== line.value;
  if (sizeOf(value) > room || (isCut && value.length <= 1)) return undefined;
  return formatLine({ ...line, value }, language);
}

function shorten({ label, value }: Line): Line {
  return {
    label: cutToBytes(toPlainText(label), sizes.linkText, '…'),
    value: cutToBytes(toPlainText(value), VALUE_BYTES, '…'),
  };
}

/** The value stands at the end of its line, where bold closes whatever sign it ends with. */
function formatLine({ label, value }: Line, language: string): string {
  const bold = value === '' ? '' : `**${escapeMarkdown(value)}**`;
  if (label === '') return `- ${bold}`;
  return `- ${escapeMarkdown(label)}${language.startsWith('zh') ? '：' : ': '}${bold}`.trimEnd();
}
