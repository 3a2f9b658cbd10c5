// Throughput by stage: where a step's time goes, and where the bottleneck is.
import { bottleneck, stageShares } from './analysis.js';
import { Chart } from './chart.js';
import { byId, el, keyed, put, say } from './dom.js';
import { figures, number, percent } from './format.js';
import { paletteName } from './theme.js';

/** Stage, column, what it is, colour. */
const PARTS = [['compute', 'computeSeconds', 'forward and backward', 2], ['exchange', 'exchangeSeconds', 'gather and sum', 1], ['update', 'updateSeconds', 'optimizer', 4], ['wait', 'waitSeconds', 'for batches, above all', 3]];

export class Stages {
  #store; #time; #rate;

  constructor(store) {
    this.#store = store;
    this.#time = new Chart(byId('stage-chart'), { name: 'Seconds of a step by stage', y: 'seconds', stacked: true, zero: true, format: figures });
    this.#rate = new Chart(byId('rate-chart'), { name: 'Samples per second by step', y: 'samples/s', zero: true, format: (value) => number(value) });
  }

  render() {
    const { series, state } = this.#store;
    this.#time.set(series.steps, PARTS.map(([label, column, , colour]) => ({ label, colour, values: series[column] })));
    this.#rate.set(series.steps, [{ label: 'samples/s', colour: 0, values: series.samplesPerSecond }]);
    const stages = stageShares(series);
    say(byId('bottleneck'), stages && state ? bottleneck(stages, state) : 'No step has been reported yet.');
    keyed(byId('stage-bar'), stages ? PARTS.map((part, i) => ({ part, share: stages.shares[i], seconds: stages.seconds[i] })) : [], ({ part }) => part[0],
      ({ part }) => el('div', { class: 'stage' }, el('span', { class: 'what' }), el('span', { class: `bar fill-${paletteName(part[3])}` })),
      (node, { part, share, seconds }) => {
        node.lastChild.style.setProperty('width', `${Math.max(0.5, 100 * share)}%`);
        say(node.firstChild, `${part[0]} ${percent(share)}, ${figures(seconds)} s`);
        put(node.firstChild, 'title', part[2]);
      });
  }
}
