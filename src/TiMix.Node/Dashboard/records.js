// What the run leaves behind: pictures of mixes, snapshots, notices.
import { byId, el, keyed, mark, put, say, scroller, table } from './dom.js';
import { clock, number } from './format.js';

const ASK_INTERVAL = 60_000;
const DRAWING_INTERVAL = 5000;
const LEVELS = { information: ['dot', 'information', 'muted'], warning: ['up', 'warning', 'warn'], error: ['cross', 'error', 'bad'] };
const COLUMNS_TEXT = 'each row is a picture, the saliency of its caption, its partner and the mixed picture, with both captions and λ below';

/** The newest mixes. Asking makes the server draw, so it is asked only while somebody looks at them, and seldom. */
export class Mixes {
  #store; #seen = false; #askedAt = 0; #interval = 0; #step = null; #asking = false;

  constructor(store) {
    this.#store = store;
  }

  /** The picture of a report. */
  show(source, step) {
    const text = source ? `Mixes${step === null ? '' : ` of the snapshot of step ${number(step)}`}: ${COLUMNS_TEXT}.` : 'There is no picture of mixes.';
    say(byId('mixes-text'), text);
    const picture = source && el('img', { src: source, alt: text, decoding: 'async' });
    const isOwnPage = source && !source.startsWith('data:');
    byId('mixes-picture').replaceChildren(...(!source ? [] : isOwnPage ? [el('a', { href: source, target: '_blank', rel: 'noopener' }, picture)] : [picture]));
  }

  /** Asks from now on. */
  start() {
    new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1).isIntersecting;
      this.render();
    }).observe(byId('mixes'));
    say(byId('mixes-text'), 'The picture is fetched when it comes into sight.');
  }

  render() {
    const { state } = this.#store;
    const newest = state?.snapshots.at(-1)?.step ?? null;
    if (this.#seen && !document.hidden && !this.#asking && newest !== this.#step && Date.now() - this.#askedAt > this.#interval) {
      this.#ask();
    } else if (state && newest === null) {
      say(byId('mixes-text'), 'There is no snapshot to draw mixes of yet.');
    }
  }

  async #ask() {
    [this.#asking, this.#askedAt, this.#interval] = [true, Date.now(), ASK_INTERVAL];
    try {
      const found = await (await fetch('api/mixes')).json();
      if (found.state === 'ready' && found.step !== this.#step) {
        this.#step = found.step;
        this.show(`api/mixes.png?step=${found.step}`, found.step);
      } else if (found.state !== 'ready' && this.#step === null) {
        this.#interval = found.state === 'drawing' ? DRAWING_INTERVAL : ASK_INTERVAL;
        say(byId('mixes-text'), found.detail);
      }
    } catch {
      // The connection is told of elsewhere; asked again later.
    } finally {
      this.#asking = false;
    }
  }
}

export class Records {
  #store; #snapshots; #notices;

  constructor(store) {
    this.#store = store;
    this.#snapshots = table(byId('snapshot-table'), 'snapshots-title', [{ head: 'Step', number: true }, { head: 'Mean recall', number: true }, { head: 'Fingerprint' }], false);
    this.#notices = el('ol', { class: 'notices', reversed: '' });
    byId('notice-list').append(scroller('notices-title', this.#notices));
  }

  renderSnapshots() {
    const best = Math.max(...this.#store.state.snapshots.map((snapshot) => snapshot.meanRecall ?? -1));
    keyed(this.#snapshots.body, [...this.#store.state.snapshots].reverse(), (snapshot) => snapshot.step, () => this.#snapshots.row(), (line, snapshot) => {
      const recall = snapshot.meanRecall;
      say(line.cells[0], number(snapshot.step));
      say(line.cells[1], recall === null || recall === undefined ? '–' : `${number(recall, 2)} %${recall === best && this.#store.state.snapshots.length > 1 ? ' (best)' : ''}`);
      say(line.cells[2], snapshot.fingerprint?.slice(0, 16) ?? '–');
      put(line.cells[2], 'title', snapshot.fingerprint ?? null);
    });
  }

  renderNotices() {
    keyed(this.#notices, [...this.#store.notices].reverse(), (notice) => notice.number, (notice) => {
      const level = el('span', { class: 'level' });
      mark(level, ...(LEVELS[notice.level] ?? LEVELS.information));
      return el('li', {}, el('time', { text: clock(notice.at), datetime: new Date(notice.at).toISOString() }), level, el('span', { text: notice.text }));
    }, () => {});
  }
}
