import { make } from './markdown.mjs';

/** Why a press came to nothing, by what the simulator wrote down. */
const UNANSWERED = {
  noAnswer: 'The app did not answer in time.',
  noConnection: 'The app is not connected: nobody heard the press.',
  connectionLost: 'The connection broke before the answer.',
  refused: 'The app answered with an error.',
  cardCallbackLost: 'The press was lost.',
};

/** A list in a parameter, which is JSON text (dingtalk.md 3.5); anything else is an empty one. */
export function parseList(text) {
  try {
    const value = JSON.parse(text || '[]');
    return Array.isArray(value) ? value.filter((entry) => entry !== null) : [];
  } catch {
    return [];
  }
}

/** Text of somebody else: its direction is its own. */
export function isolated(name, className, text) {
  const element = make(name, className, text);
  element.dir = 'auto';
  return element;
}

/**
 * The part of a card that people act on: fields, buttons, and what came of one's own last press.
 * `desk` gives who presses (`viewer`, `people`, `choosePerson`), what is typed (`draft`) and `press`.
 */
export function drawCardForm(card, params, desk) {
  const buttons = parseList(params.buttons).map(readButton);
  const common = parseList(params.inputs).map(readInput);
  const own = buttons.flatMap((button) => button.inputs ?? []).filter(({ isNamed }) => !isNamed);
  const fields = [...new Map([...common, ...own].map((input) => [input.id, input])).values()];
  const form = make('form', 'acts');
  form.autocomplete = 'off';
  form.addEventListener('submit', (event) => event.preventDefault());
  if (buttons.length > 0) {
    if (fields.length > 0) form.append(drawCardFields(fields, desk.draft));
    form.append(drawPresser(desk));
    form.append(drawCardButtons(form, buttons, desk, common));
  }
  if (params.hint) {
    const hint = isolated('p', 'hint', params.hint);
    hint.setAttribute('role', 'alert');
    form.append(hint);
  }
  const said = sayOutcome(card, desk);
  if (said) form.append(said);
  return form.childElementCount > 0 ? form : null;
}

/** Templates differ in how they name things, so the usual names are all taken. */
function readButton(entry) {
  const button = typeof entry === 'object' ? entry : { id: String(entry) };
  const id = String(button.id ?? button.actionId ?? button.action ?? '');
  const text = String(button.text ?? button.label ?? button.title ?? id);
  const list = button.inputs ?? button.input;
  const inputs = list === undefined ? undefined : [list].flat().map(readInput);
  const params = typeof button.params === 'object' ? button.params : {};
  return {
    id,
    text,
    params,
    inputs,
    isOff: button.disabled === true || button.disabled === 'true',
  };
}

function readInput(entry) {
  // A mere name stands for a field of the card.
  if (typeof entry !== 'object') return { id: String(entry), label: String(entry), isNamed: true };
  const id = String(entry.id ?? entry.name ?? entry.key ?? '');
  const label = String(entry.label ?? entry.text ?? entry.title ?? id);
  const { placeholder = '', value = '', options } = entry;
  const isRequired = entry.required === true || entry.required === 'true';
  return { id, label, placeholder, value, options, isRequired, isLong: entry.type === 'textarea' };
}

function drawCardFields(fields, draft) {
  const rows = fields.map((input) => {
    const field = makeCardField(input);
    field.name = input.id;
    field.dataset.field = input.id;
    field.required = input.isRequired === true;
    field.value = draft[input.id] ?? input.value ?? '';
    field.addEventListener('input', () => {
      draft[input.id] = field.value;
    });
    return make('label', '', isolated('span', '', input.label), field);
  });
  return make('div', 'card-fields', ...rows);
}

function makeCardField(input) {
  if (Array.isArray(input.options)) {
    const options = input.options.map((option) =>
      typeof option === 'object'
        ? new Option(String(option.text ?? option.label), String(option.value ?? option.id))
        : new Option(String(option)),
    );
    return make('select', '', new Option('', ''), ...options);
  }
  const field = make(input.isLong ? 'textarea' : 'input');
  field.placeholder = input.placeholder ?? '';
  field.maxLength = 500;
  field.dir = 'auto';
  return field;
}

/** The page belongs to nobody: whoever tries it out chooses in whose name they press. */
function drawPresser({ people, viewer, choosePerson }) {
  const select = make('select', '', ...people.map(({ id, name }) => new Option(name, id)));
  select.value = viewer;
  select.dataset.field = 'press-as';
  select.addEventListener('change', () => choosePerson(select.value));
  const label = make('label', 'presser', make('span', '', 'Press as'), select);
  label.dir = 'ltr';
  return label;
}

function drawCardButtons(form, buttons, desk, common) {
  const row = make('div', buttons.length > 3 ? 'buttons vertical' : 'buttons');
  for (const button of buttons) {
    const element = isolated('button', '', button.text);
    element.type = 'button';
    element.disabled = button.isOff;
    element.addEventListener('click', () => {
      const wanted = (button.inputs ?? common).map(({ id }) => form.elements[id]).filter(Boolean);
      if (!wanted.every((field) => field.reportValidity())) return;
      const typed = Object.fromEntries(wanted.map((field) => [field.name, field.value]));
      desk.press(button.id, { ...button.params, ...typed });
    });
    row.append(element);
  }
  return row;
}

/** Only whoever pressed sees how it ended, as in the client. */
function sayOutcome(card, { viewer }) {
  const last = card.presses.filter(({ userId }) => userId === viewer).at(-1);
  if (!last) return null;
  const text = {
    waiting: 'Pressed. Waiting for the app…',
    answered: 'Pressed, and answered.',
    unusable: `The app's answer breaks the rules of cards: ${last.reason}`,
    untold: 'Pressed. The card names nobody to be told.',
    unanswered: UNANSWERED[last.reason] ?? String(last.reason),
  }[last.outcome];
  const line = make('p', `outcome ${last.outcome}`, text);
  line.setAttribute('role', 'status');
  line.dir = 'ltr';
  return line;
}
