(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('scripted');

  // Titles work without this script, slowly; with it they show at once.
  var tip = document.createElement('div');
  tip.id = 'tip';
  tip.setAttribute('aria-hidden', 'true');
  document.body.appendChild(tip);
  document.querySelectorAll('[title]').forEach(function (e) { e.dataset.tip = e.getAttribute('title'); e.removeAttribute('title'); });
  document.querySelectorAll('svg title').forEach(function (t) { t.parentNode.dataset.tip = t.textContent; t.remove(); });
  document.addEventListener('pointermove', function (event) {
    var on = event.target.closest ? event.target.closest('[data-tip]') : null;
    tip.style.visibility = on ? 'visible' : 'hidden';
    if (!on) { return; }
    tip.textContent = on.dataset.tip;
    var box = tip.getBoundingClientRect();
    var x = Math.max(8, Math.min(event.clientX + 14, root.clientWidth - box.width - 8));
    var above = event.clientY - box.height - 12;
    tip.style.transform = 'translate(' + x + 'px,' + (above > 4 ? above : event.clientY + 20) + 'px)';
  });

  // Says so in words where a table is wider than the page.
  document.querySelectorAll('.scroll').forEach(function (box) {
    var hint = document.createElement('p');
    hint.className = 'more';
    hint.textContent = 'more columns: scroll \u2192';
    box.parentNode.insertBefore(hint, box);
    var update = function () { hint.classList.toggle('shown', box.scrollWidth > box.clientWidth + 1); };
    update();
    window.addEventListener('resize', update);
  });

  // The legend: hover dims the others, a click hides.
  document.querySelectorAll('.chip').forEach(function (chip) {
    var figure = chip.closest('figure');
    var each = function (act) {
      figure.querySelectorAll('.series').forEach(function (s) { act(s, s.dataset.series === chip.dataset.series); });
    };
    chip.addEventListener('pointerenter', function () { each(function (s, own) { s.classList.toggle('dim', !own); }); });
    chip.addEventListener('pointerleave', function () { each(function (s) { s.classList.remove('dim'); }); });
    chip.addEventListener('click', function () {
      var shown = chip.getAttribute('aria-pressed') === 'true';
      chip.setAttribute('aria-pressed', String(!shown));
      each(function (s, own) { if (own) { s.classList.toggle('off', shown); } });
    });
  });
}());
