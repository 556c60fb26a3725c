"""How the page of a graph looks, and what it does; it needs nothing from elsewhere.

Without its script the page still shows all that it holds: boxes are links to what is known of them.
Neither text holds a character that XML would take for markup.
"""

from __future__ import annotations

from typing import Final

from pylightnix_fn.html.markup import Markup

# Nothing is loaded and nothing is sent, whatever the names in the page are.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)

STYLE: Final = Markup(
    """
:root { color-scheme: light dark; --ground: #fff; --raised: #f6f8fa; --ink: #1f2328;
  --faint: #59636e; --rule: #d1d9e0; --focus: #0969da; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --raised: #161b22;
  --ink: #e6edf3; --faint: #9198a1; --rule: #3d444d; --focus: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0; height: 100vh; display: grid; grid-template: auto 1fr / 1fr minmax(20rem, 30%);
  background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
header { grid-column: 1 / -1; padding: 8px 14px; border-bottom: 1px solid var(--rule); }
h1 { font-size: 17px; margin: 0 12px 0 0; display: inline; }
h2 { font-size: 16px; margin: 0 0 4px; overflow-wrap: anywhere; }
h3 { font-size: 13px; margin: 14px 0 4px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 6px 0 0;
  padding: 0; }
.swatch { display: inline-block; width: 1.5em; text-align: center; border: 1.5px solid;
  border-radius: 4px; margin-right: 5px; font-size: 12px; }
.dashed { border-style: dashed; }
.tools { float: right; display: none; }
.live .tools { display: block; }
button { font: inherit; min-width: 2.2em; background: var(--raised); color: var(--ink);
  border: 1px solid var(--rule); border-radius: 5px; cursor: pointer; margin-left: 4px; }
#view { overflow: auto; padding: 8px; }
.live #view { cursor: grab; }
.live #view.held { cursor: grabbing; user-select: none; }
#view a rect { transition: stroke-width 0.1s; }
#view a:hover rect, #view a:focus-visible rect { stroke-width: 3; }
#view a.chosen rect { stroke-width: 3.5; fill-opacity: 0.35; }
#view path.lit { stroke-opacity: 1; stroke-width: 2.5; }
aside { overflow: auto; padding: 10px 14px; border-left: 1px solid var(--rule); }
section { display: none; scroll-margin-top: 10px; }
section:target { display: block; }
section:target ~ .hint, aside:has(section:target) .hint { display: none; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
section:focus-visible { outline: none; }
a { color: inherit; }
code, pre, td, #view { font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
code { font-size: 12px; overflow-wrap: anywhere; }
pre { font-size: 12px; background: var(--raised); padding: 6px 8px; border-radius: 5px;
  margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: 12px; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 1px 10px 1px 0; overflow-wrap: anywhere; }
td.number { text-align: right; white-space: nowrap; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 1px 12px; margin: 6px 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.faint, .hint { color: var(--faint); }
#card { position: fixed; z-index: 1; display: none; max-width: 34rem; max-height: 60vh;
  overflow: hidden; padding: 8px 10px; background: var(--ground); border: 1px solid var(--rule);
  border-radius: 7px; box-shadow: 0 4px 18px rgba(0, 0, 0, 0.3); pointer-events: none; }
#card.shown { display: block; }
@media (max-width: 50rem) { body { display: block; height: auto; }
  #view { max-height: 60vh; border-bottom: 1px solid var(--rule); } aside { border: 0; } }
@media print { body { display: block; height: auto; } section { display: block; }
  #view { overflow: visible; } .tools, .hint { display: none; } }
"""
)

SCRIPT: Final = Markup(
    """
(function () {
  'use strict';
  var view = document.getElementById('view'), card = document.getElementById('card');
  var svg = view.querySelector('svg'), boxes = Array.from(view.querySelectorAll('a'));
  var wide = svg.width.baseVal.value, high = svg.height.baseVal.value, scale = 1;
  var held = null, moved = false;
  document.body.classList.add('live');
  view.querySelectorAll('title').forEach(function (title) {
    title.parentNode.setAttribute('aria-label', title.textContent.split('\\n', 2).join(', '));
    title.remove();
  });

  function zoom(to, x, y) {
    var old = scale;
    scale = Math.min(4, Math.max(0.05, to));
    svg.setAttribute('width', wide * scale);
    svg.setAttribute('height', high * scale);
    view.scrollLeft = (view.scrollLeft + x) * scale / old - x;
    view.scrollTop = (view.scrollTop + y) * scale / old - y;
  }
  function middle(to) { zoom(to, view.clientWidth / 2, view.clientHeight / 2); }
  function fitting() {
    return Math.min(1, (view.clientWidth - 20) / wide, (view.clientHeight - 20) / high);
  }
  var zooms = {
    '+': function () { middle(scale * 1.25); }, '-': function () { middle(scale / 1.25); },
    '0': function () { middle(1); }, 'f': function () { middle(fitting()); }
  };
  document.querySelectorAll('button').forEach(function (button) {
    button.addEventListener('click', zooms[button.dataset.key]);
  });
  view.addEventListener('wheel', function (event) {
    if (!(event.ctrlKey || event.metaKey)) { return; }
    event.preventDefault();
    var frame = view.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - frame.left,
      event.clientY - frame.top);
  }, { passive: false });

  view.addEventListener('pointerdown', function (event) {
    if (event.button !== 0 || event.pointerType === 'touch') { return; }
    held = { x: event.clientX + view.scrollLeft, y: event.clientY + view.scrollTop };
    moved = false;
  });
  window.addEventListener('pointermove', function (event) {
    if (!held) { return; }
    var left = held.x - event.clientX, top = held.y - event.clientY;
    if (Math.abs(left - view.scrollLeft) + Math.abs(top - view.scrollTop) > 5) { moved = true; }
    if (moved) { view.classList.add('held'); hide(); view.scrollTo(left, top); }
  });
  window.addEventListener('pointerup', function () {
    held = null; view.classList.remove('held');
  });
  view.addEventListener('dragstart', function (event) { event.preventDefault(); });
  view.addEventListener('click', function (event) {
    if (moved) { event.preventDefault(); moved = false; }
  }, true);

  function detail(box) { return document.getElementById(box.getAttribute('href').slice(1)); }
  function light(box) {
    var here = box ? box.getAttribute('href') : null;
    view.querySelectorAll('path').forEach(function (path) {
      var lit = here !== null;
      lit = lit ? path.dataset.from === here || path.dataset.to === here : false;
      path.classList.toggle('lit', lit);
    });
  }
  function show(box) {
    if (held) { return; }
    light(box);
    card.textContent = '';
    detail(box).querySelectorAll('h2, .state, .config').forEach(function (part) {
      card.appendChild(part.cloneNode(true));
    });
    card.classList.add('shown');
    var frame = box.getBoundingClientRect(), size = card.getBoundingClientRect();
    var below = frame.bottom + 8, above = frame.top - size.height - 8;
    var top = below + size.height > window.innerHeight ? Math.max(4, above) : below;
    card.style.top = top + 'px';
    var left = Math.min(frame.left, window.innerWidth - size.width - 8);
    card.style.left = Math.max(4, left) + 'px';
  }
  function hide() { card.classList.remove('shown'); light(null); }
  function choose() {
    boxes.forEach(function (box) {
      var chosen = box.getAttribute('href') === location.hash;
      box.classList.toggle('chosen', chosen);
      if (chosen) { box.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }
    });
  }
  function go(box) {
    if (!box) { return; }
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    show(box);
  }
  function linked(box, kind) {
    var link = detail(box).querySelector('.' + kind + ' a');
    return link ? boxes.find(function (each) {
      return each.getAttribute('href') === link.getAttribute('href');
    }) : null;
  }
  boxes.forEach(function (box, number) {
    box.addEventListener('mouseenter', function () { show(box); });
    box.addEventListener('mouseleave', hide);
    box.addEventListener('focus', function () { if (!held) { show(box); } });
    box.addEventListener('blur', hide);
    box.addEventListener('keydown', function (event) {
      var ways = {
        ArrowLeft: function () { return linked(box, 'needs'); },
        ArrowRight: function () { return linked(box, 'users'); },
        ArrowUp: function () { return boxes[number - 1]; },
        ArrowDown: function () { return boxes[number + 1]; }
      };
      if (event.key === ' ') { event.preventDefault(); location.hash = box.getAttribute('href'); }
      if (ways[event.key]) { event.preventDefault(); go(ways[event.key]()); }
    });
  });
  view.addEventListener('scroll', function () { if (held) { hide(); } });
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.key === 'Escape') { hide(); location.hash = '#'; }
    if (Object.hasOwn(zooms, event.key)) { zooms[event.key](); }
  });
  window.addEventListener('hashchange', choose);
  zoom(Math.max(0.6, fitting()), 0, 0);
  choose();
})();
"""
)
