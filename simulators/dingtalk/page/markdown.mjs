/** Makes an element; text is always a text node, so that no message can bring markup of its own. */
export function make(name, className = '', ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A link that leaves the page; anything but http(s) and DingTalk's own scheme becomes plain text. */
export function makeLink(url, className, ...children) {
  const target = safeUrl(url);
  if (!target) return make('span', className, ...children);
  const link = make('a', className, ...children);
  link.href = target;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.title = url;
  return link;
}

/** `dingtalk://dingtalkclient/page/link?url=…` opens what it wraps, as the client does. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    if (parsed.protocol === 'dingtalk:') return safeUrl(parsed.searchParams.get('url') ?? '');
    return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : '';
  } catch {
    return '';
  }
}

/** The direction of the first letter that has one; `dir=auto` does not look inside lists and quotes. */
export function directionOf(text) {
  const first = /\p{L}/u.exec(text)?.[0] ?? '';
  return /[\u0590-\u08ff\ufb1d-\ufefc]/.test(first) ? 'rtl' : 'ltr';
}

/** A picture that was uploaded here; a foreign address is named, never fetched. */
export function makePicture(source, label = '') {
  if (source.startsWith('@')) {
    const image = make('img');
    image.src = `/_page/media/${encodeURIComponent(source)}`;
    image.alt = label;
    return image;
  }
  return makeLink(source, 'noimage', `Image: ${label || source}`);
}

const INLINE =
  /!\[([^\]]*)\]\(([^)\s]+)\)|\[([^\]]+)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|\*([^*\s][^*]*)\*|(?:^|(?<=\s))_([^_]+)_(?=\s|$)|(@[^\s@]+)/g;

function inline(text, mentions, names) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2]) nodes.push(makePicture(match[2], match[1]));
    else if (match[4]) nodes.push(makeLink(match[4], '', ...inline(match[3], mentions, names)));
    else if (match[5]) nodes.push(make('strong', '', ...inline(match[5], mentions, names)));
    else if (match[6] ?? match[7]) nodes.push(make('em', '', match[6] ?? match[7]));
    else nodes.push(drawMention(match[8], mentions, names));
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== '');
}

/** The client shows a mentioned person's name where the text has the userId. */
export function drawMention(text, mentions, names) {
  const id = text.slice(1);
  return mentions.includes(id) ? make('span', 'mention', `@${names.get(id) ?? id}`) : text;
}

const isBlockStart = (line) => /^\s*(#{1,6}\s|>|[-*+]\s|\d+\.\s|(-{3,}|\*{3,})\s*$)/.test(line);

/** Draws DingTalk's subset: headings, quote, bold, italic, link, image, lists; tables stay raw pipes. */
export function drawMarkdown(source, mentions = [], names = new Map()) {
  const root = make('div', 'md');
  const lines = source.split(/\r?\n/);
  let index = 0;
  const take = (pattern) => {
    const taken = [];
    while (index < lines.length && pattern.test(lines[index])) {
      taken.push(lines[index].replace(pattern, ''));
      index += 1;
    }
    return taken;
  };
  const block = (name, ...children) => {
    const element = make(name, '', ...children);
    element.dir = 'auto';
    root.append(element);
    return element;
  };
  while (index < lines.length) {
    const line = lines[index];
    const heading = /^\s*(#{1,6})\s+(.*)$/.exec(line);
    if (line.trim() === '') index += 1;
    else if (heading) {
      block(`h${heading[1].length}`, ...inline(heading[2], mentions, names));
      index += 1;
    } else if (/^\s*>/.test(line)) {
      const quoted = take(/^\s*>\s?/).join('\n');
      block('blockquote', drawMarkdown(quoted, mentions, names)).dir = directionOf(quoted);
    } else if (/^\s*[-*+]\s/.test(line)) drawList('ul', take(/^\s*[-*+]\s+/));
    else if (/^\s*\d+\.\s/.test(line)) drawList('ol', take(/^\s*\d+\.\s+/));
    else if (/^\s*(-{3,}|\*{3,})\s*$/.test(line)) {
      block('hr');
      index += 1;
    } else drawParagraph();
  }
  return root;

  function drawList(name, entries) {
    const list = block(name);
    list.dir = directionOf(entries.join(' '));
    for (const entry of entries) {
      const item = make('li', '', ...inline(entry, mentions, names));
      list.append(item);
    }
  }

  function drawParagraph() {
    const paragraph = block('p');
    while (index < lines.length && lines[index].trim() !== '') {
      if (paragraph.childNodes.length > 0 && isBlockStart(lines[index])) break;
      if (paragraph.childNodes.length > 0) paragraph.append(make('br'));
      paragraph.append(...inline(lines[index].trim(), mentions, names));
      index += 1;
    }
  }
}
