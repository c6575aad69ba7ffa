(function () {
  'use strict';
  document.documentElement.classList.add('js'); // shows what only works with a script
  var said = document.getElementById('copied'), last = null;
  // Over plain http a browser has no clipboard except on localhost. What cannot be
  // copied is selected, ready for the keyboard.
  function bySelection(part) {
    window.getSelection().selectAllChildren(part);
    try { return document.execCommand('copy'); } catch (refused) { return false; }
  }
  function put(part) {
    if (!navigator.clipboard) { return Promise.resolve(bySelection(part)); }
    return navigator.clipboard.writeText(part.textContent).then(function () { return true; }, function () { return bySelection(part); });
  }
  document.addEventListener('click', function (event) {
    var button = event.target.closest('button.copy');
    if (!button) { return; }
    said.textContent = '';
    put(button.previousElementSibling).then(function (ok) {
      if (!ok) { return; }
      if (last) { last[0].firstChild.data = last[1]; }
      if (!last || last[0] !== button) { last = [button, button.firstChild.data]; }
      button.firstChild.data = button.dataset.done;
      said.textContent = button.dataset.said;
    });
  });
})();
