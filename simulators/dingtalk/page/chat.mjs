import { createApprovals } from './approvals.mjs';
import { drawCard } from './card.mjs';
import { make } from './markdown.mjs';
import { drawMessage } from './message.mjs';
import { postAct } from './post.mjs';
import { drawStatus } from './status-panel.mjs';
import { createTabs } from './tabs.mjs';
import { createWriteBox } from './write-box.mjs';

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
/** What is typed into cards, and what it was when somebody pressed, by card. */
const drafts = new Map();
const pressedDrafts = new Map();
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
    const title = user ? user.name : id;
    conversation = { id, title, members: 0, personal: true, robots: world.robots, keys: [] };
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
  if (item.type === 'message') return drawMessage(item.content, names());
  return drawCard(item, item.privateData[viewer], {
    viewer,
    people: world.users,
    choosePerson,
    draft: draftOf(item.id),
    press: (actionId, params) => pressButton(item.id, actionId, params),
  });
}

const names = () => new Map(world.users.map(({ id, name }) => [id, name]));

/** What was typed into a card, kept while the card is drawn anew and the person who presses is chosen. */
function draftOf(outTrackId) {
  if (!drafts.has(outTrackId)) drafts.set(outTrackId, {});
  return drafts.get(outTrackId);
}

/** What was taken need not be typed away; what was refused may be corrected. */
function settleDrafts(item) {
  const pressed = pressedDrafts.get(item.id);
  const own = item.presses.filter(({ userId }) => userId === pressed?.userId).at(-1);
  if (own?.outcome !== 'answered') return;
  const isRefused = Boolean(item.privateData[own.userId]?.hint);
  if (!isRefused && JSON.stringify(draftOf(item.id)) === pressed.text) drafts.delete(item.id);
  pressedDrafts.delete(item.id);
}

async function pressButton(outTrackId, actionId, params) {
  const text = JSON.stringify(draftOf(outTrackId));
  pressedDrafts.set(outTrackId, { userId: viewer, text });
  const answer = await postAct('/_page/press', { outTrackId, userId: viewer, actionId, params });
  if (answer.error) alert(answer.error);
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
  const row = make('div', 'item', avatar(item.robot), make('div', 'body', who, drawBody(item)));
  if (item.person && item.person === viewer) row.classList.add('own');
  row.dataset.version = item.version ?? 1;
  return row;
}

function drawConversation() {
  const conversation = world.conversations.get(current);
  const stream = byId('stream');
  stream.replaceChildren();
  drawn.clear();
  lastDay = '';
  byId('title').textContent = conversation?.title ?? '';
  byId('people').textContent = conversation?.personal
    ? `one-to-one with ${conversation.robots.map(({ name }) => name).join(', ')}`
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
  const drawRows = (isPersonal) =>
    rows
      .filter(([entry]) => entry.personal === isPersonal)
      .map(([entry, last]) => drawRow(entry, last));
  const personal = drawRows(true);
  list.replaceChildren(make('h2', '', 'Groups'), ...drawRows(false));
  if (personal.length > 0) list.append(make('h2', '', 'One-to-one with the robot'), ...personal);
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

function openConversation(id, reading) {
  current = id;
  unread.delete(id);
  const { personal } = conversationOf(id);
  // Nobody but this person sees it.
  if (personal) setViewer(id.slice('user:'.length));
  if (reading) document.body.classList.add('reading');
  tabs.rememberMessages();
  drawConversation();
  writeBox.show(conversationOf(id), world.users, viewer);
  drawList();
}

function setViewer(userId) {
  if (userId === viewer) return;
  viewer = userId;
  byId('viewer').value = viewer;
  approvals.viewerChanged();
}

function showStatus() {
  drawStatus({
    panel: byId('panel'),
    button: byId('panel-button'),
    summary: byId('panel-summary'),
    status: world.status,
    faultTexts,
    seed: world.seed,
  });
}

/** Everything is seen and done as one person; the one-to-one conversation shown is theirs, too. */
function choosePerson(userId) {
  setViewer(userId);
  const own = conversationOf(`user:${viewer}`);
  if (conversationOf(current).personal) return openConversation(own.id, false);
  const stream = byId('stream');
  const { scrollTop } = stream;
  keepFocus(() => openConversation(current, false));
  stream.scrollTop = scrollTop;
}

/** Drawing anew must not take the keyboard away from whoever types into a card. */
function keepFocus(draw) {
  const active = document.activeElement;
  const name = active?.dataset?.field;
  const key = [...drawn].find(([, element]) => element.contains(active))?.[0];
  const from = active?.selectionStart;
  draw();
  const fields = drawn.get(key)?.querySelectorAll('[data-field]') ?? [];
  const fresh = [...fields].find((field) => field.dataset.field === name);
  if (!name || !fresh || fresh === active) return;
  fresh.focus();
  if (typeof from === 'number') fresh.setSelectionRange(from, from);
}

function hear({ items, status }) {
  world.status = status;
  approvals.follow(status.approvals);
  const stream = byId('stream');
  let isAtEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 80;
  for (const item of items) {
    const key = take(item);
    if (item.type === 'card') settleDrafts(item);
    if (!item.conversations.includes(current)) continue;
    const standing = drawn.get(key);
    // Whoever writes wants to see it, and what is answered.
    if (item.person === viewer) isAtEnd = true;
    if (!standing) appendItem(key, item);
    else {
      const isChanged = item.type !== 'card' || Number(standing.dataset.version) < item.version;
      keepFocus(() => {
        const fresh = drawItem(item);
        standing.replaceWith(fresh);
        drawn.set(key, fresh);
        if (isChanged) fresh.querySelector('.card, .bubble')?.classList.add('flash');
      });
    }
  }
  if (isAtEnd) stream.scrollTop = stream.scrollHeight;
  if (items.length > 0) drawList();
  showStatus();
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
  const isGroup = (id) => world.conversations.get(id)?.personal === false;
  const latest =
    state.items.flatMap(({ conversations }) => conversations.filter(isGroup)).at(-1) ??
    state.groups[0]?.id ??
    `user:${viewer}`;
  openConversation(world.conversations.has(wanted) ? wanted : latest, wanted !== '');
  showStatus();
}

const writeBox = createWriteBox({ form: byId('write'), choosePerson });
byId('viewer').addEventListener('change', (event) => choosePerson(event.target.value));
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
