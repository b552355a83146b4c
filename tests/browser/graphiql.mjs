// Drives Chromium over its debugging protocol: opens GraphiQL, runs what the page shows, and reports what happened.
// Arguments: debugging address (ws://…), the page's address, a file for the screenshot, a header line to type or "".
import { writeFile } from "node:fs/promises";

const [debuggerUrl, pageUrl, screenshot, headers] = process.argv.slice(2);
const socket = new WebSocket(debuggerUrl);
await new Promise((resolve, reject) => {
  socket.onopen = resolve;
  socket.onerror = () => reject(new Error("no debugger"));
});

let last = 0;
const waiting = new Map();
const seen = { requests: [], complaints: [] };
socket.onmessage = ({ data }) => {
  const { id, result, error, method, params } = JSON.parse(data);
  if (id) {
    if (error) throw new Error(JSON.stringify(error));
    waiting.get(id)(result);
    waiting.delete(id);
  } else if (method === "Network.requestWillBeSent") {
    seen.requests.push(params.request.url);
  } else if (method === "Log.entryAdded") {
    seen.complaints.push(params.entry.text);
  } else if (method === "Runtime.exceptionThrown") {
    seen.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  } else if (method === "Runtime.consoleAPICalled" && params.type === "error") {
    seen.complaints.push(params.args.map((arg) => arg.value ?? arg.description).join(" "));
  }
};

let sessionId;
const send = (method, params = {}) =>
  new Promise((resolve) => {
    last += 1;
    waiting.set(last, resolve);
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
const evaluate = async (expression) => {
  const answer = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
  return answer.result?.value;
};
const until = async (expression, seconds = 30) => {
  for (let tries = 0; tries < seconds * 10; tries += 1) {
    const value = await evaluate(expression);
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`never true: ${expression}\n${JSON.stringify(seen)}`);
};

const { targetId } = await send("Target.createTarget", { url: "about:blank" });
sessionId = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
for (const domain of ["Network", "Log", "Runtime", "Page"]) await send(`${domain}.enable`);
await send("Emulation.setDeviceMetricsOverride", { width: 1400, height: 900, deviceScaleFactor: 1, mobile: false });
await send("Page.navigate", { url: pageUrl });

await until("document.querySelector('.graphiql-execute-button') !== null");
if (headers) {
  await until("document.querySelector('.graphiql-editor-tool .CodeMirror') !== null");
  await evaluate(
    `[...document.querySelectorAll('.graphiql-editor-tool .CodeMirror')].at(-1).CodeMirror.setValue(${JSON.stringify(headers)})`,
  );
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
const tabs = await evaluate("document.querySelectorAll('.graphiql-tab').length");
await evaluate("document.querySelector('.graphiql-execute-button').click()");
const answer = await until(
  "(() => { const e = document.querySelector('.result-window .CodeMirror'); const v = e && e.CodeMirror.getValue(); return v && v.includes('{') ? v : null })()",
);
await new Promise((resolve) => setTimeout(resolve, 500));
const { data } = await send("Page.captureScreenshot", { format: "png" });
await writeFile(screenshot, Buffer.from(data, "base64"));
const stored = await evaluate("JSON.stringify({...localStorage, ...sessionStorage})");
process.stdout.write(JSON.stringify({ answer, tabs, stored, ...seen }));
socket.close();
