"use strict";
// Line charts. Each is made anew when its series change, and only given new numbers otherwise.
(function () {
  const height = 240;
  const made = {};

  function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function axes(x) {
    const axis = { stroke: ink("--soft"), grid: { stroke: ink("--line"), width: 1 }, ticks: { stroke: ink("--line") } };
    return [Object.assign({}, axis, x === "time" ? {} : { values: (_, ticks) => ticks.map(tick => Number.isInteger(tick) ? tick : "") }), Object.assign({ size: 60 }, axis)];
  }

  // Vertical lines: deaths dashed, other changes dotted, so that colour is not all that tells them apart.
  function drawMarks(chart, marks) {
    const context = chart.ctx;
    context.save();
    for (const mark of marks) {
      if (mark.step < chart.scales.x.min || mark.step > chart.scales.x.max) { continue; }
      const at = Math.round(chart.valToPos(mark.step, "x", true));
      context.strokeStyle = ink(mark.death ? "--danger" : "--accent");
      context.lineWidth = 1.5 * devicePixelRatio;
      context.setLineDash(mark.death ? [7, 4] : [2, 4]);
      context.beginPath();
      context.moveTo(at, chart.bbox.top);
      context.lineTo(at, chart.bbox.top + chart.bbox.height);
      context.stroke();
    }
    context.restore();
  }

  // id: of the element. lines: [{ name, colour, dash, points }]. options: { x: "step" | "time", log, stacked, marks, digits }.
  timix.chart = function (id, xs, lines, options) {
    const place = timix.byId(id);
    const full = lines.filter(line => line.values.some(value => value !== null && value !== undefined));
    if (xs.length === 0 || full.length === 0) {
      if (!place.querySelector(".empty")) {
        forget(id);
        place.replaceChildren(timix.element("p", "nothing yet", "empty"));
      }
      return;
    }
    const logarithmic = Boolean(options.log);
    const values = full.map(line => logarithmic ? line.values.map(value => value > 0 ? value : null) : line.values);
    const data = [xs].concat(options.stacked ? stack(values) : values);
    const key = JSON.stringify([full.map(line => [line.name, line.colour]), logarithmic, options.stacked, document.documentElement.dataset.theme]);
    if (made[id] && made[id].key === key) {
      made[id].marks = options.marks || [];
      made[id].chart.setData(data);
      return;
    }
    forget(id);
    place.replaceChildren();
    const entry = { key, marks: options.marks || [] };
    const digits = options.digits === undefined ? 3 : options.digits;
    entry.chart = new uPlot({
      width: place.clientWidth, height,
      scales: { x: { time: options.x === "time" }, y: logarithmic ? { distr: 3 } : { range: (_, low, high) => options.fromZero ? [0, high > 0 ? high * 1.05 : 1] : pad(low, high) } },
      axes: axes(options.x),
      series: [{ label: options.x === "time" ? "time" : "step" }].concat(full.map((line, i) => ({
        label: line.name, stroke: line.colour, width: 1.8, dash: line.dash, points: { show: xs.length < 30 },
        fill: options.stacked ? line.colour : undefined,
        value: (_, value, series, at) => at === null || value === null || value === undefined ? "–" : timix.number(values0(id, i, at, value), digits)
      }))),
      hooks: { draw: [chart => drawMarks(chart, entry.marks)] }
    }, data, place);
    entry.stacked = Boolean(options.stacked);
    made[id] = entry;
  };

  // In a stack the legend says each layer's own value, not the sum below it.
  function values0(id, i, at, value) {
    const entry = made[id];
    if (!entry || !entry.stacked) { return value; }
    const above = entry.chart.data[i + 2];
    return value - (above ? above[at] : 0);
  }

  // The first line lies on top of the others, so that each is seen.
  function stack(values) {
    const sums = new Array(values[0].length).fill(0);
    return values.slice().reverse().map(line => line.map((value, i) => { sums[i] += value || 0; return sums[i]; })).reverse();
  }

  function pad(low, high) {
    const room = Math.max((high - low) * 0.05, 1e-6);
    return [low - room, high + room];
  }

  function forget(id) {
    if (made[id]) {
      made[id].chart.destroy();
      delete made[id];
    }
  }

  timix.redrawCharts = function () { Object.keys(made).forEach(forget); };

  addEventListener("resize", () => {
    for (const [id, entry] of Object.entries(made)) {
      entry.chart.setSize({ width: timix.byId(id).clientWidth, height });
    }
  });
})();
