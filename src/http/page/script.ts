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

import { BOARD } from "./board_script.ts";

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

  // ----- Health

  const health = find("#health");
  /** @type {(state: string, text: string) => void} */
  const showHealth = (state, text) => {
    health.dataset.state = state;
    health.textContent = text;
  };
  /** @type {(path: string) => Promise<{ ok: boolean, status: number, body: any }>} */
  const ask = async (path) => {
    const response = await fetch(path, { cache: "no-store" });
    const { ok, status } = response;
    return { ok, status, body: await response.json().catch(() => ({})) };
  };
  const checkHealth = async () => {
    try {
      const [alive, ready] = await Promise.all(["/health", "/ready"].map(ask));
      const { version } = alive.body;
      find("#parts").replaceChildren(
        ...Object.keys(words.parts)
          .filter((part) => ["ok", "failing"].includes(ready.body[part]))
          .map((part) => {
            const one = make("span", { textContent: words.parts[part] });
            one.dataset.state = ready.body[part] === "ok" ? "good" : "bad";
            return one;
          }),
      );
      const failing = Object.keys(words.parts)
        .filter((part) => ready.body[part] === "failing")
        .map((part) => words.parts[part]).join(", ");
      if (alive.ok && ready.ok) {
        showHealth("good", fill(words.healthy, { version }));
      } else if (alive.ok && failing !== "") {
        showHealth("bad", fill(words.notReady, { version, failing }));
      } else {
        const [path, { status }] = alive.ok
          ? ["/ready", ready]
          : ["/health", alive];
        showHealth("bad", fill(words.unhealthy, { path, status }));
      }
    } catch {
      showHealth("bad", words.unreachable);
    }
  };
  checkHealth();

  // ----- Snippets

  const toast = find("#toast");
  let toastTimer = 0;
  /** @type {(text: string) => void} */
  const say = (text) => {
    toast.textContent = text;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => toast.textContent = "", 6000);
  };

  for (const snippet of all(".snippet")) {
    const code = find("code", snippet);
    const button = find("button", snippet);
    const what = button.dataset.what;
    const text = (code.textContent ?? "").replaceAll(urlPlaceholder, url);
    code.textContent = text;

    // A key is never shown. It is copied if one was pasted, and only if it
    // means the same within JSON and in a shell.
    const copied = () =>
      /^[\w.~+/=-]+$/.test(readKey())
        ? text.replaceAll(keyPlaceholder, readKey())
        : text;
    const label = () => {
      const verb = copied() === text ? words.copy : words.copyWithKey;
      button.textContent = verb;
      button.setAttribute("aria-label", verb + ": " + what);
    };
    label();
    keyField?.addEventListener("input", label);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(copied());
        say(fill(words.copied, { what }));
      } catch {
        // There is no clipboard without https, or it was forbidden.
        getSelection()?.selectAllChildren(code);
        say(words.selected);
      }
    });
  }

  // An address that adds the server holds the placeholder in JSON, which may be
  // in base64 within it.
  for (const link of all(".install a")) {
    if (!(link instanceof HTMLAnchorElement)) continue;
    link.href = link.href.replace(
      /config=([^&]+)/,
      (_, config) =>
        "config=" + encodeURIComponent(
          btoa(
            atob(decodeURIComponent(config)).replaceAll(urlPlaceholder, url),
          ),
        ),
    ).replaceAll(encodeURIComponent(urlPlaceholder), encodeURIComponent(url));
  }

  // ----- Search

  /** @type {(text: string) => string} */
  const fold = (text) =>
    text.normalize("NFKC").toLowerCase().replace(/[\s_-]+/g, " ").trim();

  const groups = all("section > section").map((group) => ({
    group,
    fold: find("details", group),
    tools: [...group.querySelectorAll("[data-effect]")].map((tool) => ({
      tool,
      text: fold(find("h3", group).textContent + " " + tool.textContent),
    })),
  }));
  const search = find("#filter");
  let isSearching = false;
  const showFound = () => {
    const query = search instanceof HTMLInputElement ? search.value : "";
    const wanted = fold(query).split(" ").filter(Boolean);
    let shown = 0;
    let total = 0;
    for (const { group, fold, tools } of groups) {
      let inGroup = 0;
      for (const { tool, text } of tools) {
        if (!(tool instanceof HTMLElement)) continue;
        tool.hidden = !wanted.every((word) => text.includes(word));
        if (!tool.hidden) inGroup++;
      }
      group.hidden = inGroup === 0;
      // What is found is seen; without a search, the groups are folded again.
      if (wanted.length > 0 || isSearching) {
        fold.toggleAttribute("open", wanted.length > 0);
      }
      shown += inGroup;
      total += tools.length;
    }
    isSearching = wanted.length > 0;
    find("#none").hidden = shown > 0;
    find("#found").textContent = fill(words.found, { shown, all: total });
  };
  search.addEventListener("input", showFound);
  // A browser may keep what was written there when the page is shown again.
  showFound();

  // ----- Calling tools

  /** What a person can act on; its message is shown as it is. */
  class Trouble extends Error {}

  /**
   * The JSON-RPC message in an answer: JSON, or the data of an event.
   * @type {(type: string, text: string) => any}
   */
  const messageIn = (type, text) => {
    const candidates = type.startsWith("text/event-stream")
      ? text.split(/\r?\n\r?\n/).map((event) =>
        event.split(/\r?\n/).filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5).trimStart()).join("\n")
      )
      : [text];
    for (const candidate of candidates) {
      try {
        const message = JSON.parse(candidate);
        if (message.result || message.error) return message;
      } catch {
        // Neither an answer nor one of the server's errors.
      }
    }
  };

  /** @type {(name: string, args: object) => Promise<any>} */
  const callTool = async (name, args) => {
    const key = readKey();
    if (needsKey && key === "") throw new Trouble(words.keyMissing);
    if (!/^[\x21-\x7e]*$/.test(key)) throw new Trouble(words.keyMalformed);
    const response = await fetch("/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
        ...(key === "" ? {} : { authorization: "Bearer " + key }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name, arguments: args },
      }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    }).catch(() => {
      throw new Trouble(words.offline);
    });
    const { status } = response;
    if (status === 401) {
      throw new Trouble(key === "" ? words.keyMissing : words.keyUnknown);
    }
    const text = await response.text().catch(() => {
      throw new Trouble(words.offline);
    });
    const type = response.headers.get("content-type") ?? "";
    const message = messageIn(type, text);
    if (message?.error) {
      const reason = message.error.message ?? message.error;
      throw new Trouble(fill(words.refused, { reason, status }));
    }
    if (!message) throw new Trouble(fill(words.unexpected, { status }));
    return message.result;
  };

  // The lines around text that people wrote: they are there for a model.
  const fence = /^<(qontak-data [0-9]+)>\n([^]*)\n<\/\1>$/;

  /** @type {(text: string) => string} */
  const pretty = (text) => {
    try {
      return JSON.stringify(JSON.parse(text.replace(fence, "$2")), null, 2);
    } catch {
      return text;
    }
  };

  /** @type {(value: unknown) => value is Record<string, unknown>} */
  const isRecord = (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  /**
   * The rows of an answer: its records, or else the values of the one record.
   * @type {(content: Record<string, unknown>) => Record<string, unknown>[]}
   */
  const rowsOf = ({ untrusted: _, ...content }) => {
    for (const key of ["records", "results", "required"]) {
      const list = content[key];
      if (Array.isArray(list)) return list.filter(isRecord);
    }
    return Object.entries(content).map(([key, value]) => ({
      [words.field]: key,
      [words.value]: typeof value === "number" ? cellText(value, key) : value,
    }));
  };

  /** @type {(value: unknown, key: string) => string} */
  const cellText = (value, key) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" && !/(^|_)id$/.test(key)) {
      return value.toLocaleString(document.documentElement.lang);
    }
    if (typeof value === "string") {
      return value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):.*$/, "$1 $2");
    }
    if (!isRecord(value)) {
      return Array.isArray(value)
        ? value.map((one) => cellText(one, key)).join(", ")
        : String(value);
    }
    return Object.entries(value)
      .map(([inner, one]) => inner + " " + cellText(one, inner)).join(", ");
  };

  /**
   * Records as a table, with a column for each key that one of them has.
   * @type {(records: Record<string, unknown>[]) => HTMLTableElement}
   */
  const tableOf = (records) => {
    const every = new Set(records.flatMap((one) => Object.keys(one)));
    // The name says more than the id beside it.
    const keys = [...every].filter((key) =>
      !/._id$/.test(key) || !every.has(key.replace(/_id$/, "_name"))
    );
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const key of keys) {
      head.append(make("th", { scope: "col", textContent: key }));
    }
    const body = table.createTBody();
    for (const record of records) {
      const row = body.insertRow();
      for (const key of keys) {
        const cell = row.insertCell();
        const value = record[key];
        cell.textContent = cellText(value, key);
        if (typeof value === "number") cell.className = "n";
      }
    }
    return table;
  };
${BOARD}
  /** @type {(type: string) => HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} */
  const inputFor = (type) => {
    const options = type === "boolean"
      ? ["true", "false"]
      : type.startsWith('"')
      ? (type.match(/"(\\.|[^"\\])*"/g) ?? []).map((word) => JSON.parse(word))
      : [];
    if (options.length > 0) {
      const select = make("select");
      select.append(...["", ...options].map((value) => new Option(value)));
      return select;
    }
    if (/[[{]|^object$/.test(type)) return make("textarea", { rows: 2 });
    return make("input", {
      inputMode: type === "integer"
        ? "numeric"
        : type === "number"
        ? "decimal"
        : "text",
    });
  };

  /**
   * A value as its type has it. What cannot be read so is sent as it is: the
   * server says best what is wrong with it.
   * @type {(type: string, text: string) => unknown}
   */
  const valueOf = (type, text) => {
    if (type === "string" || type.startsWith('"')) return text;
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };

  /**
   * Puts a field beside each argument of a tool, and a button below.
   * @type {(tool: HTMLElement) => void}
   */
  const addForm = (tool) => {
    const name = tool.id;
    if (tool.querySelector("form")) return;
    const form = make("form");
    const fields = [...tool.querySelectorAll("li")].map((entry) => {
      const argument = find("code", entry).textContent ?? "";
      const type = find("i", entry).textContent ?? "";
      const id = name + "." + argument;
      const label = make("label", { htmlFor: id });
      label.append(...entry.childNodes);
      const input = Object.assign(inputFor(type), {
        id,
        autocomplete: "off",
        spellcheck: false,
        required: label.querySelector("em") !== null,
      });
      entry.append(label, input);
      return { argument, type, input };
    });
    const button = make("button", {
      textContent: fill(words.call, { tool: name }),
    });
    const status = make("p", { role: "status", className: "outcome" });
    const answer = make("pre", {
      className: "answer",
      hidden: true,
      tabIndex: 0,
      role: "region",
      ariaLabel: fill(words.answer, { tool: name }),
    });
    const scroll = make("div", {
      className: "scroll",
      hidden: true,
      tabIndex: 0,
      role: "region",
      ariaLabel: fill(words.answer, { tool: name }),
    });
    const forms = make("div", { className: "forms", hidden: true });
    /** @type {(HTMLElement | undefined)[]} */
    let views = [];
    const [asBoard, asTable, whole] = [words.board, words.table, words.whole]
      .map((textContent) => make("button", { type: "button", textContent }));
    const choices = [asBoard, asTable, whole];
    /** @type {(chosen: HTMLElement) => void} */
    const show = (chosen) => {
      const view = views[choices.findIndex((one) => one === chosen)];
      scroll.replaceChildren(view ?? "");
      scroll.hidden = !view;
      answer.hidden = Boolean(view);
      for (const one of choices) {
        one.setAttribute("aria-pressed", String(one === chosen));
      }
    };
    for (const one of choices) one.addEventListener("click", () => show(one));
    const list = tool.querySelector("ul");
    if (list) form.append(list);
    form.append(button, status, forms, scroll, answer);
    tool.append(form);

    let isBusy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      // The button keeps the focus, which it would lose if it were disabled.
      button.setAttribute("aria-disabled", "true");
      status.dataset.state = "";
      status.textContent = words.calling;
      for (const one of [forms, scroll, answer]) one.hidden = true;
      const given = fields.filter(({ input }) => input.value.trim() !== "")
        .map(({ argument, type, input }) => [
          argument,
          valueOf(type, input.value),
        ]);
      const start = performance.now();
      try {
        const result = await callTool(name, Object.fromEntries(given));
        const ms = Math.round(performance.now() - start);
        answer.textContent = [result.content].flat()
          .map((part) => pretty(part?.text ?? JSON.stringify(part)))
          .join("\n\n");
        const { structuredContent: content, isError } = result;
        const records = isRecord(content) && !isError ? rowsOf(content) : [];
        const isTable = records.length > 0;
        const board = isTable
          ? await askBoard(name, content, records).catch(() => undefined)
          : undefined;
        views = [board, isTable ? tableOf(records) : undefined];
        forms.replaceChildren(...choices.slice(board ? 0 : 1));
        forms.hidden = !isTable;
        const first = name === "get_pipeline" && board ? asBoard : asTable;
        show(isTable ? first : whole);
        status.dataset.state = result.isError ? "bad" : "good";
        status.textContent = fill(
          result.isError ? words.failed : words.answered,
          { ms },
        );
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        status.dataset.state = "bad";
        status.textContent = error.message;
      } finally {
        isBusy = false;
        button.removeAttribute("aria-disabled");
      }
    });
  };

  // A question of the page, asked of this server.
  for (const button of all(".run")) {
    button.addEventListener("click", () => {
      const tool = find("#" + button.dataset.tool);
      addForm(tool);
      if (search instanceof HTMLInputElement) search.value = "";
      showFound();
      for (
        let one = tool.closest("details");
        one;
        one = one.parentElement?.closest("details") ?? null
      ) one.open = true;
      const form = tool.querySelector("form");
      if (!form) return;
      form.reset();
      for (
        const [argument, value] of Object.entries(
          JSON.parse(button.dataset.args ?? "{}"),
        )
      ) {
        const field = document.getElementById(tool.id + "." + argument);
        if (field && "value" in field) {
          field.value = typeof value === "string"
            ? value
            : JSON.stringify(value);
        }
      }
      form.requestSubmit();
      tool.scrollIntoView();
      find("form > button", tool).focus();
    });
  }

  // What writes or deletes has no form.
  for (const tool of all('details[data-effect="read"]')) {
    tool.addEventListener("toggle", () => addForm(tool), { once: true });
  }
});
`;
