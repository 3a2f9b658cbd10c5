// What the page knows of the run. Everything is capped: a page that is left open for a day must not grow.
const SERIES_POINTS = 1000;
const SERIES_LIMIT = 2 * SERIES_POINTS;
const NOTICE_LIMIT = 200;
const EVALUATION_LIMIT = 1000;
const RESOURCE_POINTS = 600;
const RESOURCE_PROCESSES = 32;
const GONE_MILLISECONDS = 60_000;
const GONE_LIMIT = 20;
const INDEX_LIMIT = 256;

/** Columns that are no losses. Whatever else a series has is one: which losses there are, the run says. */
const OTHER_COLUMNS = ['alignmentAccuracy', 'temperature', 'learningRate', 'gradientNorm', 'mixRegulariser',
  'stepSeconds', 'samplesPerSecond', 'computeSeconds', 'exchangeSeconds', 'updateSeconds', 'waitSeconds'];

const empty = () => Object.fromEntries(['steps', ...OTHER_COLUMNS].map((name) => [name, []]));

/** Names of the losses of a series, the total first. */
export const lossesOf = (series) => Object.keys(series).filter((name) => name !== 'steps' && !OTHER_COLUMNS.includes(name));

/** A series with columns of one length: what is missing becomes empty values. */
function whole(series, columns) {
  const steps = series?.steps ?? [];
  return { steps: [...steps], ...Object.fromEntries(columns.map((name) => [name, steps.map((_, i) => series[name]?.[i] ?? null)])) };
}

const columnsOf = (...series) => [...new Set([...series.flatMap((one) => lossesOf(one ?? {})), ...OTHER_COLUMNS])];

export class Store {
  state = null;
  series = empty();
  evaluations = [];
  notices = [];
  /** Processes that are gone, for a while: name to { node, trainer, since }. */
  gone = new Map();
  /** { times, processes: name to { memory, cpu } }, columns of the same length. */
  resources = { times: [], processes: new Map() };
  #interval = 1000;
  #indices = new Map();

  /** A number for a name that it keeps, to give it a colour; the smallest that nobody who is here has. */
  indexOf(name) {
    if (!this.#indices.has(name)) {
      if (this.#indices.size >= INDEX_LIMIT) {
        const here = new Set(this.state?.nodes.map((node) => node.name));
        [...this.#indices.keys()].filter((other) => !here.has(other)).forEach((other) => this.#indices.delete(other));
      }
      const taken = new Set(this.#indices.values());
      let free = 0;
      while (taken.has(free)) {
        free++;
      }
      this.#indices.set(name, free);
    }
    return this.#indices.get(name);
  }

  /** A newer state; true: the run is in another view than before, so steps may count no more. */
  setState(state, now) {
    const before = this.state;
    this.state = state;
    [...new Set(state.views.flatMap((view) => view.shares.map((share) => share.node)))].sort().forEach((name) => this.indexOf(name));
    this.#keepGone(before, now);
    this.#sample(now);
    return before !== null && before.generation !== state.generation;
  }

  #keepGone(before, now) {
    const here = new Set(this.state.nodes.map((node) => node.name));
    for (const node of before?.nodes ?? []) {
      if (!here.has(node.name)) {
        this.gone.set(node.name, { node, trainer: before.trainers.find((trainer) => trainer.node === node.name) ?? null, since: now });
      }
    }
    for (const [name, { since }] of this.gone) {
      if (here.has(name) || now - since > GONE_MILLISECONDS || this.gone.size > GONE_LIMIT) {
        this.gone.delete(name);
      }
    }
  }

  /** Takes memory and CPU down; when the columns are full, every second row goes and the next ones come half as often. */
  #sample(now) {
    const { times, processes } = this.resources;
    if (times.length && now - (1000 * times.at(-1)) < this.#interval) {
      return;
    }
    const here = this.state.nodes.filter((node) => node.alive);
    const names = new Set(here.map((node) => node.name));
    if (processes.size + here.filter((node) => !processes.has(node.name)).length > RESOURCE_PROCESSES) {
      [...processes.keys()].filter((name) => !names.has(name)).forEach((name) => processes.delete(name));
    }
    for (const node of here) {
      if (!processes.has(node.name) && processes.size < RESOURCE_PROCESSES) {
        processes.set(node.name, { memory: times.map(() => null), cpu: times.map(() => null) });
      }
    }
    times.push(now / 1000);
    for (const [name, columns] of processes) {
      const node = here.find((other) => other.name === name);
      columns.memory.push(node ? node.residentBytes / 1024 ** 2 : null);
      columns.cpu.push(node ? node.cpuPercent : null);
    }
    if (times.length >= RESOURCE_POINTS) {
      const half = (column) => column.filter((_, i) => i % 2 === 1);
      this.#interval *= 2;
      this.resources = { times: half(times), processes: new Map([...processes].map(([name, columns]) => [name, { memory: half(columns.memory), cpu: half(columns.cpu) }])) };
    }
    for (const [name, columns] of this.resources.processes) {
      if (columns.memory.every((value) => value === null)) {
        this.resources.processes.delete(name);
      }
    }
  }

  /** The series from the start. */
  setSeries(series) {
    this.series = whole(series, columnsOf(series));
  }

  /** Newer steps; those that they tell anew count no more. True: there are so many points that the series should be fetched anew, averaged. */
  addSeries(series) {
    const columns = columnsOf(this.series, series);
    const [had, more] = [whole(this.series, columns), whole(series, columns)];
    if (more.steps.length) {
      const found = had.steps.findIndex((step) => step >= more.steps[0]);
      const keep = found < 0 ? had.steps.length : found;
      this.series = Object.fromEntries(Object.keys(had).map((name) => [name, [...had[name].slice(0, keep), ...more[name]].slice(-2 * SERIES_LIMIT)]));
    }
    return this.series.steps.length > SERIES_LIMIT;
  }

  setEvaluations(evaluations) {
    this.evaluations = evaluations.slice(-EVALUATION_LIMIT);
  }

  addEvaluation(evaluation) {
    this.evaluations = [...this.evaluations.filter((other) => other.step < evaluation.step), evaluation].slice(-EVALUATION_LIMIT);
  }

  setNotices(notices) {
    this.notices = notices.slice(-NOTICE_LIMIT);
  }

  addNotice(notice) {
    if (!(this.notices.at(-1)?.number >= notice.number)) {
      this.notices = [...this.notices, notice].slice(-NOTICE_LIMIT);
    }
  }
}

/** How many points the page asks for. */
export const WANTED_POINTS = SERIES_POINTS;
