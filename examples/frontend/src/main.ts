// The page: a list of dashboards, and the one that is chosen.
import { Client, type FieldError, Refused } from "./client.js";
import { button, element } from "./dom.js";
import { dashboardQuery, dashboardsQuery, type Item, startersMutation } from "./queries.js";
import { view } from "./reports.js";

const settings = new URLSearchParams(location.search);
const client = new Client(settings.get("server") ?? "http://127.0.0.1:8000", prompted());
const list = place("list");
const shown = place("shown");

/** The key is asked for where the address says so (`?key`), and is kept in no storage. */
function prompted(): string {
  return settings.has("key") ? (prompt("API key") ?? "") : "";
}

function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

async function showList(): Promise<void> {
  const { data } = await client.ask(dashboardsQuery, {});
  const dashboards = data.dashboards?.nodes ?? [];
  list.replaceChildren(...dashboards.map(({ id, title }) => button(title, () => run(() => showDashboard(id)))));
  if (dashboards[0]) await showDashboard(dashboards[0].id);
  else shown.replaceChildren("There are no dashboards yet. ", button("Create some", () => run(createStarters)));
}

async function createStarters(): Promise<void> {
  const { data } = await client.ask(startersMutation, {});
  const [problem] = data.createStarterDashboards.userErrors;
  if (problem) throw new Refused(problem.message, problem.code);
  await showList();
}

async function showDashboard(id: string): Promise<void> {
  const { data, errors } = await client.ask(dashboardQuery, { id });
  if (!data.dashboard) throw new Refused(errors[0]?.message ?? "There is no such dashboard.", "NOT_FOUND");
  const tiles = data.dashboard.items.map((item, position) => tile(item, errorOf(errors, position)));
  shown.replaceChildren(element("h1", data.dashboard.title), ...tiles);
}

/** What went wrong with the item at a position, if anything did. */
function errorOf(errors: readonly FieldError[], position: number): FieldError | undefined {
  return errors.find(({ path }) => path?.[1] === "items" && path[2] === position);
}

function tile({ width, widget, report }: Item, error: FieldError | undefined): HTMLElement {
  const made = element("article", element("h2", widget?.title ?? "A widget that cannot be read"));
  made.style.setProperty("--width", String(width));
  if (report) made.append(view(report), element("small", `As of ${new Date(report.read.asOf).toLocaleString()}`));
  if (error) made.append(element("p", `${error.message} (${error.extensions.code})`));
  return made;
}

function run(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    const told = error instanceof Refused ? `${error.message} (${error.code})` : "Something went wrong on this page.";
    shown.replaceChildren(element("p", told));
    if (!(error instanceof Refused)) throw error;
  });
}

run(showList);
