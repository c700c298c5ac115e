"use strict";
(function () {
  var list = document.getElementById("list");
  var found = Array.prototype.slice.call(list.querySelectorAll(".f"));
  var search = document.getElementById("search"), order = document.getElementById("order");
  var all = document.getElementById("all"), shown = document.getElementById("shown");
  document.querySelector(".js").hidden = false;
  function show() {
    var words = search.value.toLowerCase().split(/\s+/);
    found.forEach(function (f) {
      var text = f.textContent.toLowerCase();
      f.classList.toggle("off", !words.every(function (w) { return text.indexOf(w) >= 0; }));
    });
    count();
  }
  function count() {
    var n = found.filter(function (f) { return getComputedStyle(f).display !== "none"; }).length;
    shown.textContent = n + " of " + found.length + " shown";
  }
  function sort() {
    var by = order.value;
    var sorted = found.slice();
    if (by !== "rank") {
      sorted.sort(function (a, b) {
        return by === "rec" ? a.dataset.rec - b.dataset.rec : a.dataset[by] < b.dataset[by] ? -1 : a.dataset[by] > b.dataset[by] ? 1 : 0;
      });
    }
    sorted.forEach(function (f) { list.appendChild(f); });
  }
  function reveal() {
    var f = document.getElementById(location.hash.slice(1));
    if (f && f.classList.contains("f")) { f.open = true; f.scrollIntoView({ block: "start" }); }
  }
  search.addEventListener("input", show);
  order.addEventListener("change", sort);
  document.querySelector(".filter").addEventListener("change", count);
  all.addEventListener("click", function () {
    var open = all.textContent === "Open all";
    found.forEach(function (f) { f.open = open; });
    all.textContent = open ? "Close all" : "Open all";
  });
  var closed = [];
  addEventListener("beforeprint", function () {
    closed = found.filter(function (f) { return !f.open; });
    closed.forEach(function (f) { f.open = true; });
  });
  addEventListener("afterprint", function () { closed.forEach(function (f) { f.open = false; }); });
  addEventListener("hashchange", reveal);
  reveal();
  count();
}());
