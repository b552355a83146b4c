// Drives one page of Chromium over its debugging protocol, and notes what it asks for and what it complains about.

export async function openPage(debuggerUrl) {
  const socket = new WebSocket(debuggerUrl);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("no debugger"));
  });

  let last = 0;
  let sessionId;
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
  const screenshot = async () =>
    Buffer.from((await send("Page.captureScreenshot", { format: "png" })).data, "base64");

  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  sessionId = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Network", "Log", "Runtime", "Page"]) await send(`${domain}.enable`);
  await send("Emulation.setDeviceMetricsOverride", { width: 1400, height: 900, deviceScaleFactor: 1, mobile: false });
  return { seen, evaluate, until, screenshot, go: (url) => send("Page.navigate", { url }), close: () => socket.close() };
}
