// What the pages do beyond plain HTML: they keep themselves up to date. Every page works
// without this file. It makes no content: it fetches the page again and takes over what
// the server made of it.
(() => {
  'use strict';
  const { watch, after } = document.body.dataset;
  const at = (id) => document.getElementById(id);

  // -- One stream of events per browser --------------------------------------------------
  //
  // The tab that holds the lock has the stream and tells the others. A hidden tab gives the
  // lock back; when the last one is hidden there is no stream.
  const channel = new BroadcastChannel('hub-live');
  let release = null; // gives the lock back; set while this tab has it or waits for it
  let source = null, again = 0; // the stream, and the timer that opens it again

  function lead() {
    if (release || !navigator.locks) return;
    const stop = new AbortController();
    const until = new Promise((resolve) => { release = () => { resolve(); stop.abort(); }; });
    const hold = () => { if (!stop.signal.aborted) open(after); return until; };
    navigator.locks.request('hub-live', { ifAvailable: true }, (lock) => {
      if (lock) return hold();
      if (!stop.signal.aborted) refresh(); // what the other tab told before this one listened
      navigator.locks.request('hub-live', { signal: stop.signal }, hold).catch(() => {});
    });
  }

  function follow() {
    clearTimeout(again);
    if (source) source.close();
    source = null;
    delete document.documentElement.dataset.leads;
    if (release) release();
    release = null;
  }

  function open(from) {
    if (!release) return; // hidden meanwhile
    document.documentElement.dataset.leads = '';
    if (source) source.close();
    const mine = source = new EventSource('/live' + (from ? '?after=' + encodeURIComponent(from) : ''));
    const tell = (message) => { take(message); channel.postMessage(message); };
    mine.addEventListener('ready', () => tell({ is: 'ready' }));
    for (const is of ['changed', 'gone']) {
      mine.addEventListener(is, (e) => tell({ is, name: e.data, revision: e.lastEventId }));
    }
    mine.addEventListener('ended', () => tell({ is: 'ended' }));
    mine.addEventListener('error', () => {
      tell({ is: 'away' });
      clearTimeout(again);
      if (mine.readyState === EventSource.CLOSED) again = setTimeout(() => open(''), 15000);
    });
  }

  // -- What a tab does with an event -----------------------------------------------------
  let started = false;
  let unheard = false, unread = false; // the stream is away; the page could not be fetched
  let ended = false; // the session: no stream is opened until somebody is there again

  function take(message) {
    switch (message.is) {
      case 'ready':
        // Something may have happened since the page was made, or while nothing was heard.
        if (unheard || ended || (!after && !started)) { clearTimeout(timer); timer = 0; refresh(); }
        started = true;
        unheard = false;
        back(); // somebody has signed in again in another tab
        break;
      case 'away':
        unheard = true;
        break;
      case 'ended':
        follow();
        over();
        return;
      case 'changed':
      case 'gone':
        if (concerns(message.name)) refresh();
        return;
    }
    notices();
  }

  function over() {
    ended = true;
    notices();
  }

  function back() {
    if (!ended) return;
    ended = false;
    if (!document.hidden) lead();
  }

  function notices() {
    at('away').hidden = ended || !(unheard || unread);
    at('ended').hidden = !ended;
  }

  function concerns(name) {
    return watch === '*' || name === watch || name.startsWith(watch + '/');
  }

  // -- Taking over what is new -------------------------------------------------------------
  //
  // A page looks again soon after something happened, and then not for a while: several events
  // come together, a hub that answers slowly is asked less, and pages that heard the same at
  // the same moment do not all ask at once.
  const together = 120, slack = 0.25, patience = 4;
  let timer = 0, busy = false, whole = false, looked = 0, took = 0;
  const pace = Number(document.body.dataset.pace || 0); // the least time between two looks

  function refresh() {
    if (document.hidden || timer) return; // what comes meanwhile is seen by the same look
    const gap = Math.max(pace, patience * took), now = performance.now();
    timer = setTimeout(load, Math.max(together, looked + gap - now, notBefore - now) + Math.random() * slack * gap);
  }

  // later looks again when the hub did not answer as it should: each time after a longer
  // pause, and not before the hub wants to be asked again.
  let failed = 0, notBefore = 0;

  function later(answer) {
    unread = true;
    notices();
    const pause = Math.min(1000 * 2 ** failed++, 60000), asked = 1000 * (Number(answer && answer.headers.get('Retry-After')) || 0);
    notBefore = performance.now() + asked;
    clearTimeout(timer);
    timer = setTimeout(load, Math.max(pause, asked) + Math.random() * slack * pause);
  }

  // lose gives way to the page that says so, unless somebody is writing here.
  function lose() {
    if (![...at('main').querySelectorAll('input:not([type=hidden]), select, textarea')].some(touched)) location.reload();
    at('lost').hidden = false;
  }

  function read() {
    unread = false;
    at('lost').hidden = true;
    failed = 0;
    back();
    notices();
  }

  async function load(everything) {
    whole ||= everything === true;
    clearTimeout(timer);
    timer = 0;
    if (document.hidden && !whole) return; // it looks when it is shown
    if (busy) { refresh(); return; }
    const all = whole;
    whole = false;
    busy = true;
    looked = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { 'Hub-Live': document.body.dataset.since || '-' }, redirect: 'error' });
      if (answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        read();
        show(fresh, all);
      } else if (answer.status === 401) over();
      else if (answer.status === 404 || answer.status === 410) lose();
      else later(answer);
    } catch {
      later(null);
    } finally {
      busy = false;
      took = Math.min(performance.now() - looked, 5000);
    }
  }

  function show(fresh, everything) {
    const from = at('main'), to = fresh.getElementById('main');
    if (!from || !to) return;
    const added = [];
    morph(from, to, { added, everything });
    for (const one of added) one.classList.add('fresh');
    if (added.length > 0) at('news').textContent = at('news').dataset.text + ' ' + added.map((one) => one.dataset.news).filter(Boolean).join(', ');
  }

  // morph makes one tree like another and touches only what differs: so the place on the
  // page, what is unfolded, and what somebody is writing stay.
  function morph(from, to, how) {
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
      return;
    }
    if (from.dataset.keep !== undefined) return;
    if (from.matches('input, select, textarea') && (touched(from) || from.name === 'request_id')) return;
    attributes(from, to);
    if (from.matches('textarea')) { from.defaultValue = to.defaultValue; return; }
    if (from.dataset.still !== undefined && !how.everything) { keepStill(from, to, how); return; }
    children(from, to, how);
  }

  function touched(field) {
    if (field === document.activeElement) return true;
    if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
    if (field.tagName === 'SELECT') return [...field.options].some((o) => o.selected !== o.defaultSelected) && field.selectedIndex > 0;
    if (field.type === 'hidden') return field.form !== null && [...field.form.elements].some((e) => e.matches('input:not([type=hidden]), select, textarea') && touched(e));
    return field.value !== field.defaultValue;
  }

  function attributes(from, to) {
    for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !(name === 'open' && from.tagName === 'DETAILS')) from.removeAttribute(name);
  }

  const key = (node) => node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id || '' : '';

  function children(from, to, how) {
    const known = new Map();
    for (const node of from.childNodes) if (key(node)) known.set(key(node), node);
    let next = from.firstChild;
    for (const wanted of [...to.childNodes]) {
      while (next && key(next) && !to.querySelector(':scope > ' + selector(key(next)))) next = drop(next);
      let match = known.get(key(wanted));
      if (!match && !key(wanted) && next && !key(next) && next.nodeName === wanted.nodeName) match = next;
      if (!match) {
        const made = document.importNode(wanted, true);
        from.insertBefore(made, next);
        if (made.dataset && made.dataset.key) how.added.push(made);
        continue;
      }
      if (match === next) next = next.nextSibling;
      else from.insertBefore(match, next);
      morph(match, wanted, how);
    }
    while (next) next = drop(next);
  }

  const selector = (k) => '[data-key="' + CSS.escape(k) + '"], :scope > [id="' + CSS.escape(k) + '"]';

  function drop(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  // keepStill updates the rows that are there and moves none. What came and went is told
  // by a button that shows it.
  function keepStill(from, to, how) {
    const rows = new Map([...to.children].map((row) => [row.dataset.key, row]));
    for (const row of from.children) {
      const now = rows.get(row.dataset.key);
      row.classList.toggle('left', !now);
      if (now) { rows.delete(row.dataset.key); morph(row, now, how); }
    }
    const more = at('more');
    more.hidden = rows.size === 0 && !from.querySelector(':scope > .left');
    more.querySelector('b').textContent = rows.size;
    if (rows.size > 0) at('news').textContent = more.textContent.trim();
  }

  document.addEventListener('click', (e) => {
    if (e.target.closest('#more')) { at('more').hidden = true; load(true); }
  });

  // -- Start -------------------------------------------------------------------------------
  if (!watch || !window.EventSource || !window.BroadcastChannel) return;
  document.documentElement.classList.add('live');
  channel.addEventListener('message', (e) => take(e.data));
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) { follow(); return; }
    if (!ended) lead();
    refresh(); // it heard nothing while it was hidden
  });
  addEventListener('pagehide', follow);
  if (!document.hidden) lead();
})();
