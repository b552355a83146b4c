// Elements from texts. Texts of a site go in as text and never as HTML.
export type Part = Node | string;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  ...parts: readonly Part[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.append(...parts);
  return made;
}

export function button(label: string, act: () => void): HTMLButtonElement {
  const made = element("button", label);
  made.addEventListener("click", act);
  return made;
}

export type Cell = string | number | null;

/** A table; what is null is not known, and is not a zero. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): HTMLTableElement {
  const head = element("tr", ...headings.map((heading) => element("th", heading)));
  const body = rows.map((cells) => element("tr", ...cells.map((cell) => element("td", written(cell)))));
  return element("table", element("thead", head), element("tbody", ...body));
}

function written(cell: Cell): string {
  return cell === null ? "–" : cell.toLocaleString();
}

/** A ratio from 0 to 1 as a text. */
export function percent(ratio: { readonly value: number | null }): string | null {
  return ratio.value?.toLocaleString(undefined, { style: "percent", maximumFractionDigits: 1 }) ?? null;
}
