// The dashboard of a run. With a report in the document it shows that; else it is connected to the run that serves it.
import { Changes } from './changes.js';
import { Controls } from './controls.js';
import { Curves } from './curves.js';
import { byId, mark } from './dom.js';
import { date } from './format.js';
import { renderHeader } from './header.js';
import { Lanes } from './lanes.js';
import { Live } from './live.js';
import { Mixes, Records } from './records.js';
import { Resources } from './resources.js';
import { Stages } from './stages.js';
import { Store } from './store.js';
import { startTheme } from './theme.js';

const found = byId('report');
const report = found ? JSON.parse(found.textContent) : null;
const store = new Store();
if (report) {
  document.querySelectorAll('[data-live]').forEach((part) => part.remove());
}
const controls = report ? null : new Controls(store);
const lanes = new Lanes(store, controls ? (name) => controls.drain(name) : null);
const [curves, stages, changes, mixes, records] = [new Curves(store), new Stages(store), new Changes(store), new Mixes(store), new Records(store)];
const resources = report ? null : new Resources(store);
startTheme();

const parts = {
  run: () => {
    renderHeader(store.state);
    lanes.render();
    controls?.render();
    changes.render();
    records.renderSnapshots();
    resources?.render();
    mixes.render();
    curves.renderLosses();
    stages.render();
  },
  series: () => {
    curves.renderLosses();
    stages.render();
  },
  evaluations: () => curves.renderEvaluations(),
  notices: () => records.renderNotices(),
};

if (report) {
  const now = report.state?.now ?? Date.now();
  store.setState(report.state, now);
  store.setSeries(report.series);
  store.setEvaluations(report.evaluations ?? []);
  store.setNotices(report.notices ?? []);
  mark(byId('connection'), 'square', `report of ${date(now)}`, 'muted');
  Object.values(parts).forEach((render) => render());
  mixes.show(report.mixes ?? null, report.state.snapshots.at(-1)?.step ?? null);
} else {
  // Everything that arrives between two pictures of the screen is drawn at once.
  const due = new Set();
  const live = (what) => {
    if (due.size === 0) {
      requestAnimationFrame(() => {
        const now = [...due];
        due.clear();
        now.filter((name) => store.state || name !== 'run').forEach((name) => parts[name]());
      });
    }
    due.add(what);
  };
  mixes.start();
  mark(byId('connection'), 'ring', 'connecting', 'muted');
  new Live(store, live);
}
