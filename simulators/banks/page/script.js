'use strict';
const POLL_MS = 1000;
const byId = (id) => document.getElementById(id);
const cards = new Map();
const faultRows = new Map();
let lastText = '';
let toastTimer;

function clone(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

function toast(text, isBad) {
  const box = byId('toast');
  box.textContent = text;
  box.className = isBad ? 'shown bad' : 'shown';
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.className = ''; }, isBad ? 6000 : 2500);
}

async function call(method, path, body) {
  const response = await fetch('/_sim/' + path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || 'The simulator answered ' + response.status);
  return answer;
}

/* Amounts are text from end to end; a number would lose digits of large ones. */
function grouped(text) {
  const [whole, fraction] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return (fraction === undefined ? groups : groups + '.' + fraction).replace('-', '\u2212');
}

function shownTime(text) {
  const at = new Date(text);
  const time = at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
  const isToday = at.toDateString() === new Date().toDateString();
  return isToday ? time : at.toLocaleDateString([], { day: 'numeric', month: 'short' }) + ' ' + time.slice(0, 5);
}

function plainAmount(text) {
  const compact = text.replace(/[\s\u00a0_,'’]/g, '');
  return /^\d+(\.\d+)?$/.test(compact) ? compact : text;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function makeCard(account) {
  const card = clone('account-template');
  setText(card.querySelector('.bank'), account.bank);
  setText(card.querySelector('.name'), account.name);
  setText(card.querySelector('.number'), account.account);
  setText(card.querySelector('.currency'), account.currency);
  const form = card.querySelector('form');
  const side = () => form.querySelector('.sides input:checked').value;
  form.addEventListener('change', () => {
    setText(form.querySelector('.primary'), side() === 'credit' ? 'Deposit' : 'Pay out');
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { amount, counterparty, remark, pending, push } = form.elements;
    const button = form.querySelector('.primary');
    button.disabled = true;
    try {
      const order = {
        account: account.account,
        creditDebitIndicator: side(),
        amount: plainAmount(amount.value),
        status: pending.checked ? 'pending' : 'booked',
        push: push.checked,
      };
      if (remark.value.trim()) order.remark = remark.value.trim();
      if (counterparty.value.trim()) order.counterparty = counterparty.value.trim();
      const { reference } = await call('POST', 'movements', order);
      amount.value = '';
      toast(reference + (side() === 'credit' ? ' is on its way in' : ' is on its way out'));
      await refresh();
    } catch (error) {
      toast(error.message, true);
    } finally {
      button.disabled = false;
    }
  });
  byId('accounts').append(card);
  return { card, rows: new Map(), transferRows: new Map(), seen: '' };
}

function toldOf(movement) {
  const last = movement.pushes.at(-1);
  if (!last) {
    return movement.told === 'polling only'
      ? { text: 'no call, found by polling', kind: '' }
      : { text: 'company not called', kind: '' };
  }
  const calls = movement.pushes.length > 1 ? ' · ' + movement.pushes.length + ' calls' : '';
  if (last.status === 'no answer') return { text: 'no answer' + calls, kind: 'bad' };
  if (last.status >= 200 && last.status < 300) return { text: 'company told' + calls, kind: 'good' };
  return { text: 'company answered ' + last.status + calls, kind: 'bad' };
}

const STATUS_KINDS = { pending: 'wait', booked: 'good', reversed: 'bad' };

function makeRow(movement) {
  const row = clone('movement-template');
  row.addEventListener('click', async (event) => {
    const verb = event.target.dataset ? event.target.dataset.act : undefined;
    if (!verb) return;
    event.target.disabled = true;
    try {
      await call('POST', 'movements/' + movement.reference + '/' + verb, {});
      await refresh();
    } catch (error) {
      toast(error.message, true);
    } finally {
      event.target.disabled = false;
    }
  });
  return row;
}

function fillRow(row, movement) {
  row.classList.toggle('reversed', movement.status === 'reversed');
  const text = row.querySelector('.text');
  setText(text, [movement.counterparty, movement.remark].filter(Boolean).join(' · ') || movement.reference);
  text.title = text.textContent;
  const amount = row.querySelector('.row-amount');
  const isCredit = movement.creditDebitIndicator === 'credit';
  setText(amount, (isCredit ? '+' : '\u2212') + grouped(movement.amount));
  amount.className = 'row-amount ' + movement.creditDebitIndicator;
  const status = row.querySelector('.status');
  setText(status, movement.wireStatus ? movement.wireStatus.toLowerCase() : movement.status);
  status.className = 'chip status ' + (STATUS_KINDS[movement.status] || '');
  const told = row.querySelector('.told');
  const { text: words, kind } = toldOf(movement);
  setText(told, words);
  told.className = 'chip told ' + kind;
  const last = movement.pushes.at(-1);
  told.title = last ? last.at + ' ' + last.status + '\n' + last.body : '';
  setText(row.querySelector('.meta'), movement.reference + ' · ' + shownTime(movement.at));
  row.querySelector('[data-act=book]').hidden = movement.status !== 'pending';
  const reverse = row.querySelector('[data-act=reverse]');
  reverse.hidden = movement.status === 'reversed';
  setText(reverse, movement.status === 'pending' ? 'Reject' : 'Reverse');
  const push = row.querySelector('[data-act=push]');
  push.hidden = movement.told === 'polling only';
  setText(push, last ? 'Call again' : 'Call');
}

const STATE_KINDS = { open: 'wait', done: 'good', failed: 'bad', returned: 'bad' };

function makeTransferRow(account, transfer) {
  const row = clone('transfer-template');
  row.addEventListener('click', async (event) => {
    const verb = event.target.dataset ? event.target.dataset.verb : undefined;
    if (!verb) return;
    event.target.disabled = true;
    try {
      await call('POST', account.simulator + '/transfers/' + transfer.id + '/' + verb, {});
      await refresh();
    } catch (error) {
      toast(error.message, true);
    } finally {
      event.target.disabled = false;
    }
  });
  return row;
}

function fillTransferRow(row, transfer) {
  row.classList.toggle('reversed', transfer.state === 'failed' || transfer.state === 'returned');
  const text = row.querySelector('.text');
  setText(text, transfer.creditor);
  text.title = transfer.creditor;
  setText(row.querySelector('.row-amount'), '\u2212' + grouped(transfer.amount));
  const status = row.querySelector('.status');
  setText(status, transfer.status);
  status.className = 'chip status ' + STATE_KINDS[transfer.state];
  const answered = row.querySelector('.answered');
  setText(answered, transfer.answered === 'cut' ? 'cut off without an answer' : 'answered ' + transfer.answered);
  answered.className = 'chip answered ' + (transfer.answered.startsWith('2') ? '' : 'bad');
  const detail = row.querySelector('.detail');
  setText(detail, shownTime(transfer.at) + ' · ' + transfer.detail);
  const buttons = row.querySelector('.buttons');
  const wanted = transfer.verbs.map(({ verb }) => verb).join(' ');
  if (buttons.dataset.verbs === wanted) return;
  buttons.dataset.verbs = wanted;
  buttons.replaceChildren(...transfer.verbs.map(({ verb, label }) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.verb = verb;
    button.textContent = label;
    return button;
  }));
}

function fillTransfers(entry, account) {
  entry.card.querySelector('.transfers').hidden = account.transfers.length === 0;
  const list = entry.card.querySelector('.transfer-rows');
  const wanted = new Set(account.transfers.map(({ id }) => id));
  for (const [id, row] of entry.transferRows) {
    if (!wanted.has(id)) { row.remove(); entry.transferRows.delete(id); }
  }
  account.transfers.forEach((transfer, index) => {
    let row = entry.transferRows.get(transfer.id);
    if (!row) { row = makeTransferRow(account, transfer); entry.transferRows.set(transfer.id, row); }
    fillTransferRow(row, transfer);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] || null);
  });
}

function fillCard(entry, account) {
  const balance = entry.card.querySelector('.amount');
  const shown = grouped(account.balance);
  if (balance.textContent !== shown) {
    if (balance.textContent) {
      balance.classList.add('changed');
      requestAnimationFrame(() => requestAnimationFrame(() => balance.classList.remove('changed')));
    }
    balance.textContent = shown;
  }
  const list = entry.card.querySelector('.rows');
  const count = account.movementCount;
  setText(entry.card.querySelector('.count'), count > account.movements.length ? '· ' + count + ' in all' : '');
  const wanted = new Set(account.movements.map((movement) => movement.reference));
  for (const [reference, row] of entry.rows) {
    if (!wanted.has(reference)) { row.remove(); entry.rows.delete(reference); }
  }
  account.movements.forEach((movement, index) => {
    let row = entry.rows.get(movement.reference);
    if (!row) { row = makeRow(movement); entry.rows.set(movement.reference, row); }
    fillRow(row, movement);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] || null);
  });
  fillTransfers(entry, account);
}

/* A simulator lists its faults as name and explanation; anything else is shown by name alone. */
function knownFaults(entry) {
  if (Array.isArray(entry.known)) {
    return entry.known.map((one) => (typeof one === 'string' ? [one, ''] : [one.name, one.does || one.description || '']));
  }
  return Object.entries(entry.known || {});
}

function makeFaultList(entry) {
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  const chip = document.createElement('span');
  chip.className = 'chip';
  summary.append(entry.simulator, ' ', chip);
  const list = document.createElement('ul');
  list.className = 'fault-list';
  details.append(summary, list);
  byId('fault-lists').append(details);
  const switches = new Map();
  for (const [name, explanation] of knownFaults(entry)) {
    const item = clone('fault-template');
    setText(item.querySelector('strong'), name);
    setText(item.querySelector('p'), explanation);
    const box = item.querySelector('.switch input');
    const times = item.querySelector('.times input');
    box.setAttribute('aria-label', name);
    times.setAttribute('aria-label', 'how many times ' + name);
    box.addEventListener('change', async () => {
      const count = /^[1-9]\d*$/.test(times.value.trim()) ? Number(times.value) : undefined;
      try {
        if (box.checked) await call('POST', 'faults', { simulator: entry.simulator, name, count });
        else await call('DELETE', 'faults', { simulator: entry.simulator, name });
        await refresh();
      } catch (error) {
        box.checked = !box.checked;
        toast(error.message, true);
      }
    });
    list.append(item);
    switches.set(name, box);
  }
  return { switches, chip, details };
}

function fillFaults(entries) {
  let total = 0;
  for (const entry of entries) {
    let list = faultRows.get(entry.simulator);
    if (!list) { list = makeFaultList(entry); faultRows.set(entry.simulator, list); }
    const active = new Set((entry.active || []).map((fault) => fault.name));
    total += active.size;
    for (const [name, box] of list.switches) box.checked = active.has(name);
    setText(list.chip, active.size ? active.size + ' on' : list.switches.size + ' off');
    list.chip.className = active.size ? 'chip bad' : 'chip';
  }
  setText(byId('fault-count'), String(total));
}

async function refresh() {
  const response = await fetch('/_sim/page');
  const text = await response.text();
  if (text === lastText) return;
  const data = JSON.parse(text);
  lastText = text;
  setText(byId('seed'), String(data.seed));
  for (const account of data.accounts) {
    let entry = cards.get(account.account);
    if (!entry) { entry = makeCard(account); cards.set(account.account, entry); }
    const seen = JSON.stringify(account);
    if (seen === entry.seen) continue;
    entry.seen = seen;
    fillCard(entry, account);
  }
  fillFaults(data.faults);
}

async function tick() {
  const live = byId('live');
  if (!document.hidden) {
    try {
      await refresh();
      setText(live, 'yes');
      live.className = '';
    } catch {
      setText(live, 'lost');
      live.className = 'lost';
    }
  }
  setTimeout(tick, POLL_MS);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) void refresh().catch(() => {}); });
void tick();
