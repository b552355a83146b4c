// Runs every audit of the npm package graphql-http against the server at argv[2]; prints their results as JSON.
"use strict";

const path = require("node:path");
const { serverAudits } = require(path.join(process.argv[3], "lib", "audits", "index.js"));

(async () => {
  const results = [];
  for (const audit of serverAudits({ url: process.argv[2] })) {
    const { status, reason } = await audit.fn();
    results.push({ id: audit.id, name: audit.name, status, reason: reason ?? null });
  }
  process.stdout.write(JSON.stringify(results));
})();
