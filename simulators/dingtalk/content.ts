/** A message in the form that the page draws, whichever interface it came through. */
export interface Content {
  readonly kind:
    | 'text'
    | 'markdown'
    | 'link'
    | 'actionCard'
    | 'feedCard'
    | 'image'
    | 'file'
    | 'audio'
    | 'video';
  /** Preview in the chat list; a client does not repeat a markdown title in the body. */
  readonly title: string;
  /** What a person reads. */
  readonly text: string;
  readonly buttons?: readonly { readonly title: string; readonly url: string }[];
  readonly horizontal?: boolean;
  readonly url?: string;
  readonly picture?: string;
  readonly links?: readonly {
    readonly title: string;
    readonly url: string;
    readonly picture: string;
  }[];
  readonly mediaId?: string;
  readonly fileName?: string;
  readonly fileType?: string;
  /** Bytes of the file. */
  readonly size?: number;
  readonly mentions?: readonly string[];
}

/** Why a body was refused: an unsupported type, or the path of the wrong parameter. */
export type Malformed = { readonly unsupported: true } | { readonly parameter: string };

type Fields = Readonly<Record<string, unknown>>;

const MENTIONS_MAX = 50;

/** Narrows to a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class Missing extends Error {
  readonly parameter: string;
  constructor(parameter: string) {
    super(parameter);
    this.parameter = parameter;
  }
}

/** Reads a webhook body of dingtalk.md 1.3 (`robot-message-type`), field by field and casing by casing. */
export function readRobotContent(body: Fields): Content | Malformed {
  const type = body['msgtype'];
  if (typeof type !== 'string') return { parameter: 'msgtype' };
  const reader = READERS[type];
  if (!reader) return { unsupported: true };
  const inner = body[type];
  if (!isFields(inner)) return { parameter: type };
  try {
    const content = reader(inner);
    const mentions = readMentions(body['at'], content);
    return mentions.length > 0 ? { ...content, mentions } : content;
  } catch (error) {
    if (error instanceof Missing) return { parameter: error.parameter };
    throw error;
  }
}

function text(fields: Fields, name: string, path: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value.trim() === '') throw new Missing(`${path}.${name}`);
  return value;
}

function optionalText(fields: Fields, name: string, path: string): string {
  const value = fields[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw new Missing(`${path}.${name}`);
  return value;
}

const READERS: Readonly<Record<string, (fields: Fields) => Content>> = {
  text: (fields) => {
    const content = text(fields, 'content', 'text');
    return { kind: 'text', title: firstLine(content), text: content };
  },
  markdown: (fields) => ({
    kind: 'markdown',
    title: text(fields, 'title', 'markdown'),
    text: text(fields, 'text', 'markdown'),
  }),
  link: (fields) => ({
    kind: 'link',
    title: text(fields, 'title', 'link'),
    text: text(fields, 'text', 'link'),
    url: text(fields, 'messageUrl', 'link'),
    picture: optionalText(fields, 'picUrl', 'link'),
  }),
  actionCard: readActionCard,
  feedCard: readFeedCard,
};

function readActionCard(fields: Fields): Content {
  const title = text(fields, 'title', 'actionCard');
  const body = text(fields, 'text', 'actionCard');
  const orientation = optionalText(fields, 'btnOrientation', 'actionCard');
  if (!['', '0', '1'].includes(orientation)) throw new Missing('actionCard.btnOrientation');
  const singleTitle = optionalText(fields, 'singleTitle', 'actionCard');
  const singleUrl = optionalText(fields, 'singleURL', 'actionCard');
  const base = { kind: 'actionCard', title, text: body, horizontal: orientation === '1' } as const;
  // Several buttons are ignored when the single one is complete.
  if (singleTitle && singleUrl) {
    return { ...base, buttons: [{ title: singleTitle, url: singleUrl }] };
  }
  const buttons = fields['btns'];
  if (!Array.isArray(buttons) || buttons.length === 0) {
    throw new Missing(singleTitle ? 'actionCard.singleURL' : 'actionCard.btns');
  }
  return {
    ...base,
    buttons: buttons.map((button: unknown, index) => {
      if (!isFields(button)) throw new Missing(`actionCard.btns[${index}]`);
      const path = `actionCard.btns[${index}]`;
      return { title: text(button, 'title', path), url: text(button, 'actionURL', path) };
    }),
  };
}

function readFeedCard(fields: Fields): Content {
  const entries = fields['links'];
  if (!Array.isArray(entries) || entries.length === 0) throw new Missing('feedCard.links');
  const links = entries.map((entry: unknown, index) => {
    const path = `feedCard.links[${index}]`;
    if (!isFields(entry)) throw new Missing(path);
    return {
      title: text(entry, 'title', path),
      url: text(entry, 'messageURL', path),
      picture: text(entry, 'picURL', path),
    };
  });
  return {
    kind: 'feedCard',
    title: links[0]?.title ?? '',
    text: links.map((link) => link.title).join('\n'),
    links,
  };
}

// Mentions work for text and markdown only, and only for a value that also stands in the text (1.3).
function readMentions(at: unknown, content: Content): string[] {
  if (at === undefined || at === null) return [];
  if (!isFields(at)) throw new Missing('at');
  const people: string[] = [];
  for (const name of ['atMobiles', 'atUserIds']) {
    const list = at[name];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) throw new Missing(`at.${name}`);
    if (list.length > MENTIONS_MAX) throw new Missing(`at.${name}`);
    people.push(...list.map(String));
  }
  if (content.kind !== 'text' && content.kind !== 'markdown') return [];
  const named = people.filter((person) => content.text.includes(`@${person}`));
  return at['isAtAll'] === true || at['isAtAll'] === 'true' ? ['@all', ...named] : named;
}

/** The first line of a text, for the preview in the chat list. */
export function firstLine(value: string): string {
  return (value.split('\n', 1)[0] ?? '').slice(0, 80);
}
