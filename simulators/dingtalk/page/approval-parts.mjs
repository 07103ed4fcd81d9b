import { make } from './markdown.mjs';

/** What a person wrote: its direction is its own. */
export function ownWords(name, className, text) {
  const element = make(name, className, text);
  element.dir = 'auto';
  return element;
}

/** The colour and the word for how a request stands. */
export function drawStanding(texts, request) {
  const key = request.status === 'COMPLETED' ? request.result : request.status;
  return make('span', `standing ${key}`, texts.status[key] ?? key);
}

/** Whose request it is, of which form, and how it stands. */
export function drawHead(texts, request, mark) {
  const origin = texts.requestedBy(request.originator, request.department);
  const byApp = request.byApp ? ` · ${texts.byApp}` : '';
  const title = make('h2', '', ownWords('bdi', '', request.form));
  const who = make('div', 'quiet', ownWords('bdi', '', origin), byApp);
  return make('header', '', mark, make('div', '', title, who), drawStanding(texts, request));
}

/** A moment, short, in the reader's own way of writing. */
export function drawMoment(language, at) {
  const text = new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  const element = make('time', '', text);
  element.dir = 'ltr';
  element.dateTime = at;
  return element;
}

const NUMBER_TYPES = new Set(['MoneyField', 'NumberField', 'StarRatingField', 'PhoneField']);

function valueText(value) {
  const text = ownWords('bdi', '', value.text);
  // Figures read left to right in every language.
  if (NUMBER_TYPES.has(value.type)) text.dir = 'ltr';
  return text;
}

/** The filled form. */
export function drawValues(texts, values) {
  const list = make('dl', 'values');
  for (const value of values) {
    if (value.type === 'TextNote') {
      list.append(ownWords('p', 'note', value.text));
      continue;
    }
    const shown = make('dd', value.type === 'MoneyField' ? 'money' : '');
    if (value.rows?.length > 0) shown.append(drawTable(value));
    else if (value.files) shown.append(...value.files.map((file) => drawPaper(file)));
    else if (value.text === '') shown.append(make('span', 'quiet', texts.empty));
    else shown.append(valueText(value));
    list.append(ownWords('dt', '', value.label), shown);
  }
  return list;
}

function drawPaper(fileName) {
  return make('span', 'paper', ownWords('bdi', '', String(fileName)));
}

function drawTable({ columns, rows }) {
  const cells = (name, texts) => texts.map((text) => ownWords(name, '', text));
  const table = make('table', '', make('tr', '', ...cells('th', columns)));
  for (const row of rows) table.append(make('tr', '', ...cells('td', row)));
  return make('div', 'scroll', table);
}

/** Who decides, in order, and how far it is. */
export function drawSteps(texts, steps) {
  const list = make('ol', 'steps');
  for (const step of steps) {
    const people = step.people.map((person) => drawPerson(texts, person));
    const method = step.people.length > 1 ? texts.methods[step.method] : '';
    const isDone = step.people.some((person) => person.result === 'AGREE');
    const item = make(
      'li',
      step.current ? 'current' : isDone ? 'done' : '',
      method ? make('div', 'quiet', method) : null,
      step.automatic ? make('div', 'quiet', texts.automatic) : null,
      ...people,
    );
    list.append(item);
  }
  return list;
}

function drawPerson(texts, person) {
  const key = person.status === 'COMPLETED' ? person.result : person.status;
  return make(
    'div',
    `person ${key}`,
    ownWords('bdi', '', person.name),
    make('span', 'quiet', texts.standing[key] ?? key),
  );
}

/** Values that approvers changed, before and after. */
export function drawChanges(language, edits) {
  const list = make('ul', 'lines');
  for (const change of edits) {
    const from = ownWords('del', '', change.from || '—');
    const to = ownWords('ins', '', change.to || '—');
    list.append(
      make(
        'li',
        '',
        make('div', '', ownWords('bdi', '', change.label), ': ', from, ' → ', to),
        make(
          'div',
          'quiet',
          ownWords('bdi', '', change.who),
          ' · ',
          drawMoment(language, change.at),
        ),
      ),
    );
  }
  return list;
}

/** Everything that happened, oldest first, with remarks and comments. */
export function drawHistory(texts, language, history) {
  const list = make('ul', 'lines');
  for (const line of history) {
    const said = texts.types[line.type] ?? line.type;
    const word = typeof said === 'string' ? said : (said[line.result] ?? line.type);
    const isImpersonal = line.type === 'FINISH_PROCESS_INSTANCE' || line.type === 'PROCESS_CC';
    const who = isImpersonal ? null : ownWords('bdi', 'who', line.who || texts.system);
    const copies = line.copies.length > 0 ? ownWords('bdi', '', line.copies.join(', ')) : null;
    const what = make('div', '', who, ' ', make('span', '', word), ' ', copies);
    const app = line.byApp && !isImpersonal ? ` · ${texts.byApp}` : '';
    const item = make('li', `${line.type} ${line.result}`, what);
    if (line.remark) item.append(ownWords('blockquote', '', line.remark));
    item.append(make('div', 'quiet', drawMoment(language, line.at), app));
    list.append(item);
  }
  return list;
}

/** Fields to fill or change; `read` gives what differs, by the control's id. */
export function drawFields(texts, values) {
  const box = make('div', 'fields');
  const readers = new Map();
  for (const value of values) {
    // Notes are not filled, and files come through the client's own upload.
    if (value.type === 'TextNote' || value.type === 'DDAttachment') continue;
    const { element, read } = value.columns ? drawRows(texts, value) : drawField(value);
    readers.set(value, read);
    const mark = value.required ? make('span', 'quiet', ` · ${texts.required}`) : null;
    const name = value.columns ? 'div' : 'label';
    const label = make('span', '', ownWords('bdi', '', value.label), mark);
    box.append(make(name, 'field', label, element));
  }
  const read = () =>
    Object.fromEntries(
      [...readers]
        .map(([value, readOne]) => [value, readOne()])
        .filter(([value, text]) => text !== value.value)
        .map(([value, text]) => [value.id, text]),
    );
  return { box, read };
}

function drawField(value) {
  if (value.choices.length > 0) return drawChoice(value);
  const element = make(value.type === 'TextareaField' ? 'textarea' : 'input');
  element.dir = NUMBER_TYPES.has(value.type) ? 'ltr' : 'auto';
  if (value.type === 'DDDateField') element.placeholder = 'yyyy-MM-dd';
  if (value.type === 'MoneyField' || value.type === 'NumberField') element.inputMode = 'decimal';
  element.value = value.value;
  return { element, read: () => element.value };
}

function drawChoice(value) {
  const element = make('select');
  element.multiple = value.type === 'DDMultiSelectField';
  if (!element.multiple) element.append(new Option('', ''));
  const chosen = element.multiple && value.value ? JSON.parse(value.value) : [value.value];
  for (const choice of value.choices) {
    const isChosen = chosen.includes(choice);
    element.append(new Option(choice, choice, isChosen, isChosen));
  }
  const several = () => [...element.selectedOptions].map((option) => option.value);
  const read = () => (several().length > 0 ? JSON.stringify(several()) : '');
  return { element, read: element.multiple ? read : () => element.value };
}

/** A table's rows as fields, with one empty row at the end. */
function drawRows(texts, value) {
  const table = make('table');
  table.append(make('tr', '', ...value.columns.map((column) => ownWords('th', '', column))));
  const rows = [];
  const addRow = (cells) => {
    const inputs = value.columns.map((column, index) => {
      const input = make('input');
      input.dir = 'auto';
      input.value = cells[index] ?? '';
      input.setAttribute('aria-label', `${column} ${rows.length + 1}`);
      return input;
    });
    rows.push(inputs);
    table.append(make('tr', '', ...inputs.map((input) => make('td', '', input))));
  };
  for (const row of value.rows) addRow(row);
  addRow([]);
  const more = make('button', 'link', `+ ${texts.row}`);
  more.type = 'button';
  more.addEventListener('click', () => addRow([]));
  const read = () => {
    const filled = rows
      .map((inputs) => inputs.map((input, index) => [value.columns[index], input.value.trim()]))
      .map((cells) => cells.filter(([, text]) => text !== ''))
      .filter((cells) => cells.length > 0);
    const written = filled.map((cells) => cells.map(([name, text]) => ({ name, value: text })));
    return written.length > 0 ? JSON.stringify(written) : '';
  };
  return { element: make('div', 'rows', table, more), read };
}
