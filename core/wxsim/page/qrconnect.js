(function () {
  'use strict';
  var page = document.getElementById('scan'), last = '';
  function leave(code) {
    var to = page.dataset.target;
    to += (to.indexOf('?') < 0 ? '?' : '&') + 'code=' + code + '&state=' + page.dataset.state;
    (page.dataset.self === 'true' ? window : window.top).location.href = to;
  }
  function poll() {
    var address = '/connect/l/qrconnect?uuid=' + page.dataset.uuid + (last ? '&last=' + last : '') + '&_=' + Date.now();
    fetch(address).then(function (reply) { return reply.text(); }).then(function (text) {
      var found = /wx_errcode=(\d+);window\.wx_code='([^']*)'/.exec(text);
      var number = found ? found[1] : '500';
      if (number === '402' || number === '500') { window.location.reload(); return; }
      if (number === '405' && found[2]) { page.dataset.step = '405'; leave(found[2]); return; }
      if (number === '405') { number = '404'; }
      if (number !== '408') { page.dataset.step = number; last = number; }
      setTimeout(poll, number === '404' ? 100 : 2000);
    }, function () { setTimeout(poll, 2000); });
  }
  poll();
})();
