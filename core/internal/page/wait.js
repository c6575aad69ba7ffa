(function () {
  "use strict";
  var main = document.querySelector("main"), renew = 1000 * main.dataset.renew, began = Date.now(), timer;
  function later() {
    clearTimeout(timer);
    timer = setTimeout(ask, Date.now() - began < 30000 ? 2000 : 5000);
  }
  function ask() {
    if (document.visibilityState === "hidden") return;
    if (renew && Date.now() - began >= renew) return location.reload();
    fetch(main.dataset.poll, {cache: "no-store"}).then(function (r) { return r.json(); }).then(function (now) {
      if (now.state && now.state !== main.dataset.state) location.reload(); else later();
    }).catch(later);
  }
  document.addEventListener("visibilitychange", ask);
  later();
})();
