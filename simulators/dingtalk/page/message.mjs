import { drawMarkdown, drawMention, make, makeLink, makePicture } from './markdown.mjs';

/** Draws what somebody wrote or a robot sent, whichever interface it came through; `names` by userId. */
export function drawMessage(content, names) {
  if (content.kind === 'text') return drawText(content, names);
  if (content.kind === 'markdown') {
    return make('div', 'bubble', drawMarkdown(content.text, content.mentions, names));
  }
  if (content.kind === 'actionCard') return drawActionCard(content);
  if (content.kind === 'feedCard') return drawFeed(content);
  if (content.kind === 'link') return drawLink(content);
  if (content.kind === 'image') {
    return make('div', 'bubble picture', makePicture(content.picture, 'Picture'));
  }
  return drawFile(content);
}

function drawText(content, names) {
  const nodes = content.text
    .split(/(@[^\s@]+)/)
    .map((part) => drawMention(part, content.mentions ?? [], names));
  const bubble = make('div', 'bubble plain', ...nodes);
  bubble.dir = 'auto';
  return bubble;
}

function drawActionCard(content) {
  const row = make('div', content.horizontal ? 'buttons' : 'buttons vertical');
  for (const button of content.buttons) {
    const link = makeLink(button.url, '', button.title);
    link.dir = 'auto';
    row.append(link);
  }
  return make('div', 'bubble wide', make('div', 'inner', drawMarkdown(content.text)), row);
}

function drawFeed(content) {
  const feed = make('div', 'bubble wide feed');
  for (const link of content.links) {
    const line = makeLink(link.url, '', link.title);
    line.dir = 'auto';
    feed.append(line);
  }
  return feed;
}

function drawLink(content) {
  const title = make('strong', '', content.title);
  title.dir = 'auto';
  const text = make('span', '', content.text);
  text.dir = 'auto';
  return make('div', 'bubble', makeLink(content.url, 'linkcard', title, text));
}

/** Name, type and size as the client shows them; what is opened are the bytes that were uploaded. */
function drawFile(content) {
  const name = content.fileName || content.title;
  const type = (content.fileType || name.split('.').pop()).slice(0, 4).toUpperCase();
  const label = make('bdi', 'name', name);
  label.dir = 'auto';
  const about = [type, sizeText(content.size)].filter(Boolean).join(' · ');
  const what = make('span', 'what', label, make('small', '', about));
  const file = make('div', 'bubble file', make('span', `kind ${type.toLowerCase()}`, type), what);
  file.setAttribute('role', 'group');
  file.setAttribute('aria-label', name);
  file.append(content.gone ? make('span', 'gone', 'Expired') : drawDownload(content, name));
  return file;
}

function drawDownload(content, name) {
  const link = make('a', 'download', 'Download');
  const query = content.fileName ? `?name=${encodeURIComponent(name)}` : '';
  link.href = `/_page/media/${encodeURIComponent(content.mediaId)}${query}`;
  link.download = name;
  return link;
}

function sizeText(bytes) {
  if (bytes === undefined) return '';
  if (bytes < 1024) return `${bytes} B`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${kilobytes.toFixed(1)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}
