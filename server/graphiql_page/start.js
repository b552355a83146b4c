// Starts GraphiQL on this server. What the page shows first stands in the element's data; nothing is kept in the browser.
"use strict";

(() => {
  const element = document.getElementById("graphiql");
  const { docs, examples, headers } = JSON.parse(element.dataset.page);
  const kept = new Map();
  const memory = {
    get length() {
      return kept.size;
    },
    key: (position) => [...kept.keys()][position] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, String(value)),
    removeItem: (name) => kept.delete(name),
    clear: () => kept.clear(),
  };
  // A caller's key is typed into the headers editor; what is written there also goes with the question for the schema.
  const options = {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    storage: memory,
    shouldPersistHeaders: false,
    isHeadersEditorEnabled: true,
    defaultEditorToolsVisibility: headers ? "headers" : false,
    defaultHeaders: headers || undefined,
    defaultTabs: examples.length ? examples.map((query) => ({ query, headers: headers || null })) : undefined,
  };
  // The docs page needs a key as all else does, and a link cannot carry one: it stands here only where none is asked for.
  const about = docs && React.createElement("a", { href: docs, target: "_blank", rel: "noopener" }, "Docs");
  const logo = about && React.createElement(GraphiQL.Logo, null, about);
  ReactDOM.createRoot(element).render(React.createElement(GraphiQL, options, logo));
})();
