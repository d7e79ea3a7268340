// What is looked at on a page: axe-core's rules, and what no rule of it tells. audit()
// answers what is wrong, in words. A test puts this file and axe-core into the page.
window.audit = async (tags, off, words) => {
  'use strict';
  const wrong = [];
  const called = (e) => {
    const text = (e.innerText || e.value || e.getAttribute('aria-label') || '').trim().replace(/\s+/g, ' ').slice(0, 50);
    return '<' + e.tagName.toLowerCase() + (e.id ? ' #' + e.id : '') + (e.getAttribute('class') ? ' .' + e.getAttribute('class').trim().split(/\s+/).join('.') : '') + '> ' + JSON.stringify(text);
  };
  const shown = (e) => e.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && !e.closest('.unseen');

  for (const d of document.querySelectorAll('details')) d.open = true;
  await document.fonts.ready;
  for (let i = 0; i < 2; i++) await new Promise((next) => { requestAnimationFrame(next); setTimeout(next, 200); });

  // -- axe-core ----------------------------------------------------------------------------
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, rules: off, resultTypes: ['violations'] });
  for (const v of found.violations) {
    for (const n of v.nodes.slice(0, 4)) wrong.push('axe ' + v.id + ' (' + v.impact + '): ' + n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ') + ' ' + n.html.slice(0, 160));
  }

  // -- One heading, a title (2.4.2, 2.4.6) ---------------------------------------------------
  const headings = [...document.querySelectorAll('h1')].filter(shown);
  if (headings.length !== 1) wrong.push('there are ' + headings.length + ' h1');

  // -- No scrolling in two directions (1.4.10) -------------------------------------------------
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll('*')].filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1);
    wrong.push('the page is ' + root.scrollWidth + ' wide in a window of ' + root.clientWidth + ': ' + wide.slice(-2).map(called).join('; '));
  }
  for (const e of document.body.querySelectorAll('*')) {
    if (!shown(e) || getComputedStyle(e).clipPath === 'inset(50%)' || e.scrollWidth <= e.clientWidth + 1 || e.clientWidth === 0 || e.matches('input, textarea, select, svg, svg *')) continue;
    const flow = getComputedStyle(e).overflowX;
    if (flow !== 'visible' && !(e.matches('.scroll') && e.querySelector(':scope > table'))) wrong.push('cut, or scrolled sideways: ' + called(e));
  }

  // -- With colours of one's own the browser paints the canvas behind text: nothing is filled there
  if (matchMedia('(forced-colors: active)').matches) {
    const canvas = getComputedStyle(document.body).backgroundColor, none = /^rgba\(.*, 0\)$/;
    for (const e of document.body.querySelectorAll('*')) {
      const under = getComputedStyle(e).backgroundColor;
      if (shown(e) && !e.matches('select, option, svg *') && [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim()) && under !== canvas && !none.test(under)) wrong.push('filled with ' + under + ' under its text: ' + called(e));
    }
  }

  // -- The spacing of 1.4.12 cuts nothing -------------------------------------------------------
  const spacing = new CSSStyleSheet();
  spacing.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } p { margin-bottom: 2em !important; }');
  document.adoptedStyleSheets.push(spacing);
  if (root.scrollWidth > root.clientWidth) wrong.push('with the spacing of 1.4.12 the page is ' + root.scrollWidth + ' wide in a window of ' + root.clientWidth);
  for (const e of document.body.querySelectorAll('*')) {
    if (!shown(e) || getComputedStyle(e).clipPath === 'inset(50%)' || e.matches('textarea, select, input, svg, svg *')) continue;
    if (getComputedStyle(e).overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 1 && !e.matches('#help, .scroll')) wrong.push('with the spacing of 1.4.12 this is cut: ' + called(e));
  }
  document.adoptedStyleSheets.pop();

  // -- Targets of at least 24 by 24 pixels, or apart from all others (2.5.8) ----------------------
  const targets = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter((e) => shown(e) && !e.matches('.skip')).map((e) => {
    const r = ((e.type === 'checkbox' || e.type === 'radio') && e.closest('label') || e).getBoundingClientRect();
    return { e, r, small: r.width < 24 || r.height < 24, x: r.left + r.width / 2, y: r.top + r.height / 2 };
  });
  const inSentence = (e) => {
    if (!e.matches('a') || getComputedStyle(e).display !== 'inline') return false;
    const around = e.parentElement.closest('p, li, dd, dt, td, th, label, legend, div, section') || e.parentElement;
    return around.textContent.trim().length > e.textContent.trim().length;
  };
  for (const t of targets.filter((t) => t.small && !inSentence(t.e))) {
    const near = targets.find((o) => {
      if (o === t) return false;
      if (o.small && Math.hypot(o.x - t.x, o.y - t.y) < 24) return true;
      const dx = Math.max(o.r.left - t.x, 0, t.x - o.r.right), dy = Math.max(o.r.top - t.y, 0, t.y - o.r.bottom);
      return Math.hypot(dx, dy) < 12;
    });
    if (near) wrong.push('a target of ' + t.r.width.toFixed(1) + ' x ' + t.r.height.toFixed(1) + ': ' + called(t.e) + ', near ' + called(near.e));
  }

  // -- The error summary: first, in focus, and it leads to fields that say what is wrong (3.3.1) ---
  const summary = document.querySelector('.summary');
  if (summary) {
    if (document.querySelector('main').firstElementChild !== summary) wrong.push('the error summary is not the first thing');
    if (document.activeElement !== summary) wrong.push('the focus is not on the error summary but on ' + called(document.activeElement));
    for (const a of summary.querySelectorAll('a')) {
      const to = document.getElementById(decodeURIComponent(a.hash.slice(1)));
      if (!to || !shown(to)) { wrong.push('an error leads to nothing that is seen: ' + called(a)); continue; }
      to.focus();
      if (document.activeElement !== to) wrong.push('an error leads to what takes no focus: ' + called(a));
      if (to.matches('input, select, textarea') && to.getAttribute('aria-invalid') !== 'true') wrong.push('a field with an error is not marked invalid: ' + called(to));
      const told = (to.getAttribute('aria-describedby') || '').split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean);
      if (!told.some((d) => d.matches('.error'))) wrong.push('a field is not described by its error: ' + called(to));
    }
    summary.focus();
    if (!summary.querySelector('li')) wrong.push('the error summary says nothing');
  } else if (document.querySelector('.error')) wrong.push('there are errors and no summary');

  // -- Words in another language say so (3.1.2) --------------------------------------------------
  for (const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walk.nextNode();) {
    const node = walk.currentNode, inside = node.parentElement;
    if (inside.closest('textarea, script')) continue;
    for (const [word, language] of Object.entries(words)) {
      const said = inside.closest('[lang]').lang;
      if (node.data.includes(word) && said !== language) wrong.push('words in ' + language + ' are marked as ' + said + ': ' + called(inside));
    }
  }
  return { wrong, title: document.title, status: performance.getEntriesByType('navigation')[0].responseStatus, targets: targets.length, summary: summary !== null };
};
