// Losses over the steps, and what evaluations found.
import { membershipEvents } from './analysis.js';
import { Chart, EVENT_KINDS } from './chart.js';
import { byId, el, keyed, say, shape, table } from './dom.js';
import { figures, number } from './format.js';
import { lossesOf } from './store.js';

/** What losses are called where their own name says too little. */
const LOSS_LABELS = { loss: 'total', itc: 'contrastive (ITC)', mix: 'mixed', alignment: 'patch–text alignment', itm: 'matching (ITM)', mlm: 'masked words (MLM)', prefixLm: 'PrefixLM' };

const RECALLS = [
  ['meanRecall', 'mean recall'], ['imageToTextR1', 'image → text R@1'], ['imageToTextR5', 'image → text R@5'], ['imageToTextR10', 'image → text R@10'],
  ['textToImageR1', 'text → image R@1'], ['textToImageR5', 'text → image R@5'], ['textToImageR10', 'text → image R@10'], ['rerankedMeanRecall', 'mean recall, re-ranked'],
];

/** Rows of the table of the newest evaluation: metric, name, decimals, unit. */
const ROWS = [
  ['meanRecall', 'Mean recall', 2, ' %'], ['rerankedMeanRecall', 'Mean recall, re-ranked', 2, ' %'], ['imageToTextR1', 'Image → text R@1', 1, ' %'], ['textToImageR1', 'Text → image R@1', 1, ' %'],
  ['medianRank', 'Median rank', 1, ''], ['miLowerBoundNats', 'Mutual information, at least', 2, ' nats'], ['overfitGapNats', 'Overfit gap', 2, ' nats'], ['alignment', 'Alignment', 2, ''],
  ['modalityGap', 'Modality gap', 2, ''], ['temperature', 'Temperature', 4, ''], ['pointingGame', 'Pointing game', 1, ' %'], ['pointingGameRandom', 'Pointing game, random', 1, ' %'],
  ['pointingGameCentre', 'Pointing game, centre', 1, ' %'], ['energyInBox', 'Saliency inside the box', 1, ' %'],
];

const isDrawn = (values) => values.some((value) => value !== null && value !== 0);

export class Curves {
  #store; #loss; #recall; #information; #metric; #table = null; #columns = '';

  constructor(store) {
    this.#store = store;
    this.#loss = new Chart(byId('loss-chart'), { name: 'Losses by step', y: 'nats' });
    this.#recall = new Chart(byId('recall-chart'), { name: 'Recall by step', y: '%', format: (value) => number(value, 1), zero: true });
    this.#information = new Chart(byId('information-chart'), { name: 'Lower bound of the mutual information by step', y: 'nats', format: (value) => number(value, 2) });
    document.querySelectorAll('input[name="loss-scale"]').forEach((choice) => choice.addEventListener('change', () => { this.#loss.log = choice.value === 'log' && choice.checked; }));
    this.#metric = byId('recall-metric');
    this.#metric.addEventListener('change', () => this.renderEvaluations());
    const kinds = Object.values(EVENT_KINDS).map((kind) => el('span', { 'data-kind': kind.colour }, shape(kind.shape), document.createTextNode(`trainer ${kind.word}`)));
    byId('marks').append(...kinds, el('span', { text: 'Drag over a chart to look closer, double-click or Escape to see all.' }));
  }

  renderLosses() {
    const { series, state } = this.#store;
    const drawn = lossesOf(series).map((name, i) => ({ label: LOSS_LABELS[name] ?? name, colour: i, values: series[name] })).filter((one) => isDrawn(one.values));
    this.#loss.set(series.steps, drawn, state ? membershipEvents(state.views, state.losses) : []);
  }

  renderEvaluations() {
    const { evaluations } = this.#store;
    byId('no-evaluation').hidden = evaluations.length > 0;
    byId('evaluated').hidden = evaluations.length === 0;
    if (!evaluations.length) {
      return;
    }
    const found = RECALLS.filter(([name]) => evaluations.some((evaluation) => evaluation.splits.some((split) => Number.isFinite(split.metrics[name]))));
    keyed(this.#metric, found, ([name]) => name, ([name, label]) => el('option', { value: name, text: label }), () => {});
    const steps = evaluations.map((evaluation) => evaluation.step);
    const splits = [...new Set(evaluations.flatMap((evaluation) => evaluation.splits.map((split) => split.split)))];
    const lines = (name) => splits.map((split, i) => ({ label: split, colour: i, values: evaluations.map((evaluation) => evaluation.splits.find((other) => other.split === split)?.metrics[name] ?? null) }));
    this.#recall.set(steps, lines(this.#metric.value || 'meanRecall').filter((one) => isDrawn(one.values)));
    const probe = { label: 'training (probe)', colour: splits.length, values: evaluations.map((evaluation) => evaluation.trainProbe?.metrics.miLowerBoundNats ?? null) };
    this.#information.set(steps, [...lines('miLowerBoundNats'), probe].filter((one) => isDrawn(one.values)));
    this.#renderTable(evaluations.at(-1));
  }

  #renderTable(evaluation) {
    const columns = [...evaluation.splits.map((split) => [split.split, split]), ...(evaluation.trainProbe ? [['training (probe)', evaluation.trainProbe]] : [])];
    say(byId('newest-title'), `Newest evaluation, step ${number(evaluation.step)}`);
    const key = columns.map(([name]) => name).join('|');
    if (key !== this.#columns) {
      byId('evaluation-table').replaceChildren();
      this.#table = table(byId('evaluation-table'), 'newest-title', [{ head: 'Metric' }, ...columns.map(([name]) => ({ head: name, number: true }))], false);
      this.#columns = key;
    }
    const rows = ROWS.filter(([name]) => columns.some(([, split]) => Number.isFinite(split.metrics[name])));
    keyed(this.#table.body, rows, ([name]) => name, () => this.#table.row(), (line, [name, label, digits, unit]) => {
      say(line.cells[0], label);
      columns.forEach(([, { metrics }], i) => {
        const value = metrics[name];
        say(line.cells[i + 1], !Number.isFinite(value) ? '–' : `${digits > 2 ? figures(value) : number(value, digits)}${unit}`);
      });
    });
  }
}
