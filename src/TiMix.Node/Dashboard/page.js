"use strict";
// What the page knows, and how it comes by it: a report holds everything; a live page asks once and then listens.
(function () {
  const mostPoints = 4000, askedPoints = 1000, keptSamples = 600, keptNotices = 200, mixesEvery = 20000;
  const columns = ["steps", "loss", "itc", "mix", "alignment", "itm", "mlm", "prefixLm", "stepSeconds", "samplesPerSecond", "computeSeconds", "exchangeSeconds", "updateSeconds", "waitSeconds"];
  const losses = [["total", "loss"], ["itc", "itc"], ["mix", "mix"], ["alignment", "alignment"], ["itm", "itm"], ["mlm", "mlm"], ["prefixLm", "prefixLm"]];
  const stages = [["computing", "computeSeconds"], ["exchange", "exchangeSeconds"], ["update", "updateSeconds"], ["waiting for batches", "waitSeconds"]];
  const none = () => Object.fromEntries(columns.map(name => [name, []]));
  const saved = timix.byId("report");
  let state = null, series = none(), evaluations = [], notices = [], samples = { at: [], nodes: {} };

  function chosenTheme() { return localStorage.getItem("timix-theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"); }
  document.documentElement.dataset.theme = chosenTheme();
  timix.byId("theme").addEventListener("click", () => {
    localStorage.setItem("timix-theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    document.documentElement.dataset.theme = chosenTheme();
    timix.redrawCharts();
    draw();
  });
  timix.byId("log").addEventListener("change", drawSeries);

  function draw() {
    if (!state) { return; }
    timix.showHeader(state);
    timix.showLanes(state, saved ? null : timix.steer);
    timix.showNodes(state);
    timix.showViews(state);
    timix.showSnapshots(state);
    timix.showNotices(notices);
    drawSeries();
    drawEvaluations();
    drawSamples();
    if (!saved) { timix.steer.show(state); }
  }

  function drawSeries() {
    const marks = state ? state.views.filter(view => view.installedAt > 0 && view.fromStep > 0).map(view => ({ step: view.fromStep, death: timix.isDeath(view.reason) })) : [];
    const used = losses.filter(([, key]) => series[key].some(value => value));
    timix.chart("loss", series.steps, used.map(([name, key], i) => ({ name, colour: timix.colours[i], values: series[key] })), { marks, log: timix.byId("log").checked });
    timix.chart("stages", series.steps, stages.map(([name, key], i) => ({ name, colour: timix.colours[i], values: series[key] })), { stacked: true, fromZero: true });
    timix.chart("rate", series.steps, [{ name: "samples a second", colour: timix.colours[0], values: series.samplesPerSecond }], { fromZero: true, marks, digits: 0 });
    timix.byId("bottleneck").textContent = bottleneck();
  }

  function bottleneck() {
    const mean = key => series[key].slice(-20).reduce((sum, value) => sum + (value || 0), 0);
    const parts = stages.map(([name, key]) => [name, mean(key)]), whole = parts.reduce((sum, [, value]) => sum + value, 0);
    if (whole === 0 || mean("computeSeconds") === 0) { return ""; }
    const share = Object.fromEntries(parts.map(([name, value]) => [name, Math.round(100 * value / whole)]));
    if (share["waiting for batches"] > 15) {
      const busy = state ? state.nodes.filter(node => !node.roles.includes("trainer") && node.alive).sort((one, other) => other.cpuPercent - one.cpuPercent)[0] : undefined;
      return "Trainers wait " + share["waiting for batches"] + " % of a step for batches" + (busy ? "; the busiest of those who make them is " + busy.name + " (" + Math.round(busy.cpuPercent) + " % of a processor)." : ".");
    }
    return share.exchange > 30 ? "The exchange between trainers takes " + share.exchange + " % of a step, waiting for the slowest included." : "Trainers compute " + share.computing + " % of a step: they are the bottleneck, as they should be.";
  }

  function drawEvaluations() {
    const steps = evaluations.map(evaluation => evaluation.step), names = [...new Set(evaluations.flatMap(evaluation => evaluation.splits.map(split => split.split)))];
    const of = (split, metric) => evaluations.map(evaluation => { const found = evaluation.splits.find(one => one.split === split); return found && found.metrics[metric] !== undefined ? found.metrics[metric] : null; });
    const lines = metric => names.map((name, i) => ({ name, colour: timix.colours[i % timix.colours.length], values: of(name, metric) }));
    timix.chart("recall", steps, lines("meanRecall"), { fromZero: true, digits: 2 });
    const probe = { name: "training samples", colour: timix.colours[6], dash: [6, 4], values: evaluations.map(evaluation => evaluation.trainProbe ? evaluation.trainProbe.metrics.miLowerBoundNats : null) };
    timix.chart("mi", steps, lines("miLowerBoundNats").concat([probe]), { digits: 3 });
  }

  function drawSamples() {
    const nodes = Object.keys(samples.nodes).sort();
    const lines = which => nodes.map((name, i) => ({ name, colour: timix.colours[i % timix.colours.length], dash: i >= timix.colours.length ? [6, 4] : undefined, values: samples.nodes[name][which] }));
    timix.chart("memory", samples.at, lines("memory"), { x: "time", fromZero: true, digits: 0 });
    timix.chart("cpu", samples.at, lines("cpu"), { x: "time", fromZero: true, digits: 2 });
  }

  function sample() {
    samples.at.push(state.now / 1000);
    for (const node of state.nodes) {
      if (!samples.nodes[node.name]) { samples.nodes[node.name] = { memory: new Array(samples.at.length - 1).fill(null), cpu: new Array(samples.at.length - 1).fill(null) }; }
      samples.nodes[node.name].memory.push(node.alive ? node.residentBytes / 1048576 : null);
      samples.nodes[node.name].cpu.push(node.alive ? node.cpuPercent / 100 : null);
    }
    for (const [name, kept] of Object.entries(samples.nodes)) {
      for (const line of [kept.memory, kept.cpu]) {
        while (line.length < samples.at.length) { line.push(null); }
        if (line.length > keptSamples) { line.shift(); }
      }
      if (kept.memory.every(value => value === null)) { delete samples.nodes[name]; }
    }
    if (samples.at.length > keptSamples) { samples.at.shift(); }
  }

  function append(more) {
    // Steps that are told again after a crash take the place of those that were told before.
    let keep = series.steps.length;
    while (keep > 0 && more.steps.length > 0 && series.steps[keep - 1] >= more.steps[0]) { keep--; }
    for (const name of columns) { series[name] = series[name].slice(0, keep).concat(more[name]); }
    if (series.steps.length > mostPoints) { fetchSeries(); }
  }

  const get = path => fetch(path).then(response => response.ok ? response.json() : Promise.reject(new Error(String(response.status))));
  const fetchSeries = () => get("/api/metrics?points=" + askedPoints).then(all => { series = all; drawSeries(); });

  function showMixes(mixes) {
    const image = timix.byId("mixes");
    timix.byId("mixes-note").textContent = mixes.detail;
    if (mixes.state === "ready") {
      image.src = mixes.data || "/api/mixes.png?step=" + mixes.step;
      image.alt = "Each row: a picture with its caption, where the text points in it, its partner, and the mixed picture with its share lambda.";
      image.hidden = false;
    }
  }

  function listen() {
    let over = false;
    const connection = timix.byId("connection"), stream = new EventSource("/api/stream");
    const on = (kind, act) => stream.addEventListener(kind, event => { act(JSON.parse(event.data)); });
    stream.onopen = () => {
      connection.textContent = "● live";
      fetchSeries();
      get("/api/evaluations").then(all => { evaluations = all; drawEvaluations(); });
      get("/api/notices").then(all => { notices = all.slice(-keptNotices); timix.showNotices(notices); });
    };
    stream.onerror = () => {
      if (over) { return; }
      connection.textContent = "✕ connection lost, trying again";
      if (stream.readyState === EventSource.CLOSED) { setTimeout(listen, 3000); }
    };
    on("run", next => { state = next; sample(); draw(); });
    on("metrics", more => { append(more); drawSeries(); });
    on("evaluation", evaluation => { evaluations = evaluations.filter(one => one.step < evaluation.step).concat([evaluation]); drawEvaluations(); });
    on("notice", notice => { notices = notices.filter(one => one.number !== notice.number).concat([notice]).slice(-keptNotices); timix.showNotices(notices); });
    on("end", () => { over = true; stream.close(); connection.textContent = "■ the run is not served any more; timix report makes a page of it"; });
  }

  if (saved) {
    ({ state, series, evaluations, notices } = JSON.parse(saved.textContent));
    const mixes = JSON.parse(saved.textContent).mixes;
    timix.byId("controls").remove();
    timix.byId("connection").textContent = "report of " + new Date(state.now).toLocaleString();
    for (const id of ["h-nodes", "h-memory", "h-cpu"]) { timix.byId(id).closest("section").remove(); }
    timix.showNodes = drawSamples = () => {};
    showMixes(mixes ? { state: "ready", detail: "", data: mixes } : { state: "none", detail: "none were drawn" });
    draw();
  } else {
    listen();
    const look = () => get("/api/mixes").then(showMixes).catch(() => {});
    look();
    setInterval(look, mixesEvery);
  }
})();
