"use strict";
// Lanes, tables and lists. Rows are made anew: there are few, and old ones would hold what is gone.
(function () {
  function table(id, heads, rows) {
    const place = timix.byId(id);
    const head = timix.element("thead"), row = timix.element("tr"), body = timix.element("tbody");
    for (const [text, kind] of heads) {
      const cell = timix.element("th", text, kind);
      cell.scope = "col";
      row.append(cell);
    }
    head.append(row);
    for (const cells of rows) {
      const line = timix.element("tr");
      cells.forEach((cell, i) => {
        const made = cell instanceof Node ? timix.element("td") : timix.element("td", cell);
        if (cell instanceof Node) { made.append(cell); }
        made.className = heads[i][1] || "";
        line.append(made);
      });
      body.append(line);
    }
    if (rows.length === 0) {
      const cell = timix.element("td", "none yet", "soft");
      cell.colSpan = heads.length;
      const line = timix.element("tr");
      line.append(cell);
      body.append(line);
    }
    place.replaceChildren(head, body);
  }

  timix.showLanes = function (state, steer) {
    const place = timix.byId("lanes");
    const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.drain : undefined;
    const lanes = state.trainers.map(trainer => {
      const lane = timix.element("div", null, "lane");
      lane.dataset.trainer = trainer.node;
      const track = timix.element("div", null, "track");
      if (trainer.count > 0) {
        const share = timix.element("div", timix.share(trainer.first, trainer.count), "share");
        share.style.left = 100 * trainer.first / state.microBatches + "%";
        share.style.width = 100 * trainer.count / state.microBatches + "%";
        share.style.background = timix.colourOf(trainer.node);
        track.append(share);
      }
      lane.append(timix.element("strong", trainer.node), track);
      const drain = timix.element("button", "Drain");
      drain.type = "button";
      drain.dataset.drain = trainer.node;
      drain.disabled = trainer.leaving;
      drain.setAttribute("aria-label", "Drain " + trainer.node);
      drain.addEventListener("click", () => steer.drain(trainer.node));
      lane.append(steer ? drain : timix.element("span"));
      const speed = trainer.secondsPerMicroBatch > 0 ? ", " + timix.milliseconds(1000 * trainer.secondsPerMicroBatch) + " a micro-batch" : "";
      lane.append(timix.element("span", (trainer.first < 0 ? "not in the view, " : "") + (trainer.leaving ? "leaves" : trainer.phase.toLowerCase()) + (trainer.applied >= 0 ? ", step " + trainer.applied : ", no weights yet") + speed, "detail"));
      return lane;
    });
    place.replaceChildren(...lanes);
    if (focused) {
      const again = place.querySelector("[data-drain=\"" + CSS.escape(focused) + "\"]");
      if (again) { again.focus(); }
    }
    timix.byId("lanes-note").textContent = state.trainers.length === 0 ? "No trainer is there."
      : "The " + state.microBatches + " micro-batches of a step, by trainer. However they are shared out, the weights are the same.";
  };

  timix.showNodes = function (state) {
    const status = node => node.alive ? timix.element("span", "● alive") : timix.element("span", "✕ silent for " + timix.duration(node.heardMillisecondsAgo / 1000), "lost");
    table("nodes", [["node"], ["state"], ["does"], ["machine"], ["process", "number"], ["device"], ["memory, MB", "number"], ["processor, %", "number"]],
      state.nodes.map(node => [node.name, status(node), node.roles.join(", "), node.host, String(node.processId), node.device + (node.threads > 1 ? " × " + node.threads : ""),
        timix.number(node.residentBytes / 1048576, 0), timix.number(node.cpuPercent, 0)]));
  };

  timix.showViews = function (state) {
    const cost = view => view.installedAt === 0 ? "never held" : view.firstStepAt === 0 ? timix.milliseconds(view.installedAt - view.detectedAt) + " so far"
      : timix.milliseconds(view.installedAt - view.detectedAt) + ", first step " + timix.milliseconds(view.firstStepAt - view.installedAt) + " later";
    table("views", [["view", "number"], ["at"], ["from step", "number"], ["why", "wrap"], ["detected to held"], ["shares", "wrap"]],
      state.views.slice().reverse().map(view => [String(view.generation), timix.clock(view.detectedAt), String(view.fromStep),
        timix.element("span", (timix.isDeath(view.reason) ? "✕ " : "") + view.reason, timix.isDeath(view.reason) ? "lost" : ""), cost(view),
        view.shares.map(share => share.node + " " + timix.share(share.first, share.count)).join(", ")]));
  };

  timix.showSnapshots = function (state) {
    table("snapshots", [["step", "number"], ["mean recall, %", "number"], ["fingerprint"]],
      state.snapshots.slice().reverse().map(snapshot => [String(snapshot.step), timix.number(snapshot.meanRecall), snapshot.fingerprint.slice(0, 16)]));
  };

  timix.showNotices = function (notices) {
    timix.byId("notices").replaceChildren(...notices.slice().reverse().map(notice =>
      timix.element("li", timix.clock(notice.at) + "  " + (notice.level === "information" ? "" : notice.level + ": ") + notice.text, notice.level === "information" ? "" : "lost")));
  };

  timix.showHeader = function (state) {
    const symbols = { training: "▶", paused: "‖", waiting: "…", finished: "✔", failed: "✕", stopped: "■", evaluating: "◎", preparing: "…" };
    document.title = state.run + " – " + state.status;
    timix.byId("run").textContent = state.run;
    timix.byId("status").textContent = (symbols[state.status] || "") + " " + state.status;
    timix.byId("status").className = "badge " + state.status;
    timix.byId("progress").max = Math.max(1, state.steps);
    timix.byId("progress").value = state.step;
    timix.byId("facts").textContent = "step " + state.step + " of " + state.steps + (state.etaSeconds === null ? "" : ", " + timix.duration(state.etaSeconds) + " left") + " · "
      + timix.number(state.samplesPerSecond, 0) + " samples/s · view " + state.generation + (state.resumes > 0 ? " · resumed " + state.resumes + " times" : "");
    const why = state.error || (state.waiting ? "waiting: " + state.waiting : state.fingerprint ? "fingerprint " + state.fingerprint : "");
    timix.byId("why").textContent = why;
    timix.byId("why").hidden = why === "";
  };
})();
