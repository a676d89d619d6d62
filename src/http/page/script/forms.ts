/**
 * The part of the page's script that asks for a tool's arguments, and runs it.
 *
 * @module
 */

/** Statements within the page's script, which has the functions of `CALLS`,
 * `ANSWERS` and `BOARD`. */
export const FORMS: string = String.raw`
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
`;
