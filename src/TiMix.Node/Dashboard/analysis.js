// What the numbers of a run mean: who came and went, what a change cost, where the time of a step goes. Pure functions.
import { count, list, number, percent, range } from './format.js';

const STAGES = ['compute', 'exchange', 'update', 'wait'];
const RECENT_POINTS = 20;
/** The kind of a loss that was none: the trainer went of its own accord. */
export const LEFT = 'left';
/** A loss is told once although the view change that it brought about shows it too: they lie so close together. */
const SAME_LOSS_MILLISECONDS = 60_000;

/** Whether nothing more will come of the run. */
export const isOver = (state) => ['stopped', 'finished', 'failed'].includes(state.status);

/**
 * Joins, leaves and deaths, ascending by step: { kind: "join"|"leave"|"death", step, at, text }. Joins and leaves are what differs
 * between one view and the next; deaths are the trainers that were put out.
 */
export function membershipEvents(views, losses) {
  const events = losses.map((loss) => ({
    kind: loss.kind === LEFT ? 'leave' : 'death', step: loss.step, at: loss.at, text: loss.kind === LEFT ? `${loss.node} left` : `${loss.node} was put out: ${loss.reason}`,
  }));
  const isTold = (node, at) => losses.some((loss) => loss.node === node && Math.abs(loss.at - at) < SAME_LOSS_MILLISECONDS);
  const namesOf = (view) => new Set(view.shares.map((share) => share.node));
  for (let i = 1; i < views.length; i++) {
    const [before, after, view] = [namesOf(views[i - 1]), namesOf(views[i]), views[i]];
    const joined = [...after].filter((node) => !before.has(node));
    const gone = [...before].filter((node) => !after.has(node) && !isTold(node, view.detectedAt));
    const push = (kind, nodes, word) => nodes.length && events.push({ kind, step: view.fromStep, at: view.detectedAt, text: `${list(nodes)} ${word} (view ${view.generation})` });
    push('join', joined, joined.length === 1 ? 'joined' : 'join');
    push('leave', gone, 'left');
  }
  return events.sort((a, b) => a.step - b.step || a.at - b.at);
}

/** Milliseconds that a change took: { installed, first, cost }; null: not yet, or never. */
export function viewCost(view, usualStepSeconds) {
  const after = (at) => at > 0 && view.detectedAt > 0 ? Math.max(0, at - view.detectedAt) : null;
  const first = after(view.firstStepAt);
  return { installed: after(view.installedAt), first, cost: first === null ? null : Math.max(0, first - (1000 * usualStepSeconds)) };
}

/** The middle of some numbers; 0: there are none. */
export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted.length ? sorted[sorted.length >> 1] : 0;
}

/** Mean seconds of the newest points by stage: { seconds, step, shares }; null: there are none. */
export function stageShares(series) {
  const from = Math.max(0, series.steps.length - RECENT_POINTS);
  const mean = (name) => {
    const values = series[name].slice(from).filter(Number.isFinite);
    return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
  };
  const seconds = STAGES.map((stage) => mean(`${stage}Seconds`));
  const step = seconds.reduce((sum, value) => sum + value, 0);
  return step > 0 ? { seconds, step, shares: seconds.map((value) => value / step), points: series.steps.length - from } : null;
}

/** Where the bottleneck is, in a sentence or two. */
export function bottleneck(stages, state) {
  const [compute, exchange, , wait] = stages.shares;
  const trainers = state.trainers.filter((trainer) => trainer.count > 0);
  if (wait >= 0.2) {
    return `Loaders or mixers: trainers wait ${percent(wait)} of the step for batches. ${busiestFeeder(state)}`.trim();
  }
  if (exchange >= 0.25) {
    return `Exchange: ${percent(exchange)} of the step goes by gathering and summing, waiting for the others included. ${slowestTrainer(trainers)}`.trim();
  }
  if (compute >= 0.5) {
    const most = trainers.length ? Math.max(...trainers.map((trainer) => trainer.count)) : 0;
    const more = most > 1 && state.control?.canScale && !isOver(state) ? ` More trainers would shorten it: one has ${most} of the ${state.microBatches} micro-batches.` : '';
    return `Trainers: ${percent(compute)} of the step is computing.${more}`;
  }
  const largest = stages.shares.indexOf(Math.max(...stages.shares));
  return `No stage stands out; the largest is ${STAGES[largest]} with ${percent(stages.shares[largest])} of the step.`;
}

/** Who of the loaders and mixers is busy, so far as their processes' CPU tells. */
function busiestFeeder(state) {
  const feeders = state.nodes.filter((node) => node.alive && node.roles.some((role) => role === 'loader' || role === 'mixer')).sort((a, b) => b.cpuPercent - a.cpuPercent);
  if (!feeders.length) {
    return '';
  }
  const says = feeders.slice(0, 3).map((node) => `${node.name} (${node.roles.filter((role) => role === 'loader' || role === 'mixer').join(', ')}) uses ${number(node.cpuPercent)} %`);
  const busy = feeders[0].cpuPercent >= 80 * Math.max(1, feeders[0].threads);
  return `Of a core, ${list(says)}${busy ? `: ${feeders[0].name} is the bottleneck.` : '; none is at its limit, so their pictures come slowly from disk or network, or they share their cores.'}`;
}

function slowestTrainer(trainers) {
  const timed = trainers.filter((trainer) => trainer.secondsPerMicroBatch > 0).sort((a, b) => b.secondsPerMicroBatch - a.secondsPerMicroBatch);
  const [slow, fast] = [timed[0], timed.at(-1)];
  return timed.length > 1 && slow.secondsPerMicroBatch > 1.3 * fast.secondsPerMicroBatch
    ? `${slow.node} needs ${number(slow.secondsPerMicroBatch / fast.secondsPerMicroBatch, 1)} times as long for a micro-batch as ${fast.node}.`
    : '';
}

/** The shares of a view in words. */
export const sharesText = (shares) => shares.map((share) => `${share.node}: ${range(share.first, share.count)}`).join(', ');

/** Who computes, in a sentence. */
export function whoText(state) {
  const at = state.trainers.filter((trainer) => trainer.count > 0).length;
  const outside = state.trainers.length - at;
  return `${count(state.microBatches, 'micro-batch', 'micro-batches')} a step, shared by ${count(at, 'trainer')} in view ${state.generation}${outside > 0 ? `; ${count(outside, 'trainer')} not in it` : ''}.`;
}
