import { drawCardForm, isolated, parseList } from './card-form.mjs';
import { make, makeLink } from './markdown.mjs';

/** Parameters that the built-in template knows; every other one is listed below the card. */
const KNOWN = new Set([
  'title',
  'amount',
  'direction',
  'state',
  'stateText',
  'lines',
  'note',
  'time',
  'linkText',
  'linkUrl',
  'language',
  'reference',
  'buttons',
  'inputs',
  'hint',
]);

/** How states of movements, payments and claims look; a state that is not here looks like money out. */
const LOOKS = {
  pending: 'pending',
  reversed: 'reversed',
  draft: 'pending',
  awaitingApproval: 'pending',
  authorised: 'pending',
  submitting: 'pending',
  submitted: 'pending',
  blocked: 'attention',
  unknown: 'attention',
  rejected: 'attention',
  returned: 'attention',
  voided: 'attention',
  confirmed: 'done',
  settled: 'done',
  declined: 'ended',
  expired: 'ended',
  cancelled: 'ended',
  open: 'pending',
  claimed: 'pending',
  conflict: 'attention',
  closed: 'ended',
};

const RIGHT_TO_LEFT = /^(ar|fa|he|ur)\b/;

/**
 * Draws an interactive card from its parameters. Templates cannot be authored by API, so this one stands in
 * for the product's: colour says direction and state before a word is read.
 */
export function drawCard(card, own, desk) {
  const params = { ...card.params, ...own };
  const root = make('article', 'card');
  if (params.direction === 'credit') root.classList.add('credit');
  if (Object.hasOwn(LOOKS, params.state ?? '')) root.classList.add(LOOKS[params.state]);
  if (params.language) root.lang = params.language;
  root.dir = RIGHT_TO_LEFT.test(params.language ?? '') ? 'rtl' : params.language ? 'ltr' : 'auto';
  const state = params.stateText || params.state;
  root.append(
    make(
      'div',
      'top',
      isolated('span', 'title', params.title ?? ''),
      state ? isolated('span', 'state', state) : null,
    ),
  );
  if (params.amount) {
    // An amount reads left to right in every language; only its place follows the card.
    const amount = make('bdi', '', params.amount);
    amount.dir = 'ltr';
    root.append(make('div', 'amount', amount));
  }
  drawLines(root, parseList(params.lines));
  if (params.note) root.append(isolated('p', 'note', params.note));
  drawMeta(root, params);
  if (params.linkUrl) root.append(makeLink(params.linkUrl, 'link', params.linkText || 'Open'));
  root.append(drawCardForm(card, params, desk) ?? '');
  drawUnknown(root, params);
  return root;
}

function drawLines(root, lines) {
  if (lines.length === 0) return;
  const list = make('dl');
  for (const line of lines) {
    list.append(isolated('dt', '', String(line.label ?? '')));
    list.append(make('dd', '', isolated('bdi', '', String(line.value ?? ''))));
  }
  root.append(list);
}

function drawMeta(root, params) {
  if (!params.time && !params.reference) return;
  root.append(
    make(
      'div',
      'meta',
      isolated('bdi', '', params.time ?? ''),
      isolated('bdi', '', params.reference ?? ''),
    ),
  );
}

function drawUnknown(root, params) {
  const entries = Object.entries(params).filter(([key]) => !KNOWN.has(key));
  if (entries.length === 0) return;
  const table = make('table');
  for (const [key, value] of entries) {
    table.append(make('tr', '', make('td', '', key), isolated('td', '', value)));
  }
  root.append(table);
}
