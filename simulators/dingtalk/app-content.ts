import { firstLine, isFields } from './content.ts';
import type { Content } from './content.ts';
import type { MediaFile } from './world.ts';

type Values = Readonly<Record<string, string>>;

interface MessageKey {
  readonly fields: readonly string[];
  readonly optional?: readonly string[];
  readonly read: (values: Values) => Content;
}

const FILE_TYPES = ['xlsx', 'pdf', 'zip', 'rar', 'doc', 'docx'];

/** The table of dingtalk.md 3.1 (`robot-message-type`): each msgKey with the fields of its msgParam. */
const KEYS: Readonly<Record<string, MessageKey>> = {
  sampleText: {
    fields: ['content'],
    read: ({ content = '' }) => ({ kind: 'text', title: firstLine(content), text: content }),
  },
  sampleMarkdown: {
    fields: ['title', 'text'],
    read: ({ title = '', text = '' }) => ({ kind: 'markdown', title, text }),
  },
  sampleLink: {
    fields: ['title', 'text', 'messageUrl'],
    optional: ['picUrl'],
    read: ({ title = '', text = '', messageUrl = '', picUrl = '' }) => ({
      kind: 'link',
      title,
      text,
      url: messageUrl,
      picture: picUrl,
    }),
  },
  sampleActionCard: {
    fields: ['title', 'text', 'singleTitle', 'singleURL'],
    read: ({ title = '', text = '', singleTitle = '', singleURL = '' }) => ({
      kind: 'actionCard',
      title,
      text,
      buttons: [{ title: singleTitle, url: singleURL }],
    }),
  },
  sampleActionCard2: verticalButtons(2),
  sampleActionCard3: verticalButtons(3),
  sampleActionCard4: verticalButtons(4),
  sampleActionCard5: verticalButtons(5),
  // The only key that writes "Url" and "button".
  sampleActionCard6: {
    fields: ['title', 'text', 'buttonTitle1', 'buttonUrl1', 'buttonTitle2', 'buttonUrl2'],
    read: (values) => ({
      kind: 'actionCard',
      title: values['title'] ?? '',
      text: values['text'] ?? '',
      horizontal: true,
      buttons: [1, 2].map((index) => ({
        title: values[`buttonTitle${index}`] ?? '',
        url: values[`buttonUrl${index}`] ?? '',
      })),
    }),
  },
  sampleImageMsg: {
    fields: ['photoURL'],
    read: ({ photoURL = '' }) => ({ kind: 'image', title: '[图片]', text: '', picture: photoURL }),
  },
  sampleFile: {
    fields: ['mediaId', 'fileName', 'fileType'],
    read: ({ mediaId = '', fileName = '', fileType = '' }) => ({
      kind: 'file',
      title: fileName,
      text: fileName,
      mediaId,
      fileName,
      fileType,
    }),
  },
  sampleAudio: {
    fields: ['mediaId', 'duration'],
    read: ({ mediaId = '' }) => ({ kind: 'audio', title: '[语音]', text: '', mediaId }),
  },
  sampleVideo: {
    fields: ['videoMediaId', 'videoType', 'picMediaId', 'duration'],
    optional: ['height', 'width'],
    read: ({ videoMediaId = '' }) => ({
      kind: 'video',
      title: '[视频]',
      text: '',
      mediaId: videoMediaId,
    }),
  },
};

function verticalButtons(count: number): MessageKey {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return {
    fields: [
      'title',
      'text',
      ...numbers.flatMap((number) => [`actionTitle${number}`, `actionURL${number}`]),
    ],
    read: (values) => ({
      kind: 'actionCard',
      title: values['title'] ?? '',
      text: values['text'] ?? '',
      buttons: numbers.map((number) => ({
        title: values[`actionTitle${number}`] ?? '',
        url: values[`actionURL${number}`] ?? '',
      })),
    }),
  };
}

const PARAM_BYTES_MAX = 15_000;

export type AppContentError = 'msgKey.invalid' | 'msgParam.invalid' | 'msgParam.tooLong';

/**
 * Reads `msgKey` and `msgParam` of the app robot's interfaces. msgParam must be a JSON *string*;
 * an object, the usual mistake, is refused like DingTalk refuses it.
 */
export function readAppContent(
  msgKey: unknown,
  msgParam: unknown,
  find: (mediaId: string) => MediaFile | undefined,
): Content | AppContentError {
  const key = typeof msgKey === 'string' ? KEYS[msgKey] : undefined;
  if (!key) return 'msgKey.invalid';
  if (typeof msgParam !== 'string') return 'msgParam.invalid';
  if (Buffer.byteLength(msgParam) > PARAM_BYTES_MAX) return 'msgParam.tooLong';
  const values = readValues(msgParam, key);
  if (!values) return 'msgParam.invalid';
  if (msgKey === 'sampleFile' && !FILE_TYPES.includes(values['fileType'] ?? '')) {
    return 'msgParam.invalid';
  }
  const ids = ['mediaId', 'videoMediaId', 'picMediaId'].map((name) => values[name]);
  // A media id starts with "@"; anything else is an address where the table allows one.
  if (values['photoURL']?.startsWith('@')) ids.push(values['photoURL']);
  const wanted = ids.filter((id) => id !== undefined);
  const files = wanted.map(find);
  if (files.includes(undefined)) return 'msgParam.invalid';
  const content = key.read(values);
  return content.kind === 'file' ? { ...content, size: files[0]?.bytes.length ?? 0 } : content;
}

function readValues(msgParam: string, key: MessageKey): Values | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(msgParam);
  } catch {
    return undefined;
  }
  if (!isFields(parsed)) return undefined;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value !== 'string') return undefined;
    values[name] = value;
  }
  return key.fields.every((name) => values[name]) ? values : undefined;
}
