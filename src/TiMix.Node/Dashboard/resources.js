// Memory and CPU of each process since the page was opened.
import { Chart } from './chart.js';
import { byId } from './dom.js';
import { number } from './format.js';

export class Resources {
  #store; #memory; #cpu;

  constructor(store) {
    this.#store = store;
    this.#memory = new Chart(byId('memory-chart'), { name: 'Memory by process', time: true, zero: true, y: 'MB', format: (value) => number(value) });
    this.#cpu = new Chart(byId('cpu-chart'), { name: 'CPU by process', time: true, zero: true, y: '% of a core', format: (value) => number(value) });
  }

  render() {
    const { times, processes } = this.#store.resources;
    const lines = (name) => [...processes].map(([label, columns]) => ({ label, colour: this.#store.indexOf(label), values: columns[name] }));
    this.#memory.set(times, lines('memory'));
    this.#cpu.set(times, lines('cpu'));
  }
}
