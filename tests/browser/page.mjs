// Opens a page, waits until something on it is true, and reports what it shows.
// Arguments: debugging address (ws://…), the page's address, a file for the screenshot, what to wait for (an expression).
import { writeFile } from "node:fs/promises";
import { openPage } from "./devtools.mjs";

const [debuggerUrl, pageUrl, screenshot, condition] = process.argv.slice(2);
const page = await openPage(debuggerUrl);
await page.go(pageUrl);
await page.until(condition);
const text = await page.evaluate("document.body.innerText");
await writeFile(screenshot, await page.screenshot());
const stored = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})");
process.stdout.write(JSON.stringify({ text, stored, ...page.seen }));
page.close();
