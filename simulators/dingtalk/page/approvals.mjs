import { approvalTexts, sayReason } from './approval-texts.mjs';
import {
  drawChanges,
  drawFields,
  drawHead,
  drawHistory,
  drawMoment,
  drawStanding,
  drawSteps,
  drawValues,
  ownWords,
} from './approval-parts.mjs';
import { make } from './markdown.mjs';

const BOXES = ['waiting', 'handled', 'started', 'all'];
const REFRESH_MS = 200;

/**
 * The approvals view: what waits for the person chosen at the top, the form, its history, and what may be done.
 * `viewer` gives that person, `people` everybody, `avatar` draws a person's mark.
 */
export function createApprovals({ root, badge, viewer, people, avatar, showHash }) {
  const state = {
    language:
      localStorage.getItem('language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'),
    box: 'waiting',
    list: { items: [], total: 0, waiting: 0 },
    id: '',
    request: null,
    mode: 'read',
    sequence: -1,
    refreshing: undefined,
    countdown: undefined,
    bar: '',
  };
  const texts = () => approvalTexts(state.language);
  const bar = make('div', 'approval-bar');
  const list = make('div', 'approval-list');
  const detail = make('div', 'approval-detail');
  root.append(make('div', 'approval-side', bar, list), detail);

  async function fetchJson(path, body) {
    const sending = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const answer = await fetch(`/_page/approvals${path}`, body ? sending : {});
    const value = await answer.json().catch(() => ({ error: answer.statusText }));
    if (!answer.ok) throw new Error(value.error ?? answer.statusText);
    return value;
  }

  async function refresh() {
    const user = encodeURIComponent(viewer());
    const asked = state.id;
    state.list = await fetchJson(`?userId=${user}&box=${state.box}`);
    badge(texts(), state.list.waiting);
    drawList();
    // A form that is being filled is nobody else's to draw anew.
    if (!asked) return state.mode === 'start' ? undefined : drawDetail();
    const request = await fetchJson(`/${encodeURIComponent(asked)}?userId=${user}`).catch(
      () => null,
    );
    if (asked !== state.id) return undefined;
    const isSame = JSON.stringify(request) === JSON.stringify(state.request);
    state.request = request;
    if (!request) state.id = '';
    // Changed fields are not thrown away because somebody else did something.
    if (state.mode === 'edit' && request?.may.decide) return undefined;
    // Somebody may be writing a remark: it is drawn anew only when something changed.
    return isSame && detail.childElementCount > 0 ? undefined : drawDetail();
  }

  function refreshSoon() {
    state.refreshing ??= setTimeout(() => {
      state.refreshing = undefined;
      void refresh().catch(() => undefined);
    }, REFRESH_MS);
  }

  function open(id) {
    if (id !== '' && id === state.id) return refreshSoon();
    state.id = id;
    state.mode = 'read';
    state.request = null;
    detail.replaceChildren();
    root.classList.toggle('reading', id !== '');
    showHash(id ? `approval/${id}` : 'approvals');
    return void refresh().catch(() => undefined);
  }

  function drawBar() {
    // Drawn anew under somebody's hand it would close the list of languages.
    const shown = [state.language, state.box, state.list.waiting].join();
    if (shown === state.bar) return;
    state.bar = shown;
    const boxes = make('div', 'boxes');
    boxes.setAttribute('role', 'group');
    boxes.setAttribute('aria-label', texts().boxes);
    for (const box of BOXES) {
      const count = box === 'waiting' && state.list.waiting ? ` ${state.list.waiting}` : '';
      const button = make('button', '', texts()[box], count ? make('b', '', count) : null);
      button.type = 'button';
      button.setAttribute('aria-pressed', String(box === state.box));
      button.addEventListener('click', () => {
        state.box = box;
        drawBar();
        void refresh();
      });
      boxes.append(button);
    }
    const language = make('select');
    language.append(new Option('English', 'en'), new Option('中文', 'zh'));
    language.value = state.language;
    language.setAttribute('aria-label', texts().language);
    language.addEventListener('change', () => {
      state.language = language.value;
      localStorage.setItem('language', language.value);
      redraw();
    });
    const start = actionButton('primary', `+ ${texts().newRequest}`, () => void drawStart());
    bar.replaceChildren(make('div', 'tools', start, language), boxes);
    root.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  }

  function redraw() {
    badge(texts(), state.list.waiting);
    drawBar();
    drawList();
    if (state.mode === 'start') void drawStart();
    else drawDetail();
  }

  function actionButton(className, text, act) {
    const button = make('button', className, text);
    button.type = 'button';
    button.addEventListener('click', act);
    return button;
  }

  function drawList() {
    drawBar();
    const { items, total } = state.list;
    const rows = items.map(drawRow);
    if (items.length === 0) rows.push(make('p', 'hint', texts().nothing[state.box]));
    if (total > items.length) rows.push(make('p', 'hint', texts().more(items.length, total)));
    list.replaceChildren(...rows);
  }

  function drawRow(item) {
    const values = make('span', 'preview');
    for (const value of item.values) {
      values.append(
        make('span', '', ownWords('bdi', '', value.label), ': ', ownWords('bdi', '', value.text)),
      );
    }
    const waiting =
      item.waitingFor.length > 0 ? texts().waitingFor(item.waitingFor.join(', ')) : '';
    const button = make(
      'button',
      'request',
      avatar(item.originator),
      make(
        'span',
        'what',
        make('span', 'top', ownWords('span', 'name', item.form), drawStanding(texts(), item)),
        make(
          'span',
          'quiet',
          ownWords('bdi', '', item.originator),
          ' · ',
          drawMoment(state.language, item.at),
        ),
        values,
        waiting ? make('span', 'quiet', waiting) : null,
      ),
    );
    button.type = 'button';
    button.setAttribute('aria-current', String(item.id === state.id));
    button.addEventListener('click', () => open(item.id));
    return button;
  }

  function drawDetail() {
    clearInterval(state.countdown);
    const { request } = state;
    if (!request) {
      detail.replaceChildren(make('p', 'hint', state.id ? '…' : texts().pick));
      return;
    }
    const t = texts();
    const back = actionButton('back', '‹', () => open(''));
    back.setAttribute('aria-label', t.back);
    const sheet = make('div', 'sheet', drawHead(t, request, avatar(request.originator)));
    if (request.bizAction !== 'NONE') {
      sheet.append(make('p', 'alarm', t.bizAction[request.bizAction] ?? request.bizAction));
    }
    if (state.mode === 'edit') {
      drawEdit(request, back, sheet);
      return;
    }
    sheet.append(drawValues(t, request.values));
    if (request.edits.length > 0) {
      sheet.append(make('h3', '', t.changes), drawChanges(state.language, request.edits));
    }
    sheet.append(
      make('h3', '', t.flow),
      drawSteps(t, request.steps),
      make('h3', '', t.history),
      drawHistory(t, state.language, request.history),
      ...request.related.map((id) =>
        actionButton('link', `${t.related} …${id.slice(-8)}`, () => open(id)),
      ),
      make('p', 'quiet number', `${t.number} ${request.businessId}`),
    );
    // What somebody is writing survives that the request changes meanwhile.
    const begun = detail.querySelector('.said');
    const isWriting = begun?.matches(':focus') ?? false;
    const actions = drawActions(request);
    const remark = actions.querySelector('.said');
    if (begun) remark.value = begun.value;
    detail.replaceChildren(back, sheet, actions);
    if (isWriting) remark.focus();
  }

  function deed(name, order) {
    const path = `/${encodeURIComponent(state.id)}/${name}`;
    return attempt(async () => {
      await fetchJson(path, { userId: viewer(), ...order });
      const remark = detail.querySelector('.said');
      if (remark) remark.value = '';
      state.mode = 'read';
      state.request = null;
      await refresh();
    });
  }

  async function attempt(act) {
    const alarm = detail.querySelector('.error');
    if (alarm) alarm.textContent = '';
    try {
      await act();
    } catch (error) {
      const place = detail.querySelector('.error');
      if (place) place.textContent = sayReason(texts(), error.message);
    }
  }

  function drawActions(request) {
    const t = texts();
    const remark = make('textarea');
    remark.className = 'said';
    remark.rows = 1;
    remark.dir = 'auto';
    remark.maxLength = 1024;
    remark.placeholder = request.may.decide ? t.remark : t.comment;
    remark.setAttribute('aria-label', remark.placeholder);
    const row = make('div', 'row');
    const said = () => (remark.value.trim() ? { remark: remark.value.trim() } : {});
    if (request.may.decide) {
      row.append(
        actionButton('primary', t.agree, () => deed('agree', said())),
        actionButton('danger', t.refuse, () => deed('refuse', said())),
        drawHandOn(said),
        actionButton('', t.edit, () => {
          state.mode = 'edit';
          drawDetail();
        }),
      );
    }
    if (request.may.withdraw) row.append(drawWithdraw(request, said));
    const comment = actionButton('', t.comment, () => {
      if (remark.value.trim()) void deed('comment', { text: remark.value.trim() });
      else remark.focus();
    });
    row.append(comment);
    return actionBar(remark, row);
  }

  function drawHandOn(said) {
    const select = make('select');
    select.append(new Option(texts().handOn, ''));
    for (const person of people()) {
      if (person.id !== viewer()) select.append(new Option(person.name, person.id));
    }
    select.setAttribute('aria-label', texts().handOnTo);
    select.addEventListener('change', () => {
      if (select.value) void deed('redirect', { toUserId: select.value, ...said() });
      select.value = '';
    });
    return select;
  }

  function drawWithdraw(request, said) {
    const button = actionButton('danger quiet-danger', '', () => deed('revoke', said()));
    const readyAt = performance.now() + request.may.withdrawInMs;
    const tick = () => {
      const seconds = Math.ceil((readyAt - performance.now()) / 1000);
      button.disabled = seconds > 0;
      button.textContent = seconds > 0 ? texts().withdrawLater(seconds) : texts().withdraw;
      if (seconds <= 0) clearInterval(state.countdown);
    };
    state.countdown = setInterval(tick, 250);
    tick();
    return button;
  }

  function drawEdit(request, back, sheet) {
    const { box, read } = drawFields(texts(), request.values);
    const save = actionButton('primary', texts().save, () => deed('edit', { values: read() }));
    const cancel = actionButton('', texts().cancel, () => {
      state.mode = 'read';
      drawDetail();
    });
    sheet.append(box);
    detail.replaceChildren(back, sheet, actionBar(make('div', 'row', save, cancel)));
  }

  function actionBar(...parts) {
    const error = make('p', 'error');
    error.setAttribute('role', 'alert');
    return make('div', 'actions', error, ...parts);
  }

  async function drawStart(chosen = '') {
    const t = texts();
    state.mode = 'start';
    state.id = '';
    root.classList.add('reading');
    const forms = await fetchJson(`/forms?userId=${encodeURIComponent(viewer())}`);
    const form = forms.find((one) => one.processCode === chosen) ?? forms[0];
    const select = make('select');
    select.append(...forms.map((one) => new Option(one.name, one.processCode)));
    select.value = form?.processCode ?? '';
    select.addEventListener('change', () => void drawStart(select.value));
    const cancel = actionButton('', t.cancel, () => open(''));
    const sheet = make('div', 'sheet', make('h2', '', t.newRequest));
    const actions = actionBar(make('div', 'row', cancel));
    detail.replaceChildren(sheet, actions);
    if (!form) {
      sheet.append(make('p', 'hint', t.noForms));
      return;
    }
    const { box, read } = drawFields(t, form.values);
    const submit = actionButton('primary', t.submit, () =>
      attempt(async () => {
        const order = { userId: viewer(), form: form.processCode, values: read() };
        const { id } = await fetchJson('', order);
        state.box = 'started';
        open(id);
      }),
    );
    sheet.append(make('div', 'fields', make('label', '', t.chooseForm, select)), box);
    actions.querySelector('.row').prepend(submit);
  }

  drawBar();
  return {
    open,
    /** Another person looks. */
    viewerChanged() {
      state.mode = 'read';
      state.request = null;
      detail.replaceChildren();
      void refresh().catch(() => undefined);
    },
    /** Something may have changed: the position of the last change tells. */
    follow(sequence) {
      if (sequence === state.sequence) return;
      state.sequence = sequence;
      refreshSoon();
    },
    /** The world is another one. */
    reset() {
      state.sequence = -1;
      refreshSoon();
    },
  };
}
