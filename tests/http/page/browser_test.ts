/** The page at / in a real browser, with the server and the CRM behind it. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import {
  CLIENTS,
  configFor,
  installLinks,
  KEY,
} from "../../../src/clients/clients.ts";
import { answers } from "../../../src/http/page/answers.ts";
import { examples, shownValue } from "../../../src/http/page/examples.ts";
import { indonesian } from "../../../src/http/page/indonesian.ts";
import { typeOf } from "../../../src/http/page/tools.ts";
import { catalog } from "../../../src/tools/catalog.ts";
import { callTool } from "../../support/call.ts";
import {
  BARRIERS,
  OPEN_ALL,
  OWN_WORDS,
  POOR_CONTRAST,
  STICKING_OUT,
} from "./audit.ts";
import { browserTest, type View, view } from "./browser.ts";

const A_KEY = "canary-key-3f9a71";

/** The text of an element. */
function textOf({ page }: View, selector: string): Promise<string> {
  return page.locator(selector).innerText();
}

/** Waits until the text of an element matches, and returns the whole text. */
async function waitFor(
  { page }: View,
  selector: string,
  text: string | RegExp,
): Promise<string> {
  const found = page.locator(selector).filter({ hasText: text });
  await found.waitFor();
  return await found.innerText();
}

/** Opens a tool, and the group that it is in. */
async function openTool({ page }: View, name: string): Promise<void> {
  const tool = page.locator(`#${name} > summary`);
  if (!await tool.isVisible()) {
    await page.click(`.group:has(#${name}) > summary`);
  }
  await tool.click();
}

/** Opens a tool, fills in its arguments, and calls it. */
async function tryTool(
  view: View,
  name: string,
  args: Record<string, string> = {},
): Promise<void> {
  const { page } = view;
  if (!await page.locator(`#${name} form`).isVisible()) {
    await openTool(view, name);
  }
  for (const [argument, value] of Object.entries(args)) {
    const field = page.locator(`[id="${name}.${argument}"]`);
    if (await field.evaluate((one) => one.tagName === "SELECT")) {
      await field.selectOption(value);
    } else await field.fill(value);
  }
  await page.click(`#${name} form button`);
}

/** The ids of the tools that are shown. */
function shownTools({ ask }: View): Promise<string[]> {
  return ask(
    `[...document.querySelectorAll("[data-effect]")]
      .filter((one) => one.checkVisibility()).map(({ id }) => id)`,
  );
}

// ----- What it shows

browserTest(
  "the page is small, loads nothing from other hosts, and causes no errors",
  async (t) => {
    await using shown = await view();
    assertEquals(shown.requests.toSorted(), [
      "GET /",
      "GET /health",
      "GET /ready",
    ]);
    const bytes = await shown.ask(
      `performance.getEntries().reduce((n, { encodedBodySize = 0 }) => n + encodedBodySize, 0)`,
    );
    const html = await (await fetch(shown.origin)).blob();
    const gzip = html.stream().pipeThrough(new CompressionStream("gzip"));
    const { size } = await new Response(gzip).blob();
    // The output of the tests shows the name.
    await t.step(
      `${bytes} bytes in all, the page ${size} of them in gzip`,
      () => {
        assert(bytes > 10_000 && bytes < 100_000, String(bytes));
        assert(size < 25_000, String(size));
      },
    );
    await shown.ask(OPEN_ALL);
    assertEquals(await shown.complaints(), []);
  },
);

browserTest("the page says that the server is healthy", async () => {
  await using shown = await view();
  assertMatch(await textOf(shown, "#health"), /^Healthy, version \d/);
  assertEquals(await shown.ask(`health.dataset.state`), "good");
});

browserTest("the page says what is wrong with the server", async () => {
  const failing = (path: string, status: number) => (request: Request) =>
    new URL(request.url).pathname === path
      ? new Response("<h1>Bad gateway</h1>", { status })
      : undefined;
  const cases = [
    // Nothing answers at Qontak's address.
    [
      { isCrmDown: true },
      /^Running, version \d.*not ready.*answer from: Qontak$/,
    ],
    [{ answer: failing("/ready", 503) }, "/ready answered with status 503"],
    [{ answer: failing("/health", 502) }, "/health answered with status 502"],
    [
      { before: `fetch = () => Promise.reject(new TypeError("offline"))` },
      "Unreachable: the server did not answer",
    ],
  ] as const;
  for (const [options, text] of cases) {
    await using shown = await view(options);
    await waitFor(shown, "#health", text);
    assertEquals(await shown.ask(`health.dataset.state`), "bad");
  }
});

browserTest(
  "the page shows every tool with its arguments, as tools/list has them",
  async () => {
    await using shown = await view();
    const found = await shown.ask(
      `Object.fromEntries(
      [...document.querySelectorAll("[data-effect]")].map((tool) => [tool.id, {
        title: tool.querySelector("b").textContent,
        description: tool.querySelector("p").textContent,
        arguments: [...tool.querySelectorAll("li")].map((one) => ({
          name: one.querySelector("code").textContent,
          type: one.querySelector("i").textContent,
          required: one.querySelector("em") !== null,
          description: one.querySelector("span")?.textContent ?? "",
        })),
      }]),
    )`,
    );
    assert(shown.tools.length > 60);
    assertEquals(Object.keys(found).length, shown.tools.length);
    for (const { name, description, annotations, inputSchema } of shown.tools) {
      const { properties, required = [] } = inputSchema as unknown as {
        properties: Record<string, { description?: string }>;
        required?: string[];
      };
      assertEquals(found[name], {
        title: annotations.title,
        description,
        arguments: Object.entries(properties).map(([argument, schema]) => ({
          name: argument,
          type: typeOf(schema),
          required: required.includes(argument),
          description: schema.description ?? "",
        })),
      }, name);
    }
    await openTool(shown, "get_contact");
    assertStringIncludes(
      await textOf(shown, "#get_contact li:first-child"),
      "contact_id integer required",
    );
  },
);

browserTest(
  "the search narrows the tools, and says how many are left",
  async () => {
    await using shown = await view();
    const { page, tools } = shown;
    const all = tools.length;
    assertEquals(await textOf(shown, "#found"), `${all} of ${all} tools`);
    for (
      const [query, expected] of [
        // The name of a tool, an argument, a word of a title, words in any order.
        ["set_deal_permissions", ["set_deal_permissions"]],
        ["  ACCESS_types ", ["set_deal_permissions"]],
        ["real creator", ["get_deal_real_creator", "get_deal_permissions"]],
        ["timeline  CONTACT", ["get_contact_timeline"]],
        ["no such thing", []],
      ] as const
    ) {
      await page.fill("#filter", query);
      await waitFor(shown, "#found", `${expected.length} of ${all} tools`);
      assertEquals(await shownTools(shown), [...expected], query);
      assertEquals(await page.isVisible("#none"), expected.length === 0);
      const groups = await shown.ask(
        `[...document.querySelectorAll("section > section")]
        .filter((one) => one.checkVisibility()).length`,
      );
      assertEquals(groups, Math.min(expected.length, 1));
    }
    await page.fill("#filter", "");
    await waitFor(shown, "#found", `${all} of ${all} tools`);
    // The groups are folded again.
    assertEquals(await shownTools(shown), []);
    await page.click("#contacts");
    assertEquals(
      await shownTools(shown),
      tools.map(({ name }) => name).filter((name) =>
        catalog.find((one) => one.name === name)!.toolset === "contacts"
      ),
    );
  },
);

browserTest(
  "in Bahasa Indonesia, every tool has its own title and a sentence",
  async () => {
    await using shown = await view({ path: "/?lang=id" });
    const found = await shown.ask(
      `Object.fromEntries([...document.querySelectorAll("[data-effect]")]
        .map((tool) => [tool.id, {
          title: tool.querySelector("b").textContent,
          about: tool.querySelector("p").textContent,
        }]))`,
    );
    assertEquals(found, indonesian);
    // Both languages are searched.
    for (const query of ["telepon email bukti", "the same phone evidence"]) {
      await shown.page.fill("#filter", query.replace("the same ", ""));
      await waitFor(shown, "#found", "1 dari");
      assertEquals(await shownTools(shown), ["find_duplicates"]);
    }
  },
);

// ----- Questions

for (const lang of ["en", "id"] as const) {
  browserTest(
    `a question shows the answer of the sandbox, and runs on this server (${lang})`,
    async () => {
      await using shown = await view({ path: `/?lang=${lang}` });
      const { page } = shown;
      assertEquals(await page.locator(".question").count(), 8);
      for (const [id, { tool, job, question }] of Object.entries(examples)) {
        const card = page.locator(`#${id}`);
        if (await card.getAttribute("open") === null) {
          await card.locator("summary").click();
        }
        assertEquals(
          await card.locator("summary").innerText(),
          `${job[lang]}\n${question[lang]}`,
        );
        assert(!/[{}]|undefined|null/.test(await card.innerText()), id);
        const cells = await card.locator("td").allInnerTexts();
        assertEquals(
          cells,
          answers[id]!.rows.flat().map((value) => shownValue(value, lang)),
        );
        const run = card.locator(".run");
        const { effect } = catalog.find(({ name }) => name === tool)!;
        assertEquals(await run.count(), effect === "read" ? 1 : 0, id);
        if (effect !== "read") continue;
        await page.fill("#filter", "no tool has these words");
        await run.click();
        await page.waitForSelector(`#${tool} [data-state=good]`);
        // The records of the shown answer are in the answer of this server.
        const whole = await page.textContent(`#${tool} .answer`);
        for (const value of answers[id]!.rows.flat()) {
          const texts = value !== null && typeof value === "object"
            ? Object.values(value).map(String)
            : [value === null ? "" : JSON.stringify(value).slice(1, -1)];
          for (const text of texts) assertStringIncludes(whole!, text);
        }
      }
      assertEquals(await shown.complaints(), []);
    },
  );
}

browserTest(
  "bars compare amounts of one currency, as long as they are large",
  async () => {
    await using shown = await view();
    const bars = await shown.ask(
      `[...document.querySelectorAll("#ask-pipeline meter")].map((one) => one.value)`,
    );
    const amounts = answers["ask-pipeline"]!.rows
      .map((row) => (row.at(-1) as { IDR: number }).IDR);
    assertEquals(
      bars,
      amounts.map((one) => Math.round(100 * one / Math.max(...amounts))),
    );
    assertEquals(new Set(bars).size, bars.length);
  },
);

browserTest(
  "the page says that data is invented, and only where it is",
  async () => {
    const banner = ".invented";
    await using real = await view();
    assertEquals(await real.page.locator(banner).count(), 0);
    await using sandbox = await view({ inventedData: true });
    assertStringIncludes(await textOf(sandbox, banner), "Invented data");
    await using indonesian = await view({
      inventedData: true,
      path: "/?lang=id",
      javaScriptEnabled: false,
    });
    assertStringIncludes(await textOf(indonesian, banner), "Data rekaan");
  },
);

browserTest(
  "the page says which parts of the server work, and how many tools it has",
  async () => {
    await using shown = await view();
    assertEquals(
      await textOf(shown, "#parts"),
      "saved tokens\nQontak",
    );
    const of = (one: string) =>
      catalog.filter(({ effect }) => effect === one).length;
    await shown.page.getByText(
      `${catalog.length} tools: ${of("read")} read, ${of("write")} write, ${
        of("delete")
      } delete`,
    ).waitFor();
    await using down = await view({ isCrmDown: true });
    assertEquals(
      await down.ask(`[...document.querySelectorAll("#parts [data-state]")]
        .map((one) => [one.textContent, one.dataset.state])`),
      [["saved tokens", "good"], ["Qontak", "bad"]],
    );
  },
);

// ----- Connecting

for (const key of [undefined, A_KEY]) {
  browserTest(
    `an install button has the right address (${
      key === undefined ? "no key" : "with a key"
    })`,
    async () => {
      await using shown = await view(key === undefined ? {} : { key });
      if (key !== undefined) await shown.page.fill("#key", key);
      const expected = CLIENTS.flatMap((client) =>
        installLinks(client, {
          how: "http",
          url: `${shown.origin}/mcp`,
          ...(key === undefined ? {} : { key: KEY }),
        })?.app ?? []
      );
      const found: string[] = await shown.ask(
        `[...document.querySelectorAll(".install a")].map(({ href }) => href)`,
      );
      assertEquals(found.length, 2);
      assertEquals(found, expected);
    },
  );
}

for (const key of [undefined, A_KEY]) {
  const how = key === undefined ? "needs no key" : "needs a key";
  browserTest(
    `a client's snippet has the right address, and can be copied, if the server ${how}`,
    async () => {
      await using shown = await view(key === undefined ? {} : { key });
      const { page, origin, ask } = shown;
      const url = `${origin}/mcp`;
      const snippet = async (selector: string, text: string, pasted = text) => {
        assertEquals(await page.textContent(`${selector} code`), text);
        await ask(`navigator.clipboard.writeText("something else")`);
        await page.click(`${selector} button`);
        await waitFor(shown, "#toast", /^Copied: ./);
        assertEquals(await ask(`navigator.clipboard.readText()`), pasted);
        await ask(`toast.textContent = ""`);
      };
      await snippet("h3 + .snippet", url);
      for (const client of CLIENTS) {
        const { text } = configFor(client, {
          how: "http",
          url,
          ...(key === undefined ? {} : { key: KEY }),
        });
        assertStringIncludes(text, url);
        await page.click(`#${client} > summary`);
        await snippet(`#${client} .snippet`, text);
        if (key === undefined) continue;
        // With a key in the field, the key is copied, but not shown.
        await page.fill("#key", key);
        await snippet(`#${client} .snippet`, text, text.replaceAll(KEY, key));
        await page.fill("#key", "");
      }
      assertEquals(await shown.complaints(), []);
    },
  );
}

browserTest(
  "a key that would break out of a snippet is not put into one",
  async () => {
    await using shown = await view({ key: A_KEY });
    await shown.page.click("#claude-code > summary");
    for (const key of ['a"b', "a' b", "$(id)", "a`id`", "a\\b"]) {
      await shown.page.fill("#key", key);
      await shown.page.click("#claude-code button");
      await waitFor(shown, "#toast", "Copied: Claude Code");
      const copied = await shown.ask(`navigator.clipboard.readText()`);
      assertStringIncludes(copied, `Bearer ${KEY}`);
      assert(!copied.includes(key), copied);
      await shown.ask(`toast.textContent = ""`);
    }
  },
);

browserTest(
  "a snippet is selected if the browser does not let the page copy",
  async () => {
    await using shown = await view({
      before:
        `Object.defineProperty(navigator, "clipboard", { value: undefined })`,
    });
    await shown.page.click("#cursor > summary");
    await shown.page.click("#cursor button");
    await waitFor(shown, "#toast", "press Ctrl+C");
    assertEquals(
      await shown.ask(`getSelection().toString()`),
      await shown.page.textContent("#cursor pre code"),
    );
  },
);

// ----- Calling tools

browserTest("an answer is a table, and the whole of it is there", async () => {
  await using shown = await view();
  const { page } = shown;
  await tryTool(shown, "query_records", {
    resource: "deals",
    group_by: "stage",
    measures: "count,sum:size",
    sort: "-sum:size",
  });
  const table = page.locator("#query_records .scroll");
  await table.waitFor();
  assertEquals(
    await table.locator("tr:nth-child(1)").allInnerTexts(),
    [
      "crm_stage_name\tcount\tsum:size\twithout_size",
      "Proposal Sent\t5\tIDR 944,360,000\t",
    ],
  );
  assert(!await page.isVisible("#query_records .answer"));
  await page.click("#query_records .forms button:last-child");
  assert(!await table.isVisible());
  const { records } = JSON.parse(
    await textOf(shown, "#query_records .answer"),
  );
  assertEquals(records[0]["sum:size"], { IDR: 944360000 });
  assertEquals(
    await shown.ask(
      `[...document.querySelectorAll("#query_records .forms button")]
      .map((one) => one.ariaPressed)`,
    ),
    ["false", "true"],
  );

  // One record has a row for each of its values.
  await tryTool(shown, "get_deal", { deal_id: "48283761" });
  await waitFor(shown, "#get_deal .scroll", "Toner Hitam - CV Cipta Boga Rasa");
  assertEquals(
    await page.locator("#get_deal th").allInnerTexts(),
    ["Field", "Value"],
  );
  // An error has no table.
  await tryTool(shown, "get_deal", { deal_id: "1" });
  await waitFor(shown, "#get_deal .answer", /./);
  assert(!await page.isVisible("#get_deal .forms"));
  assertEquals(await shown.complaints(), []);
});

browserTest(
  "a pipeline is a board, and lists of deals and tickets can be one",
  async () => {
    await using shown = await view();
    const { page } = shown;
    await tryTool(shown, "get_pipeline", { pipeline_id: "48213" });
    const board = page.locator("#get_pipeline .board");
    await board.waitFor();
    assertEquals(
      await board.locator("section > b").allInnerTexts(),
      [
        "New Inquiry · 5",
        "Qualified · 5",
        "Proposal Sent · 5",
        "Negotiation · 5",
        "Won · 5",
        "Lost · 5",
      ],
    );
    // The deals of a stage, the most valuable first.
    assertEquals(
      await board.locator("section:nth-child(4) p").first().innerText(),
      "Meja Kantor 140 cm - CV Cipta Boga Rasa\nUSD 88,040,000\nYohanes Tambunan",
    );
    const pressed = (tool: string) =>
      shown.ask(
        `[...document.querySelectorAll("#${tool} .forms button")]
        .map((one) => one.textContent + " " + one.ariaPressed)`,
      );
    assertEquals(await pressed("get_pipeline"), [
      "Board true",
      "Table false",
      "Whole answer false",
    ]);
    await page.click("#get_pipeline .forms button:nth-child(2)");
    await page.locator("#get_pipeline table").waitFor();
    assertEquals(await board.count(), 0);
    await page.click("#get_pipeline .forms button:nth-child(3)");
    assert(await page.isVisible("#get_pipeline .answer"));

    for (const tool of ["list_deals", "list_tickets"]) {
      await tryTool(shown, tool, { per_page: "10" });
      await page.locator(`#${tool} table`).waitFor();
      await page.click(`#${tool} .forms button:first-child`);
      const cards = page.locator(`#${tool} .board p`);
      assertEquals(await cards.count(), 10);
      assert(await page.locator(`#${tool} .board section`).count() > 1);
    }
    // Contacts have no stages.
    await tryTool(shown, "list_contacts", {});
    await page.locator("#list_contacts table").waitFor();
    assertEquals((await pressed("list_contacts")).length, 2);
    assertEquals(await shown.complaints(), []);
  },
);

browserTest("a read tool is called, and its answer shown", async () => {
  await using shown = await view();
  await tryTool(shown, "list_contacts", { per_page: "2", page: "1" });
  const outcome = await waitFor(shown, "#list_contacts .outcome", "Answered");
  assertMatch(outcome, /^Answered in \d+ ms$/);
  const answer = await textOf(shown, "#list_contacts .answer");
  const { records } = JSON.parse(answer);
  assertEquals(records.length, 2);
  assertStringIncludes(answer, '\n      "id": ');

  // The page shows a tool's error as it is.
  await tryTool(shown, "get_contact", { contact_id: "999999999" });
  await waitFor(shown, "#get_contact .outcome", "answered with an error");
  assertStringIncludes(
    await textOf(shown, "#get_contact .answer"),
    "find record",
  );
  await tryTool(shown, "get_contact", { contact_id: "not a number" });
  await waitFor(shown, "#get_contact .answer", "not a number");
  await tryTool(shown, "get_contact", { contact_id: String(records[0].id) });
  await waitFor(shown, "#get_contact .outcome", "Answered");
  assertStringIncludes(
    await textOf(shown, "#get_contact .answer"),
    records[0].first_name,
  );
  assertEquals(await shown.complaints(), []);
});

browserTest("a call without what the tool needs is not sent", async () => {
  await using shown = await view();
  await tryTool(shown, "get_contact");
  assertEquals(
    await shown.ask(`document.activeElement.id`),
    "get_contact.contact_id",
  );
  assertEquals(await textOf(shown, "#get_contact .outcome"), "");
  assert(!shown.requests.includes("POST /mcp"));
});

browserTest("arguments are sent as their types have it", async () => {
  const properties = {
    text: { type: "string" },
    count: { type: "integer" },
    amount: { type: "number" },
    flag: { type: "boolean" },
    word: { enum: ["one", 'tw"o', "th | ree"] },
    ids: { type: "array", items: { type: "integer" } },
    place: { type: "object", properties: { at: { type: "number" } } },
    left_out: { type: "integer" },
  };
  const sent: unknown[] = [];
  await using shown = await view({
    change: (tool) =>
      tool.name === "list_notes"
        ? { ...tool, inputSchema: { type: "object", properties } }
        : tool,
    async answer(request) {
      if (request.method !== "POST") return undefined;
      sent.push((await request.json()).params);
      return Response.json({ jsonrpc: "2.0", id: 1, result: { content: [] } });
    },
  });
  await openTool(shown, "list_notes");
  await shown.page.selectOption('[id="list_notes.flag"]', "false");
  await shown.page.selectOption('[id="list_notes.word"]', "th | ree");
  await tryTool(shown, "list_notes", {
    text: "7",
    count: "12",
    amount: "1.5",
    ids: "[1, 2]",
    place: '{"at": 3}',
  });
  await waitFor(shown, "#list_notes .outcome", "Answered");
  assertEquals(sent, [{
    name: "list_notes",
    arguments: {
      text: "7",
      count: 12,
      amount: 1.5,
      flag: false,
      word: "th | ree",
      ids: [1, 2],
      place: { at: 3 },
    },
  }]);
  assertEquals(await shown.complaints(), []);
});

browserTest(
  "a key is asked for, refused when it is wrong, and works when it is right",
  async () => {
    await using shown = await view({ key: A_KEY });
    const calls = () =>
      shown.requests.filter((one) => one === "POST /mcp").length;
    const outcome = "#list_tasks .outcome";
    await tryTool(shown, "list_tasks");
    await waitFor(shown, outcome, "This server needs a key. Paste yours");
    await shown.page.fill("#key", "kunci é");
    await tryTool(shown, "list_tasks");
    await waitFor(shown, outcome, "This is not a key");
    assertEquals(calls(), 0);
    await shown.page.fill("#key", `${A_KEY}x`);
    await tryTool(shown, "list_tasks");
    await waitFor(shown, outcome, "The server does not accept this key");
    assertEquals(
      await shown.ask(`
    document.querySelector("${outcome}").dataset.state`),
      "bad",
    );
    assert(!await shown.page.isVisible("#list_tasks .answer"));
    // Pasted, with white space around it.
    await shown.page.fill("#key", ` ${A_KEY} `);
    await tryTool(shown, "list_tasks");
    await waitFor(shown, outcome, "Answered in");
    assertStringIncludes(await textOf(shown, "#list_tasks .answer"), "records");
    assertEquals(calls(), 2);
    // The browser itself reports the one refusal.
    const [refusal, ...others] = await shown.complaints();
    assertStringIncludes(refusal!, "401");
    assertEquals(others, []);
  },
);

browserTest("a trouble on the way to a tool is said", async () => {
  const event = (data: unknown) =>
    new Response(
      `event: message\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\r\n\r\nevent: message\r\ndata: ${
        JSON.stringify(data)
      }\r\n\r\n`,
      { headers: { "content-type": "text/event-stream" } },
    );
  const rpc = (rest: object) => ({ jsonrpc: "2.0", id: 1, ...rest });
  const answers: [Response, string][] = [
    [
      new Response("<h1>Bad gateway</h1>", { status: 502 }),
      "something other than MCP (status 502)",
    ],
    [new Response(null, { status: 204 }), "other than MCP (status 204)"],
    [Response.json("a string"), "other than MCP (status 200)"],
    [Response.json(null), "other than MCP (status 200)"],
    [
      Response.json({ error: "Too many requests: wait 7 s" }, { status: 429 }),
      "refused the call: Too many requests: wait 7 s (status 429)",
    ],
    [
      Response.json(rpc({ error: { code: -1, message: "switched off" } })),
      "refused the call: switched off",
    ],
    [event(rpc({ result: { content: [] } })), "Answered in"],
    [event(rpc({ error: { code: -1, message: "later" } })), "call: later"],
    // Redirects are not followed, not even within the origin, because a key
    // would be sent along.
    [
      new Response(null, { status: 307, headers: { location: "/mcp" } }),
      "cannot be reached",
    ],
  ];
  const left = answers.map(([response]) => response);
  await using shown = await view({
    answer: ({ method }) => method === "POST" ? left.shift() : undefined,
  });
  for (const [, text] of answers) {
    await tryTool(shown, "list_notes");
    await waitFor(shown, "#list_notes .outcome", text);
  }
  await shown.page.context().setOffline(true);
  await tryTool(shown, "list_tasks");
  await waitFor(shown, "#list_tasks .outcome", "The server cannot be reached");
  await shown.page.context().setOffline(false);
  await tryTool(shown, "list_tasks");
  await waitFor(shown, "#list_tasks .outcome", "Answered in");
});

browserTest(
  "a call is sent once, no matter how often the button is pressed",
  async () => {
    const late = Promise.withResolvers<void>();
    await using shown = await view({
      async answer({ method }) {
        if (method === "POST") await late.promise;
        return undefined;
      },
    });
    // Also if the test fails, because the server finishes its calls.
    await using end = new AsyncDisposableStack();
    end.defer(late.resolve);
    await tryTool(shown, "list_tasks");
    await waitFor(shown, "#list_tasks .outcome", "Waiting for the answer");
    for (let i = 0; i < 3; i++) await shown.page.keyboard.press("Enter");
    assertEquals(
      await shown.ask(`document.activeElement.textContent`),
      "Call list_tasks",
    );
    late.resolve();
    await waitFor(shown, "#list_tasks .outcome", "Answered in");
    assertEquals(shown.requests.filter((one) => one === "POST /mcp").length, 1);
  },
);

browserTest("tools that write or delete cannot be called", async () => {
  await using shown = await view({
    // The definition decides, not what a list claims.
    change: (tool) => ({
      ...tool,
      annotations: {
        ...tool.annotations,
        readOnlyHint: true,
        destructiveHint: false,
      },
    }),
  });
  await shown.ask(OPEN_ALL);
  const found: Record<string, number> = await shown.ask(
    `Object.fromEntries(
      [...document.querySelectorAll("[data-effect]")].map((tool) => [
        tool.id,
        tool.querySelectorAll("form, button, input, select, textarea, a").length,
      ]),
    )`,
  );
  for (const { name, effect } of catalog) {
    assertEquals(found[name]! > 0, effect === "read", name);
  }
  assert(!shown.requests.includes("POST /mcp"));
});

// ----- Secrets

browserTest("a key is in the memory of the tab and nowhere else", async () => {
  await using shown = await view({ key: A_KEY });
  const { page } = shown;
  const urls: string[] = [];
  const carriers: string[] = [];
  page.on("request", (request) => {
    urls.push(request.url());
    const { pathname } = new URL(request.url());
    if (JSON.stringify(request.headers()).includes(A_KEY)) {
      carriers.push(`${request.method()} ${pathname}`);
    }
    assert(!request.postData()?.includes(A_KEY));
  });
  const look = async () => {
    const places = await shown.ask(`(async () => JSON.stringify({
      html: document.documentElement.outerHTML,
      text: document.body.innerText,
      fields: [...document.querySelectorAll("input:not(#key)")]
        .map(({ value }) => value),
      local: { ...localStorage },
      session: { ...sessionStorage },
      cookie: document.cookie,
      databases: await indexedDB.databases(),
      caches: await caches.keys(),
      url: location.href,
      history: history.state,
      name: window.name,
      globals: Object.keys(window)
        .filter((one) => typeof window[one] === "string")
        .map((one) => window[one]),
    }))()`);
    const state = await page.context().storageState({ indexedDB: true });
    assertEquals(state, { cookies: [], origins: [] });
    assert(!places.includes(A_KEY), places.slice(0, 500));
    assert(!urls.join().includes(A_KEY));
    assert(places.length > 10_000);
  };
  assertEquals(await page.getAttribute("#key", "type"), "password");
  await page.fill("#key", A_KEY);
  await tryTool(shown, "list_tasks", { page: "1" });
  await waitFor(shown, "#list_tasks .outcome", "Answered");
  await look();
  assertEquals(carriers, ["POST /mcp"]);
  await page.reload();
  await page.waitForSelector("#health[data-state]");
  assertEquals(await page.inputValue("#key"), "");
  await look();
  assertEquals(carriers, ["POST /mcp"]);
  assertEquals(await shown.complaints(), []);
});

// ----- Hostile text

const HOSTILE = [
  "<script>globalThis.hacked = 1</script>",
  '<img src=x onerror="globalThis.hacked = 2">',
  "\"'><svg onload=globalThis.hacked=3>",
  "</code></details></style></script><h1>hacked</h1>",
  "javascript:globalThis.hacked=4",
  '<a href="javascript:globalThis.hacked=5">here</a>',
  "&lt;b&gt; {name} ${1+1} $& <!-- ]]>",
].join(" ");

/** The elements that hostile text would have to create. */
const FOREIGN = `[
  ...document.querySelectorAll(
    "img, svg, iframe, object, embed, base, h1 ~ h1, script ~ script, style ~ style",
  ),
  ...[...document.querySelectorAll("*")].filter((one) =>
    [...one.attributes].some(({ name, value }) =>
      name.startsWith("on") || name === "style" || /^\\s*javascript:/i.test(value)
    )
  ),
].map((one) => one.outerHTML.slice(0, 200)).concat(globalThis.hacked ?? [])`;

browserTest("hostile text in definitions stays text", async () => {
  await using shown = await view({
    change: (tool) => ({
      ...tool,
      description: HOSTILE,
      annotations: { ...tool.annotations, title: HOSTILE },
      inputSchema: {
        type: "object",
        properties: {
          [HOSTILE]: { type: HOSTILE, description: HOSTILE },
          word: { enum: [HOSTILE] },
        },
        required: [HOSTILE],
      },
    }),
  });
  await shown.ask(OPEN_ALL);
  assertEquals(await shown.ask(FOREIGN), []);
  for (
    const part of [
      "summary b",
      "p",
      "li code",
      "li i",
      "li span",
      "option:last-child",
    ]
  ) {
    assertEquals(
      await shown.page.locator(`#list_notes ${part}`).first().textContent(),
      HOSTILE,
      part,
    );
  }
  await shown.page.fill("#filter", HOSTILE);
  assertEquals((await shownTools(shown)).length, shown.tools.length);
  assertEquals(await shown.complaints(), []);
});

browserTest("hostile text in answers stays text", async () => {
  await using shown = await view({
    async answer(request) {
      if (request.method !== "POST") return undefined;
      const { params } = await request.json();
      return params.name === "list_tasks"
        ? Response.json({ error: HOSTILE }, { status: 403 })
        : undefined;
    },
  });
  // A record that somebody wrote into the CRM.
  const made = await callTool(`${shown.origin}/mcp`, "create_product", {
    name: HOSTILE,
  });
  assert(!made.isError, made.text);
  await tryTool(shown, "list_products");
  await waitFor(shown, "#list_products .outcome", "Answered");
  const answer = await textOf(shown, "#list_products .answer");
  const names = JSON.parse(answer).records
    .map((one: { name: string }) => one.name);
  assert(names.includes(HOSTILE), names.join("\n"));
  assertStringIncludes(await textOf(shown, "#list_products .scroll"), HOSTILE);
  // In the description of arguments, and in the refusal of the call.
  await tryTool(shown, "get_contact", { contact_id: HOSTILE });
  await waitFor(shown, "#get_contact .answer", "hacked = 1");
  await tryTool(shown, "list_tasks");
  const refusal = await waitFor(shown, "#list_tasks .outcome", "refused");
  assertStringIncludes(refusal, HOSTILE);
  assertEquals(await shown.ask(FOREIGN), []);
  const [forbidden, ...others] = await shown.complaints();
  assertStringIncludes(forbidden!, "403");
  assertEquals(others, []);
});

browserTest(
  "the browser blocks what does not belong to the page",
  async () => {
    await using shown = await view();
    const tries = {
      "script-src": `import("/health")`,
      "require-trusted-types-for": `document.head.append(
      Object.assign(document.createElement("script"), { text: "hacked = 1" }))`,
      "trusted-types-sink": `document.body.innerHTML = "<b>hacked</b>"`,
      "style-src-attr": `document.body.setAttribute("style", "color: red")`,
      "img-src": `document.body.append(
      Object.assign(document.createElement("img"), { src: "/health" }))`,
      "connect-src": `fetch("http://127.0.0.1:1/")`,
      "trusted-types": `trustedTypes.createPolicy("default", {})`,
      "base-uri": `document.head.append(
      Object.assign(document.createElement("base"), { href: "http://127.0.0.1:1/" }))`,
      "frame-src": `document.body.append(
      Object.assign(document.createElement("iframe"), { src: "/health" }))`,
      "form-action": `(() => {
      const form = document.createElement("form");
      document.body.append(form);
      form.submit();
    })()`,
    };
    for (const [directive, attempt] of Object.entries(tries)) {
      const stopped: string = await shown.ask(`(async () => {
      const before = violations.length;
      try {
        await (${attempt});
      } catch {
        // Some of them are reported.
      }
      for (let i = 0; i < 50 && violations.length === before; i++) {
        await new Promise((done) => setTimeout(done, 20));
      }
      return violations.slice(before).join();
    })()`);
      assertStringIncludes(stopped, directive);
    }
    assertEquals(await shown.ask(`globalThis.hacked`), undefined);
    assertEquals(await shown.page.locator("h1").count(), 1);
  },
);

// ----- For everybody

browserTest("the page can be read without JavaScript", async () => {
  await using shown = await view({ javaScriptEnabled: false });
  const { page } = shown;
  await page.click(".group:has(#list_contacts) > summary");
  for (
    const text of [
      "Ask your CRM in your own words",
      "Where is the money in our pipeline, in rupiah?",
      "IDR 944,360,000 in 5 deals",
      "Connect a client",
      "List contacts",
    ]
  ) {
    assert(await page.getByText(text).first().isVisible(), text);
  }
  await page.click("#cursor > summary");
  assert(await page.isVisible("#cursor code"));
  await openTool(shown, "create_contact");
  assert(await page.isVisible("#create_contact li"));
  // Nothing is shown that would not work.
  for (
    const dead of await page.locator("button, .button, input, #health").all()
  ) {
    assert(!await dead.isVisible(), await dead.innerHTML());
  }
  await page.click("text=Bahasa Indonesia");
  assert(await page.getByText("Tanyakan apa saja kepada CRM Anda").isVisible());
  await page.click('a[href="/health"]');
  assertStringIncludes(await page.content(), '"status":"ok"');
  assert(!shown.requests.includes("GET /ready"));
});

browserTest("the keyboard is enough", async () => {
  await using shown = await view({ key: A_KEY });
  const { page, ask } = shown;
  const { keyboard } = page;
  /** Presses Tab until an element has the focus. */
  const tabTo = async (selector: string) => {
    for (let i = 0; i < 150; i++) {
      if (await ask(`document.activeElement.matches(\`${selector}\`)`)) return;
      await keyboard.press("Tab");
    }
    throw new Error(`${selector} is not reached`);
  };
  await tabTo("#cursor > summary");
  await keyboard.press("Enter");
  await tabTo("#cursor button");
  await keyboard.press("Space");
  await waitFor(shown, "#toast", "Copied: Cursor");
  await tabTo("#key");
  await keyboard.type(A_KEY);
  await tabTo("#filter");
  await keyboard.type("list_contacts");
  await tabTo("#list_contacts > summary");
  await keyboard.press("Enter");
  await tabTo(`[id="list_contacts.per_page"]`);
  await keyboard.type("1");
  await tabTo("#list_contacts form button");
  await keyboard.press("Enter");
  await waitFor(shown, "#list_contacts .outcome", "Answered");
  await tabTo("#list_contacts .forms button");
  await keyboard.press("Tab");
  await keyboard.press("Space");
  await tabTo("#list_contacts .answer");
  assertEquals(
    await ask(`document.activeElement.getAttribute("aria-label")`),
    "Answer of list_contacts",
  );
});

browserTest(
  "the focus follows the order of the page, and is always visible",
  async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await using shown = await view({ key: A_KEY, colorScheme });
      await shown.ask(`document.querySelectorAll(".group, #get_contact")
        .forEach((one) => one.open = true)`);
      await shown.ask(`globalThis.last = document.body`);
      const wrong: string[] = [];
      let stops = 0;
      for (; stops < 200; stops++) {
        await shown.page.keyboard.press("Tab");
        const found = await shown.ask(`(() => {
        const at = document.activeElement;
        if (at === document.body) return "end";
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
        const { top, bottom } = at.getBoundingClientRect();
        const isAfter = last.compareDocumentPosition(at) &
          Node.DOCUMENT_POSITION_FOLLOWING;
        last = at;
        return [
          isAfter ? "" : "goes back",
          outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 &&
            !/, 0\\)$/.test(outlineColor)
            ? ""
            : "has no outline",
          bottom > 0 && top < innerHeight ? "" : "is out of sight",
        ].filter(Boolean).map((what) => at.outerHTML.slice(0, 80) + what).join();
      })()`);
        if (found === "end") break;
        if (found) wrong.push(found);
      }
      assertEquals(wrong, []);
      const reachable = await shown.ask(
        `[...document.querySelectorAll("a, button, input, summary, pre, .scroll")]
        .filter((one) => one.checkVisibility()).length`,
      );
      assert(reachable > 80);
      assertEquals(stops, reachable);
    }
  },
);

browserTest("on a phone, no amount of an answer is cut off", async () => {
  for (const width of [320, 390, 1280]) {
    for (const lang of ["en", "id"]) {
      await using shown = await view({
        viewport: { width, height: 800 },
        path: `/?lang=${lang}`,
      });
      await shown.ask(OPEN_ALL);
      const wide = await shown.ask(`[
        ...document.querySelectorAll(".question .scroll")
      ].filter((one) => one.scrollWidth > one.clientWidth)
        .map((one) => one.closest("details").id)`);
      assertEquals(wide, [], `${lang}, ${width} px`);
    }
  }
});

const LOOKS = [
  { lang: "en", colorScheme: "light", viewport: { width: 1280, height: 800 } },
  { lang: "en", colorScheme: "dark", viewport: { width: 360, height: 740 } },
  { lang: "id", colorScheme: "light", viewport: { width: 320, height: 640 } },
  { lang: "id", colorScheme: "dark", viewport: { width: 1280, height: 800 } },
] as const;

for (const { lang, ...look } of LOOKS) {
  const name = `${lang}, ${look.colorScheme}, ${look.viewport.width} px`;
  browserTest(`everybody can read and use the page (${name})`, async () => {
    await using shown = await view({
      ...look,
      key: A_KEY,
      path: `/?lang=${lang}`,
    });
    assertEquals(await shown.ask(`document.documentElement.lang`), lang);
    await shown.page.fill("#key", A_KEY);
    await shown.ask(OPEN_ALL);
    // A success, a failure and a message are checked as well.
    await tryTool(shown, "list_contacts");
    await shown.page.waitForSelector("#list_contacts [data-state=good]");
    await tryTool(shown, "get_contact", { contact_id: "1" });
    await shown.page.waitForSelector("#get_contact [data-state=bad]");
    await shown.page.click("#cursor .snippet button");
    await shown.page.waitForSelector("#toast:not(:empty)");
    await shown.page.mouse.move(0, 0);
    for (const audit of [BARRIERS, POOR_CONTRAST, STICKING_OUT]) {
      assertEquals(await shown.ask(audit), []);
    }
  });
}

browserTest("the page is light or dark as the system is, at once", async () => {
  await using shown = await view({ colorScheme: "light" });
  const background = () =>
    shown.ask(`getComputedStyle(document.body).backgroundColor`);
  const light = await background();
  assertEquals(light, "rgb(255, 255, 255)");
  await shown.page.emulateMedia({ colorScheme: "dark" });
  assert(await background() !== light);
  assertEquals(
    await shown.ask(`getComputedStyle(document.documentElement).colorScheme`),
    "light dark",
  );
});

browserTest(
  "the page uses the language of the browser, or the chosen one",
  async () => {
    for (
      const [locale, lang] of [["id-ID", "id"], ["en-GB", "en"], ["fr", "en"]]
    ) {
      await using shown = await view({ locale: locale! });
      assertEquals(await shown.ask(`document.documentElement.lang`), lang);
      const other = lang === "en" ? "id" : "en";
      await shown.page.click(`nav a[lang=${other}]`);
      await shown.page.waitForSelector("#health[data-state]");
      assertEquals(await shown.ask(`document.documentElement.lang`), other);
      assertEquals(
        await textOf(shown, "[aria-current]"),
        {
          en: "English",
          id: "Bahasa Indonesia",
        }[other],
      );
    }
  },
);

browserTest(
  "in Bahasa Indonesia, none of the page's own text is in English",
  async () => {
    const wordsOf = async (lang: string) => {
      const found = new Set<string>();
      for (const key of [undefined, A_KEY]) {
        await using shown = await view({
          path: `/?lang=${lang}`,
          ...(key === undefined ? {} : { key }),
        });
        await shown.ask(OPEN_ALL);
        await tryTool(shown, "list_contacts");
        await shown.page.waitForSelector("#list_contacts [data-state]");
        await shown.page.click("#cursor .snippet button");
        await shown.page.waitForSelector("#toast:not(:empty)");
        for (const text of await shown.ask(OWN_WORDS)) found.add(text);
      }
      return found;
    };
    const english = await wordsOf("en");
    const indonesian = await wordsOf("id");
    assertEquals(
      [...english].filter((text) => indonesian.has(text)).toSorted(),
      [
        "ChatGPT",
        "Claude Code",
        "Claude Desktop",
        "Cursor",
        "Qontak",
        "VS Code",
        "Windsurf",
      ],
    );
    // Definitions are in English, and are marked so.
    await using shown = await view({ path: "/?lang=id" });
    assertEquals(
      await shown.ask(
        `[...document.querySelectorAll("[data-effect] > .quiet, [data-effect] li span")]
        .filter((one) => one.closest("[lang]").lang !== "en").map((one) => one.textContent)`,
      ),
      [],
    );
  },
);
