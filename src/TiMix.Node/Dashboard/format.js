"use strict";
// Numbers, times and small pieces of the page as text and elements.
var timix = {};
(function () {
  // Okabe and Ito's colours: told apart with any colour vision.
  timix.colours = ["#0072b2", "#d55e00", "#009e73", "#b8860b", "#a8518a", "#3f8fc4", "#6b6b6b"];

  timix.number = function (value, digits) {
    return value === null || value === undefined || !isFinite(value) ? "–" : value.toFixed(digits === undefined ? 2 : digits);
  };

  timix.duration = function (seconds) {
    if (seconds === null || seconds === undefined) { return "–"; }
    const s = Math.round(seconds), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h > 0 ? h + " h " + String(m).padStart(2, "0") + " min" : m > 0 ? m + " min " + String(s % 60).padStart(2, "0") + " s" : s + " s";
  };

  timix.milliseconds = function (value) {
    return value >= 10000 ? (value / 1000).toFixed(1) + " s" : Math.round(value) + " ms";
  };

  timix.clock = function (at) {
    return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  };

  timix.share = function (first, count) {
    return count === 0 ? "none" : count === 1 ? String(first) : first + "–" + (first + count - 1);
  };

  // Trainers keep their colour: it follows from the number in the name.
  timix.colourOf = function (name) {
    const number = /(\d+)$/.exec(name);
    let code = 0;
    for (const letter of name) { code = (code * 31 + letter.charCodeAt(0)) % 9973; }
    return timix.colours[(number ? Number(number[1]) - 1 : code) % timix.colours.length];
  };

  timix.isDeath = function (reason) {
    return /lost|broke|silent|died|hang|damaged|other weights/.test(reason);
  };

  timix.element = function (tag, text, kind) {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) { element.textContent = text; }
    if (kind) { element.className = kind; }
    return element;
  };

  timix.byId = function (id) { return document.getElementById(id); };
})();
