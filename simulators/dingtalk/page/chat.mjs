import { createApprovals } from './approvals.mjs';
import { drawCard } from './card.mjs';
import { drawMarkdown, make, makeLink, makePicture } from './markdown.mjs';
import { createTabs } from './tabs.mjs';

const byId = (id) => document.getElementById(id);
const world = {
  groups: [],
  users: [],
  robots: [],
  items: new Map(),
  conversations: new Map(),
  status: null,
};
const drawn = new Map();
const unread = new Map();
let current = '';
let viewer = '';
let faultTexts = {};
let lastDay = '';
/** More would be slow to draw and is not looked at; the books keep everything. */
const KEPT_MAX = 300;

const COLOURS = ['#1f6fe5', '#0b7a4b', '#9a5b00', '#7a3ff2', '#b3372f', '#00707a', '#8a3b7a'];
function avatar(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  const first = [...name.replace(/[^\p{L}\p{N}]/gu, '')].slice(0, 1).join('').toUpperCase();
  const element = make('span', 'avatar', first || '•');
  element.style.background = COLOURS[sum % COLOURS.length];
  element.setAttribute('aria-hidden', 'true');
  return element;
}

const clockText = (at) =>
  new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
const dayText = (at) =>
  new Date(at).toLocaleDateString([], { weekday: 'short', day: 'numeric', month: 'short' });

function previewOf(item) {
  if (item.recalled) return 'Message recalled';
  if (item.type === 'card')
    return [item.params.title, item.params.amount].filter(Boolean).join(' · ');
  return (
    (item.content.kind === 'file' ? '[File] ' : '') + (item.content.title || item.content.text)
  );
}

function conversationOf(id) {
  let conversation = world.conversations.get(id);
  if (!conversation) {
    const user = world.users.find((candidate) => `user:${candidate.id}` === id);
    conversation = { id, title: user ? user.name : id, members: 0, personal: true, keys: [] };
    world.conversations.set(id, conversation);
  }
  return conversation;
}

/** Takes in a new or changed message or card. */
function take(item) {
  const key = `${item.type}:${item.id}`;
  const before = world.items.get(key);
  world.items.set(key, item);
  for (const id of item.conversations) {
    const conversation = conversationOf(id);
    if (!conversation.keys.includes(key)) conversation.keys.push(key);
    if (conversation.keys.length > KEPT_MAX) forget(conversation.keys.shift());
    if (!before && id !== current) unread.set(id, (unread.get(id) ?? 0) + 1);
  }
  return key;
}

function forget(key) {
  const shown = [...world.conversations.values()].some((entry) => entry.keys.includes(key));
  if (!shown) world.items.delete(key);
  drawn.get(key)?.remove();
  drawn.delete(key);
}

function drawBody(item) {
  if (item.recalled) return make('div', 'bubble recalled', 'This message was recalled.');
  if (item.type === 'card') {
    return drawCard(item, item.privateData[viewer], (actionId) => pressButton(item.id, actionId));
  }
  const { content } = item;
  if (content.kind === 'text') return drawText(content);
  if (content.kind === 'markdown') {
    return make('div', 'bubble', drawMarkdown(content.text, content.mentions));
  }
  if (content.kind === 'actionCard') return drawActionCard(content);
  if (content.kind === 'feedCard') return drawFeed(content);
  if (content.kind === 'link') {
    const title = make('strong', '', content.title);
    title.dir = 'auto';
    const text = make('span', '', content.text);
    text.dir = 'auto';
    return make('div', 'bubble', makeLink(content.url, 'linkcard', title, text));
  }
  if (content.kind === 'image') return make('div', 'bubble picture', makePicture(content.picture));
  return make('div', 'bubble', drawFile(content));
}

function drawText(content) {
  const mentions = new Set(content.mentions ?? []);
  const nodes = content.text
    .split(/(@[^\s@]+)/)
    .map((part) => (mentions.has(part.slice(1)) ? make('span', 'mention', part) : part));
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

function drawFile(content) {
  const name = content.fileName || content.title;
  const ending = name.split('.').pop().slice(0, 4).toUpperCase();
  const label = make('bdi', '', name);
  label.dir = 'auto';
  const link = make(
    'a',
    'file',
    make('span', 'kind', ending),
    make('span', '', label, make('small', '', 'Download')),
  );
  link.href = `/_page/media/${encodeURIComponent(content.mediaId)}`;
  link.download = name;
  return link;
}

function drawItem(item) {
  const name = make('bdi', '', item.robot);
  const changed =
    item.version > 1 ? make('span', 'changed', `updated ${clockText(item.changed)}`) : null;
  const who = make(
    'div',
    'who',
    name,
    item.person ? null : make('span', 'tag', 'robot'),
    make('time', '', clockText(item.at)),
    changed,
  );
  return make('div', 'item', avatar(item.robot), make('div', 'body', who, drawBody(item)));
}

function drawConversation() {
  const conversation = world.conversations.get(current);
  const stream = byId('stream');
  stream.replaceChildren();
  drawn.clear();
  lastDay = '';
  byId('title').textContent = conversation?.title ?? '';
  byId('people').textContent = conversation?.personal
    ? 'personal'
    : `${conversation?.members ?? 0} members`;
  if (!conversation?.keys.length) {
    stream.append(make('p', 'empty', 'Nothing was sent here yet.'));
    return;
  }
  const items = conversation.keys.map((key) => [key, world.items.get(key)]);
  items.sort((one, other) => one[1].sequence - other[1].sequence);
  for (const [key, item] of items) appendItem(key, item);
  stream.scrollTop = stream.scrollHeight;
}

function appendItem(key, item) {
  const stream = byId('stream');
  stream.querySelector('.empty')?.remove();
  if (dayText(item.at) !== lastDay) {
    lastDay = dayText(item.at);
    stream.append(make('div', 'day', lastDay));
  }
  const element = drawItem(item);
  drawn.set(key, element);
  stream.append(element);
}

function drawList() {
  const list = byId('list');
  const lastOf = (conversation) =>
    conversation.keys.reduce((last, key) => {
      const item = world.items.get(key);
      return !last || item.sequence > last.sequence ? item : last;
    }, null);
  const rows = [...world.conversations.values()].map((entry) => [entry, lastOf(entry)]);
  rows.sort((one, other) => (other[1]?.sequence ?? 0) - (one[1]?.sequence ?? 0));
  list.replaceChildren(...rows.map(([entry, last]) => drawRow(entry, last)));
}

function drawRow(entry, last) {
  const name = make('span', 'name', entry.title);
  const preview = make('span', 'preview', last ? previewOf(last) : '—');
  name.dir = 'auto';
  preview.dir = 'auto';
  const count = unread.get(entry.id) ?? 0;
  const badge = make('span', count ? 'badge' : '', count ? String(Math.min(count, 999)) : '');
  if (count) badge.setAttribute('aria-label', `${count} unread`);
  const when = make('time', 'when', last ? clockText(last.at) : '');
  const button = make('button', '', avatar(entry.title), name, when, preview, badge);
  button.type = 'button';
  button.setAttribute('aria-current', String(entry.id === current));
  button.addEventListener('click', () => openConversation(entry.id, true));
  return button;
}

/** In a group the robot hears only what mentions it; alone one can write for oneself only. */
function drawBox() {
  const conversation = world.conversations.get(current);
  const robot = conversation?.personal ? world.robots[0] : conversation?.robots[0];
  const isOther = conversation?.personal && current !== `user:${viewer}`;
  byId('write').classList.toggle('closed', !robot || isOther);
  byId('addressee').textContent = conversation?.personal ? `To ${robot}` : `@${robot}`;
  byId('why-not').textContent = isOther
    ? 'Only this person can write here: choose them at the top.'
    : robot
      ? ''
      : 'No app robot is in this group to write to.';
}

async function writeToRobot(event) {
  event.preventDefault();
  const line = byId('line');
  const personal = world.conversations.get(current)?.personal;
  const answer = await fetch('/_page/robot-message', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(personal ? {} : { group: current }),
      userId: viewer,
      text: line.value,
    }),
  });
  if (answer.ok) line.value = '';
  else byId('why-not').textContent = (await answer.json()).error;
}

function openConversation(id, reading) {
  current = id;
  unread.delete(id);
  if (reading) document.body.classList.add('reading');
  tabs.rememberMessages();
  drawConversation();
  drawBox();
  drawList();
}

function drawStatus() {
  const { status } = world;
  if (!status) return;
  const { quotas, faults } = status;
  const alarm = faults.length > 0;
  byId('panel-button').classList.toggle('alarm', alarm);
  byId('panel-summary').textContent = alarm
    ? `⚠ ${faults.length} fault${faults.length > 1 ? 's' : ''}`
    : 'Quota';
  const meter = (label, used, limit) => {
    const bar = make('i');
    bar.style.width = `${Math.min(100, limit ? (used / limit) * 100 : 100)}%`;
    const text = `${label}: ${used.toLocaleString('en')} of ${limit.toLocaleString('en')}`;
    return [
      make('p', 'number', text),
      make('div', used >= limit * 0.8 ? 'meter high' : 'meter', bar),
    ];
  };
  byId('panel').replaceChildren(
    make('h2', '', `Monthly quota, ${quotas.month}`),
    ...meter('API calls', quotas.apiCalls, quotas.limits.apiCalls),
    ...meter('Webhook & Stream', quotas.webhookCalls, quotas.limits.webhookCalls),
    make('h2', '', 'Faults switched on'),
    ...(alarm ? faults.map(drawFault) : [make('p', '', 'None.')]),
    make('h2', '', 'Clock'),
    make('p', 'number', new Date(status.now).toLocaleString()),
    make(
      'p',
      'number',
      status.offsetMs ? `moved by ${status.offsetMs} ms` : 'level with this machine',
    ),
    make('h2', '', 'Refused calls'),
    make('p', 'number', String(status.refusals)),
    make('p', '', `Seed ${world.seed}. Memory only: a restart forgets everything.`),
  );
}

function drawFault(fault) {
  const left = fault.count === undefined ? '' : ` × ${fault.count}`;
  return make('p', '', make('strong', '', fault.name + left), ` — ${faultTexts[fault.name] ?? ''}`);
}

async function pressButton(outTrackId, actionId) {
  await fetch('/_page/press', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ outTrackId, userId: viewer, actionId }),
  });
}

function hear({ items, status }) {
  world.status = status;
  approvals.follow(status.approvals);
  const stream = byId('stream');
  const isAtEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;
  for (const item of items) {
    const key = take(item);
    if (!item.conversations.includes(current)) continue;
    const standing = drawn.get(key);
    if (!standing) appendItem(key, item);
    else {
      const fresh = drawItem(item);
      standing.replaceWith(fresh);
      drawn.set(key, fresh);
      fresh.querySelector('.card, .bubble')?.classList.add('flash');
    }
  }
  if (isAtEnd) stream.scrollTop = stream.scrollHeight;
  if (items.length > 0) drawList();
  drawStatus();
}

const tabs = createTabs(() => encodeURIComponent(current));
const approvals = createApprovals({
  root: byId('approvals'),
  badge: (texts, count) => tabs.label(texts, count),
  viewer: () => viewer,
  people: () => world.users,
  avatar,
  showHash: (hash) => tabs.rememberApproval(hash),
});

async function load() {
  const state = await (await fetch('/_page/state')).json();
  Object.assign(world, { ...state, items: new Map(), conversations: new Map() });
  faultTexts = state.faultTexts;
  unread.clear();
  for (const group of state.groups) {
    world.conversations.set(group.id, { ...group, personal: false, keys: [] });
  }
  byId('organisation').textContent = state.organisation;
  const select = byId('viewer');
  select.replaceChildren(...state.users.map((user) => new Option(user.name, user.id)));
  if (!viewer) viewer = state.users[0]?.id ?? '';
  select.value = viewer;
  conversationOf(`user:${viewer}`);
  for (const item of state.items) take(item);
  const wanted = decodeURIComponent(location.hash.slice(1));
  tabs.openWanted(wanted, approvals.open);
  approvals.reset();
  const latest = state.items.at(-1)?.conversations[0] ?? state.groups[0]?.id ?? '';
  openConversation(world.conversations.has(wanted) ? wanted : latest, wanted !== '');
  drawStatus();
}

byId('viewer').addEventListener('change', (event) => {
  viewer = event.target.value;
  conversationOf(`user:${viewer}`);
  drawConversation();
  drawBox();
  drawList();
  approvals.viewerChanged();
});
byId('write').addEventListener('submit', writeToRobot);
byId('back').addEventListener('click', () => document.body.classList.remove('reading'));
byId('panel-button').addEventListener('click', () => {
  const panel = byId('panel');
  panel.hidden = !panel.hidden;
  byId('panel-button').setAttribute('aria-expanded', String(!panel.hidden));
});

const events = new EventSource('/_page/events');
events.addEventListener('open', load);
events.addEventListener('reset', load);
events.addEventListener('message', (event) => hear(JSON.parse(event.data)));
