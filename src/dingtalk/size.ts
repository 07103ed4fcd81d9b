/**
 * Sizes that DingTalk counts in UTF-8 bytes, where a Chinese character is three
 * (dingtalk.md sections 1.4, 3.1, 3.5, 3.6).
 */

/** What DingTalk takes at most, and the margin that we keep to stay clear of it. */
export const dingtalkLimits = {
  /** Whole body of a robot's message (`custom-robots-send-group-messages`, code 460101). */
  robotBodyBytes: 20_000,
  robotBodyBytesKept: 18_000,
  /** `the-robot-sends-a-group-message`. */
  msgParamBytes: 15_000,
  msgParamBytesKept: 14_000,
  /** `instructions-for-filling-in-api-card-data`. */
  cardValueBytes: 1_024,
  cardKeyBytes: 100,
  outTrackIdCharacters: 100,
  /** `robot-message-type`. */
  mentions: 50,
  /** `chatbots-send-one-on-one-chat-messages-in-batches`. */
  personalReceivers: 20,
  /** `upload-media-files`. */
  fileBytes: 20 * 1024 * 1024,
} as const;

/** Length in UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Length that the text will have inside a JSON string, without the quotes. */
export function jsonBytesOf(text: string): number {
  return bytesOf(JSON.stringify(text)) - 2;
}

/** Keeps text that fits, else cuts it between characters and puts the mark behind. */
export function cutToBytes(text: string, bytesMax: number, mark: string): string {
  return cutToSize(text, { sizeMax: bytesMax, mark, sizeOf: bytesOf });
}

interface Room {
  readonly sizeMax: number;
  readonly mark: string;
  /** Must grow with the text, such as the bytes of its escaped form. */
  readonly sizeOf: (text: string) => number;
}

/** As {@link cutToBytes} for any measure, such as the size after escaping. */
export function cutToSize(text: string, room: Room): string {
  if (room.sizeOf(text) <= room.sizeMax) return text;
  // A mark that does not fit itself would leave nothing of the text.
  const mark = room.sizeOf(room.mark) <= room.sizeMax ? room.mark : '';
  const starts = characterStarts(text.slice(0, Math.max(0, room.sizeMax) + CHARACTER_UNITS_MAX));
  const fits = (end: number) => room.sizeOf(text.slice(0, end).trimEnd() + mark) <= room.sizeMax;
  return text.slice(0, lastFitting(starts, fits)).trimEnd() + mark;
}

/** No measure is below one per UTF-16 unit, so text further behind can never be kept. */
const CHARACTER_UNITS_MAX = 64;

/** Ends of characters as people see them: an emoji of several code points is one. */
function characterStarts(text: string): readonly number[] {
  const segments = new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text);
  return Array.from(segments, ({ index }) => index);
}

/** Last of the ascending ends that fits; the first one, which is 0, always counts as fitting. */
function lastFitting(ends: readonly number[], fits: (end: number) => boolean): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(ends[middle] ?? 0)) low = middle;
    else high = middle - 1;
  }
  return ends[low] ?? 0;
}
