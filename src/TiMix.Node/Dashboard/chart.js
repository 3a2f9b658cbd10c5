// A line chart that tells what it shows to whoever cannot see it or has no mouse. Drawn by uPlot.
import { byId, el, keyed, put, say, shapePath, svg } from './dom.js';
import { clock, figures, number } from './format.js';
import { colour, dash, onColours, paletteName } from './theme.js';

const HEIGHT = 260;
const NEAR_PIXELS = 7;
const UNSEEN_INTERVAL = 5000;
const TIP_LINES = 10;
const MARK_PIXELS = 10;

/** How what happened is drawn: shape, colour, word. */
export const EVENT_KINDS = {
  join: { shape: 'up', colour: 'good', word: 'joined' },
  leave: { shape: 'down', colour: 'muted', word: 'left' },
  death: { shape: 'cross', colour: 'bad', word: 'put out' },
};

export class Chart {
  #host; #options; #plot; #tip; #legend; #reset; #uplot = null;
  #series = []; #x = []; #columns = []; #events = []; #hidden = new Set();
  #log = false; #zoomed = false; #dirty = false; #seen = true; #drawnAt = 0; #frame = 0; #later = 0; #unseen = 0; #drawnEmpty = true; #key = '';

  /**
   * options: { name, x: name of the x axis, time: x is seconds since 1970, y: name of the y axis, zero: y begins at 0, format(value), stacked }
   */
  constructor(host, options) {
    this.#host = host;
    this.#options = { format: figures, x: 'step', ...options };
    this.#plot = el('div', { class: 'plot', tabindex: '0', role: 'group', 'aria-roledescription': 'chart', on: { keydown: (event) => this.#onKey(event), blur: () => this.#leave() } });
    this.#tip = el('div', { class: 'tip', hidden: '' });
    this.#legend = el('ul', { class: 'legend' });
    this.#reset = el('button', { type: 'button', class: 'quiet', text: 'Show all', hidden: '', on: { click: () => this.#showAll() } });
    host.append(this.#plot, el('div', { class: 'under' }, this.#legend, this.#reset));
    this.#plot.append(this.#tip);
    new ResizeObserver(() => this.#resize()).observe(this.#plot);
    new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1).isIntersecting;
      if (this.#seen && this.#dirty) {
        this.#ask();
      }
    }, { rootMargin: '200px' }).observe(host);
    onColours(() => this.#rebuild());
  }

  /** What is drawn: x ascending, series of { label, colour: number, values, area }; events of { kind, step, text }. */
  set(x, series, events = []) {
    this.#x = x;
    this.#series = series;
    this.#columns = series.map((one) => one.values);
    this.#events = events;
    this.#dirty = true;
    const wait = UNSEEN_INTERVAL - (Date.now() - this.#drawnAt);
    if (this.#seen || this.#drawnEmpty || wait <= 0) {
      this.#ask();
    } else {
      this.#unseen ||= setTimeout(() => this.#drawUnseen(), wait);
    }
  }

  /** Out of sight it is drawn seldom, but it is: the page may be printed or made a picture of as a whole. */
  #drawUnseen() {
    this.#unseen = 0;
    if (this.#dirty) {
      this.#ask();
    }
  }

  set log(on) {
    this.#log = on;
    this.#rebuild();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #rebuild() {
    this.#key = '';
    this.#dirty = true;
    this.#ask();
  }

  #resize() {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#uplot?.setSize({ width: this.#plot.clientWidth, height: HEIGHT }), 50);
  }

  #draw() {
    if (this.#plot.clientWidth === 0) {
      return;
    }
    [this.#dirty, this.#drawnAt, this.#drawnEmpty] = [false, Date.now(), this.#x.length === 0];
    const key = JSON.stringify([this.#log, this.#isSparse, this.#series.map((one) => [one.label, one.colour])]);
    const data = [this.#x, ...this.#drawn()];
    if (key !== this.#key || !this.#uplot) {
      this.#uplot?.destroy();
      [this.#key, this.#zoomed] = [key, false];
      this.#uplot = new window.uPlot(this.#settings(), data, this.#plot);
      this.#plot.append(this.#tip);
    } else if (this.#zoomed) {
      this.#uplot.setData(data, false);
      this.#uplot.redraw();
    } else {
      this.#uplot.setData(data);
    }
    this.#reset.hidden = !this.#zoomed;
    this.#describe();
    this.#showLegend();
  }

  /** The columns as they are drawn: a stack from the top, so that each part covers the sum of those below it. */
  #drawn() {
    if (this.#options.stacked) {
      const sums = [];
      this.#columns.forEach((column, i) => sums.push(column.map((value, at) => value === null ? null : value + (i ? sums[i - 1][at] ?? 0 : 0))));
      return sums.reverse();
    }
    return this.#log ? this.#columns.map((column) => column.map((value) => value > 0 ? value : null)) : this.#columns;
  }

  get #isSparse() {
    return this.#x.length < 30;
  }

  #order = (i) => this.#options.stacked ? this.#series.length - 1 - i : i;

  #settings() {
    const { time, y } = this.#options;
    const [ink, grid] = [colour('muted'), colour('line')];
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: ink, font, labelFont: font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1, size: 4 } };
    return {
      width: this.#plot.clientWidth, height: HEIGHT, legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { show: !this.#options.stacked } },
      scales: { x: { time: Boolean(time), range: xRange }, y: this.#log ? { distr: 3 } : { range: (_, low, high) => yRange(low, high, this.#options.zero) } },
      axes: [
        { ...axis, space: 70, size: 34, values: time ? (_, splits) => splits.map((value) => clock(1000 * value)) : (_, splits) => splits.map((value) => Number.isInteger(value) ? value.toLocaleString('en-GB') : '') },
        { ...axis, label: y, labelSize: 18, size: 58, values: (_, splits) => this.#log ? splits.map((value) => value === null ? '' : figures(value)) : evenly(splits) },
      ],
      series: [{}, ...this.#series.map((_, i) => {
        const one = this.#series[this.#order(i)];
        const paint = colour(paletteName(one.colour));
        return this.#options.stacked
          ? { fill: paint, stroke: colour('card'), width: 1, points: { show: false } }
          : { stroke: paint, width: one.colour === 0 ? 2.2 : 1.6, dash: dash(one.colour), show: !this.#hidden.has(one.label), points: { show: this.#isSparse, size: 6, stroke: paint, fill: paint } };
      })],
      hooks: {
        draw: [(u) => this.#drawEvents(u)],
        setCursor: [(u) => this.#point(u)],
        setSelect: [(u) => { this.#zoomed = u.select.width > 0; this.#reset.hidden = !this.#zoomed; }],
        ready: [(u) => u.over.addEventListener('dblclick', () => { this.#zoomed = false; this.#reset.hidden = true; })],
      },
    };
  }

  #showAll() {
    this.#zoomed = false;
    this.#plot.focus();
    this.#uplot.setData(this.#uplot.data);
    this.#reset.hidden = true;
  }

  #drawEvents(u) {
    const { ctx, bbox } = u;
    const ratio = bbox.width / u.over.clientWidth;
    ctx.save();
    for (const event of this.#events) {
      const at = Math.round(u.valToPos(event.step, 'x', true));
      if (at < bbox.left - 1 || at > bbox.left + bbox.width + 1) {
        continue;
      }
      const kind = EVENT_KINDS[event.kind];
      ctx.strokeStyle = ctx.fillStyle = colour(kind.colour);
      ctx.lineWidth = ratio;
      ctx.setLineDash([4 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(at, bbox.top + (MARK_PIXELS * ratio));
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
      ctx.save();
      ctx.translate(at - (MARK_PIXELS * ratio / 2), bbox.top - (2 * ratio));
      ctx.scale(MARK_PIXELS * ratio / 12, MARK_PIXELS * ratio / 12);
      ctx.fill(shapePath(kind.shape), 'evenodd');
      ctx.restore();
    }
    ctx.restore();
  }

  /** What is under the cursor, and what happened there. */
  #point(u) {
    const i = u.cursor.idx;
    if (i === null || i === undefined || u.cursor.left < 0) {
      this.#tip.hidden = true;
      return;
    }
    const lines = this.#series.filter((one) => !this.#hidden.has(one.label) && one.values[i] !== null && one.values[i] !== undefined);
    const events = this.#events.filter((event) => Math.abs(u.valToPos(event.step, 'x') - u.cursor.left) < NEAR_PIXELS);
    this.#tip.replaceChildren(
      el('b', { text: this.#at(i) }),
      ...lines.slice(0, TIP_LINES).map((one) => el('span', {}, swatch(one, this.#options.stacked), document.createTextNode(`${one.label} ${this.#options.format(one.values[i])}`))),
      ...events.slice(0, TIP_LINES).map((event) => el('em', { 'data-kind': EVENT_KINDS[event.kind].colour, text: `step ${event.step}: ${event.text}` })));
    this.#tip.hidden = false;
    const left = u.over.offsetLeft + u.cursor.left;
    const wide = this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.max(0, left + wide + 16 < this.#plot.clientWidth ? left + 12 : left - wide - 12)}px`;
  }

  #at = (i) => this.#options.time ? clock(1000 * this.#x[i]) : `${this.#options.x} ${this.#x[i].toLocaleString('en-GB')}`;

  #leave() {
    this.#uplot?.setCursor({ left: -10, top: -10 });
    this.#tip.hidden = true;
  }

  /** Arrows go from point to point, Page Up and Down from event to event; Escape shows all again. */
  #onKey(event) {
    const u = this.#uplot;
    if (!u || !this.#x.length) {
      return;
    }
    const last = this.#x.length - 1;
    const now = u.cursor.idx ?? last;
    const passed = this.#events.map((other) => nearest(this.#x, other.step));
    const to = {
      ArrowLeft: () => now - 1, ArrowRight: () => now + 1, Home: () => 0, End: () => last,
      PageUp: () => passed.findLast((at) => at < now) ?? now, PageDown: () => passed.find((at) => at > now) ?? now,
    }[event.key]?.();
    if (event.key === 'Escape') {
      this.#showAll();
      this.#leave();
    } else if (to !== undefined) {
      event.preventDefault();
      const i = Math.min(last, Math.max(0, to));
      u.setCursor({ left: u.valToPos(this.#x[i], 'x'), top: 10 });
      say(byId('spoken'), [...this.#tip.children].map((line) => line.textContent).join(', '));
    }
  }

  #describe() {
    const last = this.#x.length - 1;
    const says = last < 0 ? 'nothing yet' : `${this.#at(0)} to ${this.#at(last)}. Last: ${this.#series.slice(0, TIP_LINES).map((one) => `${one.label} ${this.#options.format(one.values[last])}`).join(', ')}`;
    put(this.#plot, 'aria-label', `${this.#options.name}: ${says}. Arrow keys read the points${this.#events.length ? ', Page Up and Page Down what happened' : ''}.`);
  }

  #showLegend() {
    keyed(this.#legend, this.#series, (one) => `${one.label} ${one.colour}`, (one) => {
      const parts = [swatch(one, this.#options.stacked), el('span', { text: one.label }), el('b')];
      const toggle = () => this.#toggle(one.label);
      return el('li', {}, this.#options.stacked ? el('span', { class: 'key' }, ...parts) : el('button', { type: 'button', class: 'key', on: { click: toggle } }, ...parts));
    }, (item, one) => {
      say(item.querySelector('b'), this.#options.format(one.values.findLast((value) => value !== null)));
      if (!this.#options.stacked) {
        put(item.firstChild, 'aria-pressed', !this.#hidden.has(one.label));
      }
    });
  }

  #toggle(label) {
    if (!this.#hidden.delete(label)) {
      this.#hidden.add(label);
    }
    this.#series.forEach((one, i) => this.#uplot.setSeries(i + 1, { show: !this.#hidden.has(one.label) }));
    this.#showLegend();
  }
}

function swatch(one, area) {
  const paint = `paint-${paletteName(one.colour)}`;
  return svg('svg', { viewBox: '0 0 24 12', class: `swatch ${paint}`, 'aria-hidden': 'true' }, area
    ? svg('rect', { width: 24, height: 12 })
    : svg('line', { x1: 0, y1: 6, x2: 24, y2: 6, 'stroke-dasharray': dash(one.colour).join(' ') }));
}

/** Numbers at equal distances, all with the decimals that the distance needs. */
function evenly(splits) {
  const distance = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
  const digits = [0, 1, 2, 3, 4, 5].find((many) => Math.abs((distance * 10 ** many) - Math.round(distance * 10 ** many)) < 1e-6) ?? 6;
  return splits.map((value) => number(value, digits));
}

/** A single point gets room around it. */
const xRange = (_, low, high) => low === null ? [0, 1] : low === high ? [low - 1, high + 1] : [low, high];

function yRange(low, high, zero) {
  if (low === null) {
    return [0, 1];
  }
  const pad = Math.max((high - low) * 0.08, Math.abs(high) * 0.02, 1e-9);
  return [zero || (low >= 0 && low < 0.35 * high) ? Math.min(0, low) : low - pad, high + pad];
}

/** Index of the value that is nearest to another. */
function nearest(ascending, value) {
  const after = ascending.findIndex((one) => one >= value);
  return after < 0 ? ascending.length - 1 : after > 0 && value - ascending[after - 1] < ascending[after] - value ? after - 1 : after;
}
