// The head of the page: which run, how it stands, how far it is.
import { byId, el, keyed, mark, put, say } from './dom.js';
import { date, duration, number, percent } from './format.js';

/** Status: shape, and the kind that gives its colour. */
const STATUSES = {
  preparing: ['ring', 'muted'], training: ['go', 'good'], waiting: ['ring', 'warn'], paused: ['pause', 'warn'], evaluating: ['diamond', 'good'],
  stopped: ['square', 'muted'], finished: ['tick', 'good'], failed: ['cross', 'bad'],
};

export function renderHeader(state) {
  const share = state.steps > 0 ? state.step / state.steps : 0;
  document.title = `${percent(share)} ${state.status}: ${state.run}`;
  say(byId('run'), state.run);
  mark(byId('status'), ...[STATUSES[state.status]?.[0] ?? 'ring', state.status, STATUSES[state.status]?.[1] ?? 'muted']);
  const bar = byId('progress');
  [bar.max, bar.value] = [Math.max(1, state.steps), state.step];
  say(byId('progress-text'), `step ${number(state.step)} of ${number(state.steps)} (${percent(share)})`);
  const facts = [
    ['Left', state.etaSeconds === null || state.etaSeconds === undefined ? '–' : duration(state.etaSeconds)],
    ['Samples/s', number(state.samplesPerSecond, state.samplesPerSecond < 10 ? 1 : 0)],
    ['Step', state.stepSeconds > 0 ? `${number(state.stepSeconds, state.stepSeconds < 10 ? 2 : 0)} s` : '–'],
    ['View', number(state.generation)],
    ['Epoch', number(state.epoch)],
    ['At', state.phase],
    ['Recipe', state.recipe],
    ['Since', date(state.startedAt)],
    ...(state.resumes > 0 ? [['Resumed', `${state.resumes} ×`]] : []),
    ...((state.offenders ?? []).some((one) => one.isPutOut) ? [['Put out', state.offenders.filter((one) => one.isPutOut).map((one) => one.node).join(', ')]] : []),
    ...(state.fingerprint ? [['Fingerprint', state.fingerprint.slice(0, 12)]] : []),
  ];
  keyed(byId('facts'), facts, ([name]) => name, ([name]) => el('div', {}, el('dt', { text: name }), el('dd')), (node, [, value]) => say(node.lastChild, value));
  const trouble = state.error ? `Failed: ${state.error}` : state.waiting ? `Stalled for ${Math.round(state.stalledSeconds)} s: ${state.waiting}` : '';
  say(byId('trouble'), trouble);
  byId('trouble').hidden = !trouble;
  put(byId('trouble'), 'data-kind', state.error ? 'bad' : 'warn');
}
