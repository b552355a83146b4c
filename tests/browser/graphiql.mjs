// Opens GraphiQL, runs what the page shows, and reports what happened.
// Arguments: debugging address (ws://…), the page's address, a file for the screenshot, a header line to type or "".
import { writeFile } from "node:fs/promises";
import { openPage } from "./devtools.mjs";

const [debuggerUrl, pageUrl, screenshot, headers] = process.argv.slice(2);
const page = await openPage(debuggerUrl);
await page.go(pageUrl);

await page.until("document.querySelector('.graphiql-execute-button') !== null");
if (headers) {
  await page.until("document.querySelector('.graphiql-editor-tool .CodeMirror') !== null");
  await page.evaluate(
    `[...document.querySelectorAll('.graphiql-editor-tool .CodeMirror')].at(-1).CodeMirror.setValue(${JSON.stringify(headers)})`,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const tabs = await page.evaluate("document.querySelectorAll('.graphiql-tab').length");
const links = await page.evaluate("[...document.querySelectorAll('#graphiql a')].map((link) => link.getAttribute('href'))");
await page.evaluate("document.querySelector('.graphiql-execute-button').click()");
const answer = await page.until(
  "(() => { const e = document.querySelector('.result-window .CodeMirror'); const v = e && e.CodeMirror.getValue(); return v && v.includes('{') ? v : null })()",
);
await new Promise((resolve) => setTimeout(resolve, 500));
await writeFile(screenshot, await page.screenshot());
const stored = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})");
process.stdout.write(JSON.stringify({ answer, tabs, links, stored, ...page.seen }));
page.close();
