// Leaves the dashboard of a run open, for as long as you like, and watches whether the page grows.
//
//   node tools/dashboard/soak.mjs URL [--minutes 60] [--work 10] [--every 60] [--playwright DIR] [--chromium /usr/bin/chromium]
//
// URL is printed by the run. Every --every seconds the run works for --work of them and then pauses, so that an hour of it costs a
// machine minutes; once a minute the views that the state tells of, the page's memory after a garbage collection, its nodes and
// listeners, the elements of each section, and the memory of the run's processes are printed, as tab-separated columns. DIR holds
// playwright-core, for example what building the end-to-end tests has put into
// tests/TiMix.EndToEnd.Tests/bin/Release/net10.0/.playwright/package.
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : otherwise;
};
const url = process.argv[2]?.replace(/\/$/, "");
if (!url?.startsWith("http")) {
  console.error("usage: soak.mjs URL [--minutes 60] [--work 10] [--every 60] [--playwright DIR] [--chromium PATH]");
  process.exit(2);
}

const directory = resolve(option("playwright", "tests/TiMix.EndToEnd.Tests/bin/Release/net10.0/.playwright/package"));
const { chromium } = createRequire(import.meta.url)(directory);
const browser = await chromium.launch({ executablePath: option("chromium", "/usr/bin/chromium"), args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
const errors = [];
page.on("pageerror", (error) => errors.push(error.message));
await page.goto(url);
const session = await page.context().newCDPSession(page);
await session.send("Performance.enable");

const wish = async (name) => {
  const answer = await fetch(`${url}/api/${name}`, { method: "POST", headers: { "content-type": "application/json", origin: url }, body: "{}" });
  if (!answer.ok) console.error(`${name}: ${answer.status} ${await answer.text()}`);
};
const resident = (id) => {
  const line = readFileSync(`/proc/${id}/status`, "utf8").match(/VmRSS:\s+(\d+)/);
  return line ? Math.round(line[1] / 1024) : 0;
};

const sections = () => page.evaluate(() => [...document.querySelectorAll("section")]
  .filter((section) => !section.querySelector("section"))
  .map((section) => `${section.id} ${section.querySelectorAll("*").length}`).join(", "));
const report = async (minute) => {
  await session.send("HeapProfiler.collectGarbage");
  const metrics = Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  const run = await (await fetch(`${url}/api/run`)).json();
  const processes = run.nodes.map((node) => `${node.name} ${resident(node.processId)}`).join(", ");
  console.log([minute, run.step, run.views.length, (metrics.JSHeapUsedSize / 2 ** 20).toFixed(2), metrics.Nodes, metrics.JSEventListeners, metrics.Documents, await page.textContent("#connection"), await sections(), processes].join("\t"));
};

console.log("minute\tstep\tviews\theap MB\tnodes\tlisteners\tdocuments\tstate\telements by section\tprocesses (MB resident)");
const [opened, every] = [Date.now(), 1000 * Number(option("every", 60))];
for (let turn = 1, reported = 0; reported < Number(option("minutes", 60)); turn++) {
  await wish("continue");
  await after(1000 * Number(option("work", 10)));
  await wish("pause");
  const minute = Math.floor((Date.now() - opened) / 60_000);
  if (minute > reported) {
    reported = minute;
    await report(minute);
  }
  await after(Math.max(0, opened + (turn * every) - Date.now()));
}

if (errors.length) console.log(`errors in the page: ${errors.join("; ")}`);
await browser.close();
process.exit(errors.length ? 1 : 0);
