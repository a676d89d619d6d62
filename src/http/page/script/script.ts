/**
 * The script of the page.
 *
 * It is JavaScript in a string, because only a string has the same bytes under
 * `deno run`, in a package on JSR, in a minified bundle and in a binary. A
 * function's `toString()` depends on the compiler, and files beside a module
 * are not always available. Types are in comments; the tests check them, and
 * the style, as for any other file.
 *
 * The script sets everything that it shows as text. The page's policy enforces
 * this: with `trusted-types 'none'` a browser refuses to parse HTML from a
 * string.
 *
 * @module
 */
import { ANSWERS } from "./answers.ts";
import { BOARD } from "./board.ts";
import { CALLS } from "./calls.ts";
import { FORMS } from "./forms.ts";
import { HEALTH } from "./health.ts";
import { SEARCH } from "./search.ts";
import { SNIPPETS } from "./snippets.ts";

/** The script, for the head of the page. */
export const SCRIPT: string = String.raw`"use strict";
// Before anything is shown: what needs this script is not hidden any more.
document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const { url: urlPlaceholder, key: keyPlaceholder, needsKey, words } = JSON
    .parse(document.documentElement.dataset.settings ?? "{}");
  const url = location.origin + "/mcp";

  /**
   * The element that the page always has.
   * @type {(selector: string, root?: ParentNode) => HTMLElement}
   */
  const find = (selector, root = document) => {
    const found = root.querySelector(selector);
    if (!(found instanceof HTMLElement)) throw new Error(selector);
    return found;
  };

  /** @type {(selector: string) => HTMLElement[]} */
  const all = (selector) =>
    [...document.querySelectorAll(selector)]
      .filter((one) => one instanceof HTMLElement);

  /**
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {object} properties
   * @returns {HTMLElementTagNameMap[K]}
   */
  const make = (tag, properties = {}) =>
    Object.assign(document.createElement(tag), properties);

  /** @type {(text: string, values: Record<string, unknown>) => string} */
  const fill = (text, values) =>
    text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

  // The key is kept in its field and nowhere else.
  const keyField = document.querySelector("#key");
  const readKey = () =>
    keyField instanceof HTMLInputElement ? keyField.value.trim() : "";
${[HEALTH, SNIPPETS, SEARCH, CALLS, ANSWERS, BOARD, FORMS].join("")}});
`;
