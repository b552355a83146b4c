// `graphql(…)` with the types of this server's schema: what a document selects is what its answer has, and nothing else.
import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./graphql-env.js";

export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string };
}>();

export type { ResultOf, TadaDocumentNode } from "gql.tada";
