/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Elements. Texts become text nodes: no string is ever read as HTML.
 *
 * @module
 */

/** A child of an element; nothing if it is false or undefined. */
export type Child = Node | string | number | false | undefined;

/** Attributes; properties of functions are listeners, such as `onclick`. */
export type Attributes = Readonly<
  Record<
    string,
    string | number | boolean | undefined | ((event: never) => void)
  >
>;

const SVG = "http://www.w3.org/2000/svg";

function fill<E extends Element>(
  element: E,
  attributes: Attributes,
  children: readonly Child[],
): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value as EventListener);
    } else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
  return element;
}

/** Makes an element of HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg(
  tag: string,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElement {
  return fill(
    document.createElementNS(SVG, tag) as SVGElement,
    attributes,
    children,
  );
}

/** A button. */
export function button(
  label: string,
  kind: string,
  onclick: () => void,
): HTMLButtonElement {
  return h("button", { type: "button", class: kind, onclick }, label);
}

/** A notice, such as an error; screen readers read it at once. */
export function notice(kind: string, text: string): HTMLElement {
  return h("p", { class: `notice ${kind}`, role: "alert" }, text);
}

/** The page's root. */
export function main(): HTMLElement {
  return document.querySelector("main")!;
}

/** Shows elements, and nothing else. */
export function show(...children: readonly Child[]): void {
  main().replaceChildren(
    ...children.filter((child) => child !== undefined && child !== false)
      .map((child) => typeof child === "number" ? String(child) : child),
  );
}
