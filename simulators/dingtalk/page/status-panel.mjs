import { make } from './markdown.mjs';

/** Draws quota, faults and clock into the panel, and says on its button whether a fault is on. */
export function drawStatus({ panel, button, summary, status, faultTexts, seed }) {
  if (!status) return;
  const { quotas, faults } = status;
  const alarm = faults.length > 0;
  button.classList.toggle('alarm', alarm);
  summary.textContent = alarm ? `⚠ ${faults.length} fault${faults.length > 1 ? 's' : ''}` : 'Quota';
  const offset = status.offsetMs ? `moved by ${status.offsetMs} ms` : 'level with this machine';
  panel.replaceChildren(
    make('h2', '', `Monthly quota, ${quotas.month}`),
    ...drawMeter('API calls', quotas.apiCalls, quotas.limits.apiCalls),
    ...drawMeter('Webhook & Stream', quotas.webhookCalls, quotas.limits.webhookCalls),
    make('h2', '', 'Faults switched on'),
    ...(alarm
      ? faults.map((fault) => drawFault(fault, faultTexts[fault.name] ?? ''))
      : [make('p', '', 'None.')]),
    make('h2', '', 'Clock'),
    make('p', 'number', new Date(status.now).toLocaleString()),
    make('p', 'number', offset),
    make('h2', '', 'Refused calls'),
    make('p', 'number', String(status.refusals)),
    make('p', '', `Seed ${seed}. Memory only: a restart forgets everything.`),
  );
}

function drawMeter(label, used, limit) {
  const bar = make('i');
  bar.style.width = `${Math.min(100, limit ? (used / limit) * 100 : 100)}%`;
  const text = `${label}: ${used.toLocaleString('en')} of ${limit.toLocaleString('en')}`;
  return [
    make('p', 'number', text),
    make('div', used >= limit * 0.8 ? 'meter high' : 'meter', bar),
  ];
}

function drawFault(fault, text) {
  const left = fault.count === undefined ? '' : ` × ${fault.count}`;
  return make('p', '', make('strong', '', fault.name + left), ` — ${text}`);
}
