// The buttons. Each says first what will happen and asks; the answer of the run is shown and spoken.
import { isOver } from './analysis.js';
import { byId, mark, say } from './dom.js';
import { count, range } from './format.js';

const TOKEN = 'timix-token';
const SESSION = 'timix-session';

/** The printed address has a code behind #, which leaves the address at once and is traded for a cookie that no script can read. */
async function tradeCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (!code) {
    return;
  }
  history.replaceState(null, '', location.pathname + location.search);
  const answer = await fetch('api/session', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code }) }).catch(() => null);
  if (answer?.ok) {
    sessionStorage.setItem(SESSION, 'yes');
  }
}

/** Shows a dialog; what was chosen, "no" if it was closed. */
function ask(dialog) {
  dialog.returnValue = 'no';
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

export class Controls {
  #store; #busy = false; #edited = false; #trading;

  constructor(store) {
    this.#store = store;
    this.#trading = tradeCode();
    byId('scale').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#scale(byId('trainers').valueAsNumber);
    });
    byId('trainers').addEventListener('input', () => { this.#edited = true; });
    document.querySelectorAll('[data-wish]').forEach((button) => button.addEventListener('click', () => this.#simple(button.dataset.wish)));
  }

  render() {
    const { state } = this.#store;
    const over = isOver(state);
    document.querySelectorAll('[data-wish]').forEach((button) => { button.disabled = over || this.#busy; });
    const held = state.status === 'paused';
    document.querySelector('[data-wish="pause"]').hidden = held;
    document.querySelector('[data-wish="continue"]').hidden = !held;
    const can = state.control?.canScale ?? false;
    byId('trainers').disabled = byId('scale').querySelector('button').disabled = over || !can || this.#busy;
    const why = over ? `The run is ${state.status}; there is nothing to steer.` : can ? '' : `Cannot scale: ${state.control?.why ?? 'nobody here starts trainers.'}`;
    say(byId('cannot-scale'), why);
    byId('cannot-scale').hidden = !why;
    if (!this.#edited && document.activeElement !== byId('trainers')) {
      byId('trainers').value = this.#trainers;
    }
  }

  get #trainers() {
    return this.#store.state.trainers.filter((trainer) => !trainer.leaving).length;
  }

  #scale(wanted) {
    const { state } = this.#store;
    const now = this.#trainers;
    const difference = wanted - now;
    const idle = wanted > state.microBatches ? ` Only ${state.microBatches} of them will have work: a step has ${count(state.microBatches, 'micro-batch', 'micro-batches')}.` : '';
    const text = difference > 0
      ? `There are ${count(now, 'trainer')} now. ${difference} more will be started and join between two steps; the micro-batches are shared out anew.${idle}`
      : difference < 0
        ? `There are ${count(now, 'trainer')} now. ${-difference} of them will finish the step and leave; the others take the micro-batches over.`
        : `There are ${count(now, 'trainer')} already, so nothing should change.`;
    this.#wish(`Scale to ${count(wanted, 'trainer')}?`, `${text} The result of the training stays the same.`, `Scale to ${wanted}`, 'scale', { trainers: wanted });
  }

  /** Asks whether a trainer is to leave. */
  drain(name) {
    const { state } = this.#store;
    const trainer = state.trainers.find((other) => other.node === name);
    const others = state.trainers.filter((other) => other.count > 0 && other.node !== name);
    const work = trainer?.count > 0 ? `its micro-batches ${range(trainer.first, trainer.count)}` : 'its work';
    const text = others.length
      ? `${name} finishes the step and leaves; ${others.length === 1 ? `${others[0].node} takes` : `${others.length} others take`} ${work} over, and its process ends. The result of the training stays the same.`
      : `${name} is the only trainer that computes: without it the run would wait, so the run may refuse.`;
    this.#wish(`Drain ${name}?`, text, `Drain ${name}`, 'drain', { node: name });
  }

  #simple(wish) {
    const { state } = this.#store;
    const [title, text, yes] = {
      pause: ['Pause the run?', 'All trainers finish the step and then hold still. Processes, memory and states stay, and no work is lost; "Continue" lets them go on.', 'Pause'],
      continue: ['Continue the run?', `The trainers go on after step ${state.step}.`, 'Continue'],
      snapshot: ['Write a snapshot now?', 'The trainers write their state down after one of the next steps; training goes on meanwhile.', 'Write it'],
      stop: ['Stop the run?', `The run finishes the step, writes a snapshot and ends: all its processes end, and so does this page's connection. "timix resume ${state.run}" goes on with it.`, 'Stop the run'],
    }[wish];
    this.#wish(title, text, yes, wish);
  }

  async #wish(title, text, yes, path, body) {
    say(byId('confirm-title'), title);
    say(byId('confirm-text'), text);
    say(byId('confirm-yes'), yes);
    byId('confirm-yes').classList.toggle('danger', path === 'stop');
    const opener = document.activeElement;
    if (await ask(byId('confirm')) === 'yes') {
      await this.#send(path, body);
    }
    opener?.focus();
  }

  async #send(path, body) {
    await this.#trading;
    let token = sessionStorage.getItem(TOKEN);
    if (this.#store.state.control?.tokenNeeded && !token && !sessionStorage.getItem(SESSION) && (token = await this.#askToken()) === null) {
      return;
    }
    this.#busy = true;
    this.render();
    this.#answer('ring', 'Asked; waiting for the answer.', 'muted');
    try {
      const response = await fetch(`api/${path}`, {
        method: 'POST',
        headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });
      const answer = await response.json().catch(() => ({ done: false, text: `The answer (${response.status}) cannot be read.` }));
      if (response.status === 401) {
        sessionStorage.removeItem(TOKEN);
        sessionStorage.removeItem(SESSION);
      }
      this.#answer(answer.done ? 'tick' : 'cross', `${answer.done ? 'Done' : 'Not done'}: ${answer.text}`, answer.done ? 'good' : 'bad');
    } catch {
      this.#answer('cross', 'Not known whether it was done: the connection was lost. See the state of the run, and try again.', 'bad');
    } finally {
      [this.#busy, this.#edited] = [false, false];
      this.render();
    }
  }

  async #askToken() {
    const dialog = byId('ask-token');
    const chosen = await ask(dialog);
    const token = byId('token').value.trim();
    byId('token').value = '';
    if (chosen !== 'yes' || !token) {
      return null;
    }
    sessionStorage.setItem(TOKEN, token);
    return token;
  }

  #answer(name, text, kind) {
    mark(byId('answer'), name, text, kind);
  }
}
