// What is looked at where the Tab key stops. atStop() answers where that is, and what is
// wrong there, in words.
window.atStop = async (selector) => {
  await new Promise((next) => { requestAnimationFrame(() => requestAnimationFrame(next)); setTimeout(next, 200); });
  'use strict';
  const e = document.activeElement, wrong = [];
  if (!e || e === document.body || e === document.documentElement) return { at: '', key: '', there: false, wrong };
  window.stopped = window.stopped || [];
  if (!window.stopped.includes(e)) window.stopped.push(e);
  const text = (e.innerText || e.value || e.name || '').trim().replace(/\s+/g, ' ').slice(0, 50);
  const at = '<' + e.tagName.toLowerCase() + (e.id ? ' #' + e.id : '') + '> ' + JSON.stringify(text);

  // Seen: within the window, and not under something else (2.4.11).
  const r = e.getClientRects()[0] || e.getBoundingClientRect();
  const left = Math.max(r.left, 0), right = Math.min(r.right, innerWidth), top = Math.max(r.top, 0), bottom = Math.min(r.bottom, innerHeight);
  if (right - left < 1 || bottom - top < 1) wrong.push('out of sight');
  else {
    const inside = (Math.min(right - left, bottom - top)) / 4;
    const points = [[(left + right) / 2, (top + bottom) / 2], [left + inside, top + inside], [right - inside, top + inside], [left + inside, bottom - inside], [right - inside, bottom - inside]];
    const covered = points.filter(([x, y]) => {
      const on = document.elementFromPoint(x, y);
      return !on || !(e.contains(on) || on.contains(e) && on.matches('label, summary, p, li, h2, h3, td, th'));
    });
    if (covered.length > 0) wrong.push('covered at ' + covered.length + ' of 5 points');
  }

  // A focus that is seen: what is drawn with it is not drawn without (2.4.7).
  const drawn = () => { const s = getComputedStyle(e); return [s.outlineStyle === 'none' ? 'none' : s.outlineStyle + s.outlineWidth + s.outlineColor, s.boxShadow].join(); };
  const style = getComputedStyle(e);
  if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) wrong.push('no outline of two pixels');
  if (!e.matches('[type=date], [type=datetime-local]')) { // its parts are stops of their own
    const focused = drawn();
    e.blur();
    if (drawn() === focused) wrong.push('looks the same without the focus');
    e.focus({ preventScroll: true });
    if (document.activeElement !== e || drawn() !== focused) wrong.push('does not get the focus back as it was');
  }
  return { at, key: String(window.stopped.indexOf(e)), there: selector !== '' && e.matches(selector), wrong };
};

// missed answers what can be pressed or filled in and was no stop so far.
window.missed = () => {
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.tabIndex >= 0;
  const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(seen);
  const groups = new Set(window.stopped.filter((e) => e.type === 'radio').map((e) => e.name));
  return all.filter((e) => !window.stopped.includes(e) && !(e.type === 'radio' && groups.has(e.name))).map((e) => e.outerHTML.slice(0, 120));
};
