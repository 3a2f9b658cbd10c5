// Who is alive and what each computes: a lane of micro-batches for each trainer, and all processes.
import { LEFT, isOver, whoText } from './analysis.js';
import { byId, el, keyed, mark, put, say, table } from './dom.js';
import { bytes, duration, number, percent, range } from './format.js';
import { paletteName } from './theme.js';

const MOST_TICKS = 16;
/** A share of the lane that is wide enough for its words, on a phone too. */
const WIDE_SHARE = 0.12;

/** A trainer's phase as a person says it: shape, word, kind. */
function standing(trainer, node) {
  if (node && !node.alive) {
    return ['cross', 'silent', 'bad'];
  }
  if (trainer.leaving) {
    return ['down', 'leaving', 'warn'];
  }
  const joining = trainer.first < 0;
  return {
    Running: joining ? ['ring', 'not in the view', 'warn'] : ['go', 'running', 'good'],
    Idle: joining ? ['up', 'joining', 'warn'] : ['ring', 'idle', 'muted'],
    Preparing: ['up', joining ? 'joining' : 'preparing', 'warn'],
    Ready: ['up', 'ready', 'warn'],
    Stopped: ['pause', 'holds', 'warn'],
    Aborted: ['cross', 'aborted', 'bad'],
  }[trainer.phase] ?? ['ring', trainer.phase, 'muted'];
}

/** A loss is that of a process which is gone now if they lie so close together. */
const SAME_DEATH_MILLISECONDS = 120_000;

export class Lanes {
  #store; #trainers; #nodes; #drain;

  /** drain(name): asks whether to; null: there are no buttons. */
  constructor(store, drain) {
    [this.#store, this.#drain] = [store, drain];
    this.#trainers = table(byId('lanes'), 'who-title', [{ head: 'Trainer' }, { head: 'Micro-batches' }, { head: 'Is' }, { head: 'Step', number: true }, { head: 's/micro-batch', number: true }, ...(drain ? [{ head: 'Drain' }] : [])]);
    this.#trainers.node.classList.add('lanes');
    this.#nodes = table(byId('node-table'), 'nodes-title', [{ head: 'Process' }, { head: 'Is' }, { head: 'Roles' }, { head: 'Host' }, { head: 'Pid', number: true }, { head: 'Device' }, { head: 'Memory', number: true }, { head: 'CPU', number: true }, { head: 'Last heard', number: true }]);
  }

  render() {
    const { state, gone } = this.#store;
    say(byId('who-text'), whoText(state));
    const here = state.trainers.map((trainer) => ({ trainer, node: state.nodes.find((node) => node.name === trainer.node), gone: false }));
    const away = [...gone.values()].filter((one) => one.trainer && !here.some((other) => other.trainer.node === one.node.name)).map((one) => ({ trainer: one.trainer, node: one.node, gone: true }));
    const rows = [...here, ...away].sort((a, b) => order(a) - order(b) || a.trainer.node.localeCompare(b.trainer.node, 'en', { numeric: true }));
    keyed(this.#trainers.body, rows, (row) => row.trainer.node, (row) => this.#createLane(row), (line, row) => this.#updateLane(line, row));

    const nodes = [...state.nodes.map((node) => ({ node, gone: false })), ...[...gone.values()].map(({ node }) => ({ node, gone: true }))];
    keyed(this.#nodes.body, nodes, (row) => row.node.name, () => this.#nodes.row(), (line, row) => this.#updateNode(line, row));
  }

  /** How somebody went who is not here any more. */
  #departure(name) {
    const loss = this.#store.state.losses.findLast((other) => other.node === name && this.#store.state.now - other.at < SAME_DEATH_MILLISECONDS);
    return loss && loss.kind !== LEFT ? ['cross', 'put out', 'bad'] : ['down', 'left', 'muted'];
  }

  #createLane({ trainer }) {
    const line = this.#trainers.row();
    line.cells[0].append(el('b', { text: trainer.node }));
    line.cells[1].append(el('div', { class: 'lane' }, el('div', { class: 'ticks' }), el('span', { class: `share fill-${paletteName(this.#store.indexOf(trainer.node))}` }, el('b'))));
    if (this.#drain) {
      line.cells[5].append(el('button', { type: 'button', text: 'Drain…', 'aria-label': `Drain ${trainer.node}`, on: { click: () => this.#drain(trainer.node) } }));
    }
    return line;
  }

  #updateLane(line, { trainer, node, gone }) {
    const all = Math.max(1, this.#store.state.microBatches);
    const isOut = gone || trainer.first < 0;
    const [lane, share] = [line.cells[1].firstChild, line.cells[1].firstChild.lastChild];
    const ticks = all <= MOST_TICKS ? all : MOST_TICKS;
    keyed(lane.firstChild, Array.from({ length: ticks }, (_, i) => i), (i) => i, () => el('i'), () => {});
    share.style.setProperty('left', `${isOut ? 0 : 100 * trainer.first / all}%`);
    share.style.setProperty('width', `${isOut ? 0 : 100 * trainer.count / all}%`);
    put(share, 'data-none', isOut || trainer.count === 0 ? 'yes' : null);
    const words = gone ? 'none any more' : trainer.first < 0 ? 'none yet: not in the view' : trainer.count === 0 ? 'none' : range(trainer.first, trainer.count);
    put(share, 'data-label', trainer.count >= WIDE_SHARE * all ? null : trainer.first < all / 2 ? 'after' : 'before');
    say(share.firstChild, isOut || trainer.count === 0 ? '' : words);
    put(lane, 'data-words', isOut || trainer.count === 0 ? words : null);
    put(line, 'data-gone', gone ? 'yes' : null);
    mark(line.cells[2], ...(gone ? this.#departure(trainer.node) : standing(trainer, node)));
    say(line.cells[3], number(trainer.applied < 0 ? null : trainer.applied));
    say(line.cells[4], number(trainer.secondsPerMicroBatch > 0 ? trainer.secondsPerMicroBatch : null, 3));
    if (this.#drain) {
      line.cells[5].firstChild.disabled = gone || trainer.leaving || isOver(this.#store.state);
    }
  }

  #updateNode(line, { node, gone }) {
    const dead = gone || !node.alive;
    put(line, 'data-gone', dead ? 'yes' : null);
    const texts = [
      node.name, null, node.roles.join(', '), node.host, String(node.processId), `${node.device}${node.threads > 0 ? `, ${node.threads} thread${node.threads === 1 ? '' : 's'}` : ''}`,
      dead ? '–' : bytes(node.residentBytes), dead ? '–' : percent(node.cpuPercent / 100), gone ? '–' : node.heardMillisecondsAgo < 1000 ? 'now' : `${duration(node.heardMillisecondsAgo / 1000)} ago`,
    ];
    texts.forEach((text, i) => text !== null && say(line.cells[i], text));
    mark(line.cells[1], ...(gone ? this.#departure(node.name) : node.alive ? ['dot', 'alive', 'good'] : ['cross', 'silent', 'bad']));
  }
}

/** In the view by micro-batch, then those who join, then those who are gone. */
const order = ({ trainer, gone }) => gone ? 1e9 : trainer.first < 0 ? 1e6 : trainer.first;
