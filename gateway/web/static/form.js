// What forms do beyond plain HTML: what is typed into one that opens a case is saved
// while somebody writes, and none is sent into a network that is away. Nothing is kept
// in the browser.
(() => {
  'use strict';
  const pause = 1500; // how long nobody types before it is saved

  function hide(form, name, value) {
    const field = form.elements[name] || document.createElement('input');
    Object.assign(field, { type: 'hidden', name, value });
    form.append(field);
  }

  // -- Saved while somebody writes -------------------------------------------------------
  for (const status of document.querySelectorAll('[data-saves]')) {
    const form = status.closest('form');
    let timer = 0, sending = null, turn = 0; // by its turn the hub knows a save that comes late
    const save = async () => {
      if (sending) sending.abort();
      const mine = sending = new AbortController();
      hide(form, 'turn', ++turn);
      try {
        const answer = await fetch(status.dataset.saves, { method: 'POST', headers: { 'Hub-Live': '1' }, body: new URLSearchParams(new FormData(form)), signal: mine.signal, redirect: 'error' });
        const text = await answer.text();
        if (mine.signal.aborted) return;
        status.textContent = (answer.headers.get('Content-Type') || '').startsWith('text/plain') ? text : status.dataset.away;
        if (answer.ok) hide(form, 'known', 'yes');
      } catch {
        if (mine.signal.aborted) return;
        status.textContent = status.dataset.away;
        timer = setTimeout(save, 10 * pause);
      }
    };
    form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(save, pause); });
    form.addEventListener('submit', () => { // it is saved with what it sends, unless that stays here
      if (!form.dataset.there) return;
      clearTimeout(timer);
      if (sending) sending.abort();
      hide(form, 'turn', ++turn);
    });
  }

  // -- Not sent into a network that is away ----------------------------------------------
  //
  // Before a form is sent the hub is asked for a small file. When that does not come, the
  // page stays as it is, with all that was typed.
  const unsent = document.getElementById('unsent');
  let asking = false;

  async function there() {
    if (navigator.onLine === false) return false;
    try {
      const answer = await fetch(unsent.dataset.probe, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(6000) });
      return answer.ok;
    } catch {
      return false;
    }
  }

  document.addEventListener('submit', async (e) => {
    const form = e.target, button = e.submitter;
    if (e.defaultPrevented || (button && button.formMethod ? button.formMethod : form.method) !== 'post' || form.dataset.there) return;
    e.preventDefault();
    if (asking) return;
    asking = true;
    unsent.hidden = true;
    const reached = await there();
    asking = false;
    if (!reached) {
      form.append(unsent);
      unsent.hidden = false;
      unsent.focus();
      return;
    }
    form.dataset.there = 'yes';
    form.requestSubmit(button);
    delete form.dataset.there;
  });
})();
