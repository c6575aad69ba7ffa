(function () {
  'use strict';
  var field = document.getElementById('find'), found = document.getElementById('found');
  var form = document.getElementById('fault'), list = form.elements.name, set = form.querySelector('button');
  var groups = Array.prototype.slice.call(list.children);
  // The list keeps only what has all the words: in its text in either language, its name for
  // tests or its group. Browsers on phones do not hide an option, so the others are taken out.
  function find() {
    var words = field.value.toLowerCase().split(/\s+/).filter(Boolean), chosen = list.value, count = 0, kept = false;
    list.textContent = '';
    groups.forEach(function (group) {
      var part = group.cloneNode(false);
      Array.prototype.forEach.call(group.children, function (option) {
        var text = (option.text + ' ' + option.value + ' ' + option.dataset.words + ' ' + group.label).toLowerCase();
        if (!words.every(function (word) { return text.indexOf(word) >= 0; })) { return; }
        part.appendChild(option.cloneNode(true));
        kept = kept || option.value === chosen;
        count++;
      });
      if (part.firstChild) { list.appendChild(part); }
    });
    list.size = words.length && count ? Math.min(8, count + list.children.length) : 1;
    if (kept) { list.value = chosen; } else if (count) { list.selectedIndex = 0; }
    list.disabled = set.disabled = count === 0;
    found.textContent = !words.length ? '' : count === 0 ? found.dataset.none : count + (count === 1 ? found.dataset.single : found.dataset.many);
  }
  field.addEventListener('input', find);
  if (field.value) { find(); } // the browser has kept it over a reload
})();
