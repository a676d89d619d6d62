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

  // ----- Search

  /** @type {(text: string) => string} */
  const fold = (text) =>
    text.normalize("NFKC").toLowerCase().replace(/[\s_-]+/g, " ").trim();

  const groups = all("section > section").map((group) => ({
    group,
    tools: [...group.querySelectorAll("details")].map((tool) => ({
      tool,
      text: fold(find("h3", group).textContent + " " + tool.textContent),
    })),
  }));
  const search = find("#filter");
  const showFound = () => {
    const query = search instanceof HTMLInputElement ? search.value : "";
    const wanted = fold(query).split(" ");
    let shown = 0;
    let total = 0;
    for (const { group, tools } of groups) {
      let inGroup = 0;
      for (const { tool, text } of tools) {
        tool.hidden = !wanted.every((word) => text.includes(word));
        if (!tool.hidden) inGroup++;
      }
      group.hidden = inGroup === 0;
      shown += inGroup;
      total += tools.length;
    }
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
    const list = tool.querySelector("ul");
    if (list) form.append(list);
    form.append(button, status, answer);
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
      answer.hidden = true;
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
        answer.hidden = false;
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

  // What writes or deletes has no form.
  for (const tool of all('details[data-effect="read"]')) {
    tool.addEventListener("toggle", () => addForm(tool), { once: true });
  }
});
`;
