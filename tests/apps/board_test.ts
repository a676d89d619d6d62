/** The pipeline board in a real Chromium. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { browserTest } from "../http/page/browser.ts";
import { writes } from "../support/world.ts";
import {
  BOARD,
  card,
  column,
  DEAL,
  NEGOTIATION,
  PROPOSAL,
  shown,
  stageOf,
  textsOf,
} from "./shown.ts";

browserTest(
  "the board shows the deals of a pipeline by stage with totals, in both languages and themes",
  async () => {
    await using one = await shown(BOARD);
    const { opened: { view, complaints }, opened, world } = one;
    await view.waitForSelector(".card");
    assertEquals(await textsOf(opened, ".stage h2 span:first-child"), [
      "New Inquiry",
      "Qualified",
      "Proposal Sent",
      "Negotiation",
      "Won",
      "Lost",
    ]);
    assertEquals(await view.locator(".card").count(), 30);
    assertEquals(
      await textsOf(opened, `${column("Negotiation")} header`),
      ["Negotiation 5 Rp 154.1m + US$88m 75% win Weighted Rp 115.6m + US$66m"]
        .map((text) => text.replaceAll("US$", "$")),
    );
    assertStringIncludes(
      (await textsOf(opened, card()))[0]!,
      "Toner Hitam - CV Cipta Boga Rasa",
    );
    const groundOf = () =>
      view.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await groundOf();
    await opened.setContext({ theme: "dark", locale: "id-ID" });
    await view.getByText("Tertimbang", { exact: true }).waitFor();
    assert(await groundOf() !== light, "the dark theme has the same ground");
    assertEquals(await view.evaluate("document.documentElement.lang"), "id");
    assertEquals(writes(world), []);
    assertEquals(complaints, []);
  },
);

browserTest(
  "a deal that is dragged to another stage moves once the person agrees, by a plan",
  async () => {
    await using one = await shown(BOARD);
    const { opened, world, opened: { view } } = one;
    await view.locator(card()).dragTo(view.locator(column("Proposal Sent")));
    const dialog = view.locator("dialog");
    await dialog.getByRole("button", { name: "Move", exact: true }).waitFor();
    assertStringIncludes(await dialog.innerText(), "Proposal Sent");
    assertEquals(writes(world), []);
    assertEquals(await stageOf(world), NEGOTIATION);
    await dialog.getByRole("button", { name: "Move", exact: true }).click();
    await view.locator(`${column("Proposal Sent")} ${card()}`).waitFor();
    assertEquals(await stageOf(world), PROPOSAL);
    assertEquals(writes(world).length, 1);
    const updates = (await opened.heard("call")).filter(({ name }) =>
      name === "update_deal"
    );
    assertEquals(updates[0].arguments, {
      deal_id: DEAL,
      crm_stage_id: PROPOSAL,
      dry_run: true,
    });
    assertEquals(Object.keys(updates[1].arguments), ["plan"]);
    assertEquals(updates.length, 2);
    assertStringIncludes(
      await view.locator(".status").innerText(),
      "is now in Proposal Sent",
    );
    const [{ content: [{ text }] }] = await opened.heard("tell");
    assertStringIncludes(text, `moved deal ${DEAL}`);
    assertEquals(opened.complaints, []);
  },
);

browserTest(
  "keys choose, open and move deals, and Escape changes nothing",
  async () => {
    await using one = await shown(BOARD);
    const { world, opened: { view, page } } = one;
    await view.locator(card()).focus();
    await page.keyboard.press("Enter");
    const dialog = view.locator("dialog");
    await dialog.getByText("Transfer Bank").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const focused = () => view.evaluate("document.activeElement.dataset.id");
    assertEquals(await focused(), String(DEAL));
    await page.keyboard.press("ArrowLeft");
    assertEquals(
      await view.evaluate(
        "document.activeElement.closest('.stage').getAttribute('aria-label')",
      ),
      "Proposal Sent",
    );
    await page.keyboard.press("ArrowRight");
    await view.locator(card()).focus();
    await page.keyboard.press("Shift+ArrowLeft");
    const move = dialog.getByRole("button", { name: "Move", exact: true });
    await move.waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assertEquals(writes(world), []);
    await page.keyboard.press("Shift+ArrowLeft");
    await move.waitFor();
    await page.keyboard.press("Enter");
    await view.locator(`${column("Proposal Sent")} ${card()}`).waitFor();
    assertEquals(await stageOf(world), PROPOSAL);
    await view.waitForFunction(
      `document.activeElement.dataset.id === "${DEAL}"`,
    );
  },
);

browserTest(
  "the board shows why the server refuses a move, and moves nothing",
  async () => {
    await using one = await shown(BOARD, { server: { readOnly: true } });
    const { world, opened: { view, page } } = one;
    await view.locator(card()).focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await view.locator("dialog .notice.bad").waitFor();
    assertStringIncludes(
      await view.locator("dialog").innerText(),
      "update_deal is not available here",
    );
    assertEquals(
      await view.locator("dialog").getByRole("button").allInnerTexts(),
      ["Cancel"],
    );
    assertEquals(writes(world), []);
  },
);

browserTest(
  "500 deals are shown and searched without delay, on a phone too",
  async () => {
    await using one = await shown(
      { ...BOARD, viewport: { width: 390, height: 760 } },
      { deals: 1_000 },
    );
    const { opened: { view } } = one;
    await view.waitForSelector(".card");
    const count = await view.locator(".card").count();
    assert(count === 500, `${count} cards`);
    assertEquals(
      await view.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth",
      ),
      true,
      "the page is wider than the phone",
    );
    const took = await view.evaluate(`(async () => {
    const input = document.querySelector("input");
    const began = performance.now();
    for (const value of ["t", "to", "ton", ""]) {
      input.value = value;
      input.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
    }
    return performance.now() - began;
  })()`) as number;
    assert(took < 2_000, `four searches took ${took} ms`);
    assertEquals(await view.locator(".card").count(), 500);
  },
);
