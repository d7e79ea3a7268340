// What the pages of an advisor's desk do beyond hub.js: keyboard shortcuts, and text blocks
// at the cursor. Every page works without this file.
(() => {
  'use strict';
  const at = (id) => document.getElementById(id);
  document.documentElement.classList.add('desk');

  // -- Shortcuts ---------------------------------------------------------------------------
  //
  // One key each, so they can be turned off, and are off where somebody writes or chooses.
  // An element that has one says so itself (aria-keyshortcuts).
  const on = () => at('keys') !== null && at('keys').dataset.on === 'yes';
  const writing = (target) => target.closest('input, select, textarea, [contenteditable]') !== null;

  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || e.defaultPrevented || !on() || writing(e.target)) return;
    if (at('help').matches(':popover-open') && e.key !== '?') return;
    if ((keys[e.key] && keys[e.key]()) || marked(e.key)) e.preventDefault();
  });

  const keys = {
    'j': () => move(1),
    'k': () => move(-1),
    'p': () => press(row() && row().querySelector('form button')),
    'n': () => at('more') && !at('more').hidden && press(at('more').querySelector('button')),
    '/': () => focus(at('filter-q')),
    '?': () => { at('help').togglePopover(); return true; },
  };

  const row = () => document.activeElement.closest('.inbox tbody tr');

  // move goes to the request below or above: its link gets the focus, so Enter opens it.
  function move(step) {
    const rows = [...document.querySelectorAll('.inbox tbody tr')];
    const next = rows[row() ? rows.indexOf(row()) + step : step > 0 ? 0 : -1];
    return next !== undefined && focus(next.querySelector('th a'));
  }

  function marked(key) {
    const element = document.querySelector('[aria-keyshortcuts="' + CSS.escape(key) + '"]');
    if (!element) return false;
    if (element.tagName !== 'SUMMARY') return press(element);
    element.parentElement.open = true;
    return focus(element.parentElement.querySelector('textarea, input:not([type=hidden]), select:not([name=block])'));
  }

  function press(element) {
    if (!element) return false;
    element.click();
    return true;
  }

  function focus(element) {
    if (!element) return false;
    element.focus();
    return true;
  }

  // -- Text blocks at the cursor -------------------------------------------------------------
  document.addEventListener('click', (e) => {
    const button = e.target.closest('button[name=insert]');
    if (!button) return;
    e.preventDefault();
    const chosen = at('block-' + button.form.querySelector('select[name=block]').value);
    const field = button.form.elements[button.value];
    if (!chosen || !field) return;
    field.setRangeText(chosen.textContent, field.selectionStart, field.selectionEnd, 'end');
    field.focus();
  });
})();
