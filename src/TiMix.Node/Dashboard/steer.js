"use strict";
// Buttons: each asks first, says what will happen, and shows the answer.
(function () {
  const tokenKey = "timix-token";
  let tokenNeeded = false;

  // The token comes in the address, behind #, which no server sees; it does not stay there.
  const given = /^#token=(.+)$/.exec(location.hash);
  if (given) {
    sessionStorage.setItem(tokenKey, decodeURIComponent(given[1]));
    history.replaceState(null, "", location.pathname);
  }

  function ask(title, text, yes, act) {
    const dialog = timix.byId("dialog"), lacking = tokenNeeded && !sessionStorage.getItem(tokenKey);
    timix.byId("dialog-title").textContent = title;
    timix.byId("dialog-text").textContent = text;
    timix.byId("dialog-yes").textContent = yes;
    timix.byId("dialog-token").hidden = !lacking;
    dialog.returnValue = "no";
    dialog.onclose = () => {
      if (dialog.returnValue !== "yes") { return; }
      if (lacking) { sessionStorage.setItem(tokenKey, timix.byId("token").value.trim()); }
      timix.byId("token").value = "";
      act();
    };
    dialog.showModal();
  }

  async function tell(what, body) {
    const answer = timix.byId("answer");
    answer.textContent = "asking …";
    try {
      const headers = body ? { "Content-Type": "application/json" } : {};
      const token = sessionStorage.getItem(tokenKey);
      if (token) { headers.Authorization = "Bearer " + token; }
      const response = await fetch("/api/" + what, { method: "POST", headers, body: body ? JSON.stringify(body) : undefined });
      if (response.status === 401) { sessionStorage.removeItem(tokenKey); }
      const said = await response.json();
      answer.textContent = (said.done ? "" : "Not done: ") + said.text;
    } catch (error) {
      answer.textContent = "Not done: the run does not answer (" + error.message + ").";
    }
  }

  timix.steer = {
    drain: node => ask("Drain " + node + "?", node + " finishes its step, hands over its micro-batches and leaves. The weights do not depend on it.", "Drain", () => tell("drain", { node })),
    show: state => {
      tokenNeeded = state.control.tokenNeeded;
      const paused = state.status === "paused", over = ["finished", "failed", "stopped"].includes(state.status);
      timix.byId("pause").textContent = paused ? "Continue" : "Pause";
      for (const id of ["pause", "snapshot", "stop"]) { timix.byId(id).disabled = over; }
      timix.byId("scale").disabled = over || !state.control.canScale;
      timix.byId("scale").title = state.control.canScale ? "" : state.control.why;
      const trainers = timix.byId("trainers");
      if (document.activeElement !== trainers && trainers.dataset.touched === undefined) { trainers.value = state.trainers.filter(trainer => !trainer.leaving).length || 1; }
    }
  };

  timix.byId("trainers").addEventListener("input", event => { event.target.dataset.touched = ""; });
  timix.byId("pause").addEventListener("click", event => event.target.textContent === "Continue"
    ? ask("Continue the run?", "All trainers go on from where they hold still.", "Continue", () => tell("continue"))
    : ask("Pause the run?", "All trainers hold still after their step. Processes and weights stay, nothing is lost; Continue goes on.", "Pause", () => tell("pause")));
  timix.byId("snapshot").addEventListener("click", () => ask("Write a snapshot?", "The weights after the next step are written to disk; training goes on meanwhile.", "Snapshot", () => tell("snapshot")));
  timix.byId("stop").addEventListener("click", () => ask("Stop the run?", "It finishes its step, writes a snapshot and ends with all its processes. timix resume goes on with it.", "Stop", () => tell("stop")));
  timix.byId("scale").addEventListener("click", () => {
    const trainers = Number(timix.byId("trainers").value);
    delete timix.byId("trainers").dataset.touched;
    ask("Scale to " + trainers + " trainers?", "New trainers join after a step, in some seconds; the newest leave first. The weights do not depend on it.", "Scale", () => tell("scale", { trainers }));
  });
})();
