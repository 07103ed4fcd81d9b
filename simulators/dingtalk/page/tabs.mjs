/** Messages and approvals share the page; the address remembers which is shown. */
export function createTabs(messagesHash) {
  const names = ['messages', 'approvals'];
  const tab = (name) => document.getElementById(`tab-${name}`);
  const isApproving = () => document.body.classList.contains('approving');
  const remember = (hash) => history.replaceState(null, '', `#${hash}`);
  const show = (name) => {
    document.body.classList.toggle('approving', name === 'approvals');
    for (const one of names) tab(one).setAttribute('aria-pressed', String(one === name));
    remember(name === 'approvals' ? 'approvals' : messagesHash());
  };
  for (const name of names) tab(name).addEventListener('click', () => show(name));
  return {
    show,
    rememberMessages: () => {
      if (!isApproving()) remember(messagesHash());
    },
    rememberApproval: (hash) => {
      if (isApproving()) remember(hash);
    },
    /** Says in the chosen language what the tabs are, and how many requests wait. */
    label: (texts, count) => {
      tab('messages').textContent = texts.messages;
      document.getElementById('tab-approvals-text').textContent = texts.approvals;
      const badge = document.getElementById('approvals-count');
      badge.textContent = count ? String(Math.min(count, 999)) : '';
    },
    /** Opens what the address names, if that is an approval or their list. */
    openWanted: (hash, open) => {
      const [isWanted, id] = /^approvals?(?:\/(.*))?$/.exec(hash) ?? [];
      if (isWanted === undefined) return;
      show('approvals');
      if (id) open(id);
    },
  };
}
