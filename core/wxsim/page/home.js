(function () {
  'use strict';
  var said = document.getElementById('notice');
  if (said && location.hash === '#notice') { said.focus(); } // the next Tab reaches the same card
  var list = document.getElementById('calls'), live = document.getElementById('live'), none = document.getElementById('none');
  if (!window.EventSource) { return; }
  var last = list.dataset.last, source = null, timer = 0;
  // What somebody is just writing is left alone.
  function inUse(part) {
    return part.contains(document.activeElement) || Array.prototype.some.call(part.querySelectorAll('input,textarea'), function (field) {
      return field.value !== field.defaultValue;
    }) || part.querySelector('details[open]') !== null;
  }
  // What else may have changed is taken from a fresh copy of the page.
  function refresh() {
    fetch(location.pathname + location.search).then(function (reply) { return reply.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, 'text/html');
      ['accounts', 'chat', 'account', 'waiting', 'clock'].forEach(function (id) {
        var old = document.getElementById(id), now = fresh.getElementById(id);
        if (old && now && old.innerHTML !== now.innerHTML && !inUse(old)) { old.innerHTML = now.innerHTML; }
      });
    }, function () {});
  }
  function open() {
    if (source) { return; }
    source = new EventSource('/_sim/live?after=' + last);
    source.onopen = function () { live.textContent = live.dataset.live; live.className = 'soft on'; };
    source.onerror = function () {
      live.textContent = live.dataset.lost; live.className = 'soft';
      if (source && source.readyState === 2) { close(); setTimeout(open, 3000); }
    };
    source.addEventListener('row', function (event) {
      last = event.lastEventId;
      list.insertAdjacentHTML('afterbegin', event.data);
      while (list.children.length > 200) { list.lastElementChild.remove(); }
      none.hidden = true;
      clearTimeout(timer);
      timer = setTimeout(refresh, 300);
    });
  }
  function close() { if (source) { source.close(); source = null; } }
  // A browser keeps six connections to a host: a page in the background gives its own back.
  document.addEventListener('visibilitychange', function () { if (document.hidden) { close(); } else { open(); } });
  window.addEventListener('pagehide', close);
  if (!document.hidden) { open(); }
})();
