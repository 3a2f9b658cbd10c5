// The timeline of view changes with their cost.
import { median, sharesText, viewCost } from './analysis.js';
import { byId, el, keyed, put, say, table } from './dom.js';
import { clock, count, number, span } from './format.js';

const SHOWN = 100;

export class Changes {
  #store; #table;

  constructor(store) {
    this.#store = store;
    this.#table = table(byId('change-table'), 'changes-title', [{ head: 'View', number: true }, { head: 'At' }, { head: 'From step', number: true }, { head: 'Why' }, { head: 'Shares' }, { head: 'Installed after', number: true }, { head: 'First step after', number: true }, { head: 'Cost' }]);
  }

  render() {
    const { state, series } = this.#store;
    const usual = median(series.stepSeconds) || state.stepSeconds;
    const rows = state.views.map((view) => ({ view, cost: viewCost(view, usual) }));
    const longest = Math.max(1, ...rows.map((row) => row.cost.cost ?? 0));
    const costs = rows.slice(1).map((row) => row.cost.cost).filter((cost) => cost !== null);
    say(byId('changes-text'), rows.length === 0 ? 'There has been no view yet.'
      : costs.length === 0 ? 'Times are measured from the moment the coordinator noticed the cause.'
        : `${count(costs.length, 'change')} since the first view, ${span(median(costs))} in the middle, ${span(Math.max(...costs))} at most. The cost is the time from noticing the cause to the first step after it, less a usual step of ${number(usual, 2)} s.`);
    keyed(this.#table.body, rows.slice(-SHOWN).reverse(), (row) => row.view.generation, () => this.#create(), (line, row) => this.#update(line, row, longest));
  }

  #create() {
    const line = this.#table.row();
    line.cells[4].classList.add('shares');
    line.cells[7].append(el('span', { class: 'cost' }, el('i', { class: 'bar fill-c1' }), el('b')));
    return line;
  }

  #update(line, { view, cost }, longest) {
    const texts = [number(view.generation), clock(view.detectedAt), number(view.fromStep), view.reason, sharesText(view.shares), span(cost.installed), span(cost.first)];
    texts.forEach((text, i) => say(line.cells[i], text));
    put(line.cells[4], 'title', texts[4]);
    const [bar, label] = line.cells[7].firstChild.children;
    bar.style.setProperty('width', `${cost.cost === null ? 0 : Math.max(1, 100 * cost.cost / longest)}%`);
    say(label, cost.cost === null ? (view.installedAt > 0 ? 'not yet' : 'never installed') : span(cost.cost));
  }
}
