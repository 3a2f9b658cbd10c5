// The connection: server-sent events, and all afresh whenever it comes back.
import { byId, mark, say } from './dom.js';
import { WANTED_POINTS } from './store.js';

const PAUSES = [1, 2, 3, 5, 10, 15];
const PAUSE_AFTER_END = 15;
const SILENCE = 15_000;
const PATIENCE = 10_000;

async function read(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), cache: 'no-store' });
  if (!response.ok) {
    throw new Error(`${path}: ${response.status}`);
  }
  return response.json();
}

export class Live {
  #store; #told; #source = null; #failures = 0; #heardAt = 0; #fetching = 0; #held = null; #timer = 0; #seconds = 0; #ended = false;

  /** told(what): "run", "series", "evaluations" or "notices" have changed. */
  constructor(store, told) {
    [this.#store, this.#told] = [store, told];
    setInterval(() => this.#watch(), 5000);
    addEventListener('online', () => this.#retryNow());
    document.addEventListener('visibilitychange', () => document.hidden || this.#watch());
    this.#connect();
  }

  #connect() {
    clearInterval(this.#timer);
    this.#source?.close();
    this.#heardAt = Date.now();
    const source = this.#source = new EventSource('api/stream');
    const on = (event, take) => source.addEventListener(event, ({ data }) => {
      if (source === this.#source) {
        this.#heardAt = Date.now();
        take(JSON.parse(data));
      }
    });
    source.addEventListener('open', () => source === this.#source && this.#opened());
    source.addEventListener('error', () => source === this.#source && this.#lost());
    on('run', (state) => {
      const anew = this.#store.setState(state, Date.now());
      this.#told('run');
      if (anew) {
        this.#fetch(['series']);
      }
    });
    on('metrics', (series) => this.#apply(() => {
      const tooMany = this.#store.addSeries(series);
      this.#told('series');
      if (tooMany) {
        this.#fetch(['series']);
      }
    }));
    on('evaluation', (evaluation) => this.#apply(() => {
      this.#store.addEvaluation(evaluation);
      this.#told('evaluations');
    }));
    on('notice', (notice) => this.#apply(() => {
      this.#store.addNotice(notice);
      this.#told('notices');
    }));
    on('end', () => {
      this.#ended = true;
      this.#lost();
    });
  }

  /** What comes while all is fetched afresh waits for it. */
  #apply(change) {
    if (this.#held) {
      this.#held.push(change);
    } else {
      change();
    }
  }

  async #opened() {
    [this.#failures, this.#ended] = [0, false];
    this.#say('dot', 'live', 'good');
    if (!await this.#fetch(['series', 'evaluations', 'notices'])) {
      this.#lost();
    }
  }

  /** Fetches anew, the series always; false: it could not. Of two series at the same time only the later one counts. */
  async #fetch(what) {
    const mine = ++this.#fetching;
    this.#held ??= [];
    const paths = { series: `api/metrics?points=${WANTED_POINTS}`, evaluations: 'api/evaluations', notices: 'api/notices' };
    try {
      const found = await Promise.all(what.map((name) => read(paths[name])));
      const take = { series: (value) => mine === this.#fetching && this.#store.setSeries(value), evaluations: (value) => this.#store.setEvaluations(value), notices: (value) => this.#store.setNotices(value) };
      found.forEach((value, i) => take[what[i]](value));
      what.forEach((name) => this.#told(name));
      return true;
    } catch {
      return mine !== this.#fetching;
    } finally {
      if (mine === this.#fetching) {
        const held = this.#held ?? [];
        this.#held = null;
        held.forEach((change) => change());
      }
    }
  }

  /** A connection that died without a word is found by its silence. */
  #watch() {
    if (this.#source && Date.now() - this.#heardAt > SILENCE) {
      this.#lost();
    }
  }

  #lost() {
    this.#source?.close();
    this.#source = null;
    this.#seconds = this.#ended ? PAUSE_AFTER_END : PAUSES[Math.min(this.#failures++, PAUSES.length - 1)];
    say(byId('spoken'), this.#ended ? 'The run is not served any more.' : 'The connection is lost; the page tries again by itself.');
    clearInterval(this.#timer);
    const tick = () => {
      if (this.#seconds <= 0) {
        this.#connect();
      } else {
        this.#say(this.#ended ? 'square' : 'cross', this.#ended ? `not served any more, looking again in ${this.#seconds} s` : `connection lost, trying again in ${this.#seconds} s`, this.#ended ? 'muted' : 'bad');
        this.#seconds--;
      }
    };
    this.#timer = setInterval(tick, 1000);
    tick();
  }

  #retryNow() {
    if (!this.#source) {
      this.#connect();
    }
  }

  #say(name, word, kind) {
    if (kind === 'good' && byId('connection').dataset.kind && byId('connection').dataset.kind !== 'good') {
      say(byId('spoken'), 'The connection is back.');
    }
    mark(byId('connection'), name, word, kind);
  }
}
