// Asks the server. An answer may hold data and errors at once: a report that failed is null and has an error with its path,
// and its neighbours stand.
import { print } from "@0no-co/graphql.web";
import type { TadaDocumentNode } from "./graphql.js";

export interface FieldError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly retryAfterSeconds?: number };
}

export interface Answer<Result> {
  readonly data: Result;
  readonly errors: readonly FieldError[];
}

/** The request as a whole was refused, or the server did not answer. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    message: string,
    readonly code: string,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

export class Client {
  readonly #url: string;
  readonly #key: string;

  /** `key` is the caller's API key; the demo needs none. */
  constructor(server: string, key = "") {
    this.#url = new URL("/graphql", server).href;
    this.#key = key;
  }

  async ask<Result, Variables>(
    document: TadaDocumentNode<Result, Variables>,
    variables: Variables,
  ): Promise<Answer<Result>> {
    const response = await this.#post(JSON.stringify({ query: print(document), variables }));
    const body = (await response.json()) as { data?: Result | null; errors?: FieldError[] };
    if (body.data === undefined || body.data === null) {
      const first = body.errors?.[0];
      throw new Refused(
        first?.message ?? `The server answered with ${response.status}.`,
        first?.extensions.code ?? "INTERNAL",
        response.headers.get("x-request-id"),
      );
    }
    return { data: body.data, errors: body.errors ?? [] };
  }

  async #post(body: string): Promise<Response> {
    const headers: Record<string, string> = {
      accept: "application/graphql-response+json",
      "content-type": "application/json",
    };
    if (this.#key) headers["authorization"] = `Bearer ${this.#key}`;
    try {
      return await fetch(this.#url, { method: "POST", headers, body, credentials: "omit" });
    } catch {
      // A browser tells a page no more than this, also where CORS is the reason.
      throw new Refused("The server does not answer this page: is it running, and is this origin allowed?", "UNREACHABLE");
    }
  }
}
