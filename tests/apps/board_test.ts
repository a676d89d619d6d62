/** The pipeline board in a real Chromium. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { Locator, Page } from "npm:playwright-core@1.56";
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
  "the board shows each of two stages of one name with its own totals",
  async () => {
    await using one = await shown(BOARD, {
      // The company gave one stage the name of another.
      change: (_, answer) =>
        JSON.parse(
          JSON.stringify(answer).replaceAll('"Negotiation"', '"Proposal Sent"'),
        ),
    });
    const { opened, opened: { view, complaints } } = one;
    await view.waitForSelector(".card");
    const headers = await textsOf(opened, ".stage header");
    assertEquals(headers.length, 6);
    const [proposal, negotiation] = headers.slice(2, 4);
    assertMatch(proposal!, /^Proposal Sent [1-9]/);
    assert(!proposal!.includes("75% win"));
    assertEquals(
      negotiation,
      "Proposal Sent 5 Rp 154.1m + $88m 75% win Weighted Rp 115.6m + $66m",
    );
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

/** A finger on the screen. */
async function finger(page: Page) {
  const session = await page.context().newCDPSession(page);
  const touch = async (
    type: "touchStart" | "touchMove" | "touchEnd",
    ...touchPoints: { x: number; y: number }[]
  ) => await session.send("Input.dispatchTouchEvent", { type, touchPoints });
  return {
    down: (x: number, y: number) => touch("touchStart", { x, y }),
    up: () => touch("touchEnd"),
    /** Moves in steps, as a finger does. */
    async move(from: Place, to: Place): Promise<void> {
      for (let step = 1; step <= 10; step++) {
        await touch("touchMove", {
          x: from.x + (to.x - from.x) * step / 10,
          y: from.y + (to.y - from.y) * step / 10,
        });
        await page.waitForTimeout(16);
      }
    },
  };
}

/** A place on the screen. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** The middle of an element. */
async function middleOf(locator: Locator): Promise<Place> {
  const box = await locator.boundingBox();
  assert(box);
  return { x: box.x + box.width / 2, y: box.y + Math.min(box.height, 100) / 2 };
}

const TOUCH = { hasTouch: true, isMobile: true } as const;

const PHONE = { ...BOARD, ...TOUCH, viewport: { width: 390, height: 760 } };

browserTest(
  "a deal that is held with a finger moves to another stage, by a plan too",
  async () => {
    await using one = await shown({ ...BOARD, ...TOUCH });
    const { world, opened: { view, page, complaints } } = one;
    await view.locator(card()).scrollIntoViewIfNeeded();
    const hand = await finger(page);
    const from = await middleOf(view.locator(card()));
    const to = await middleOf(view.locator(column("Proposal Sent")));
    await hand.down(from.x, from.y);
    await view.locator(".card.ghost").waitFor();
    await hand.move(from, to);
    await view.locator(`${column("Proposal Sent")}.target`).waitFor();
    await hand.up();
    await view.locator(".card.ghost").waitFor({ state: "detached" });
    const dialog = view.locator("dialog");
    await dialog.getByRole("button", { name: "Move", exact: true }).tap();
    await view.locator(`${column("Proposal Sent")} ${card()}`).waitFor();
    assertEquals(await stageOf(world), PROPOSAL);
    assertEquals(writes(world).length, 1);
    assertEquals(complaints, []);
  },
);

browserTest(
  "on a phone the board scrolls under a finger, and under a deal that is held at its edge",
  async () => {
    await using one = await shown(PHONE);
    const { world, opened: { view, page } } = one;
    await view.waitForSelector(".card");
    assert(await view.locator(".touch").isVisible());
    assert(!await view.locator(".keys").isVisible());
    const scrolled = () =>
      view.evaluate("document.querySelector('.board').scrollLeft") as Promise<
        number
      >;
    /** The policy of the view lets the browser poll nothing. */
    const reaches = async (isSo: (left: number) => boolean) => {
      for (let tries = 0; tries < 100; tries++) {
        if (isSo(await scrolled())) return true;
        await page.waitForTimeout(50);
      }
      return false;
    };
    /**
     * A browser that is not run for a while takes a finger that moves for one
     * that is held, and one that is held for one that scrolls.
     */
    const tryTo = async (what: string, gesture: () => Promise<boolean>) => {
      for (let tries = 1; !await gesture(); tries++) {
        assert(tries < 4, `${what}: the board stays at ${await scrolled()}`);
        // It may be up already.
        await hand.up().catch(() => {});
        await page.keyboard.press("Escape");
      }
    };
    const toBeginning = async () => {
      // It scrolls for a while after the finger is up.
      let last: number;
      do {
        last = await scrolled();
        await page.waitForTimeout(200);
      } while (await scrolled() !== last);
      await view.evaluate("document.querySelector('.board').scrollLeft = 0");
      assert(await reaches((left) => left === 0));
    };
    const hand = await finger(page);
    const first = view.locator(".stage .card").first();
    // A finger that moves at once scrolls, and moves no deal.
    await tryTo("a finger that moves", async () => {
      await toBeginning();
      const start = await middleOf(first);
      await hand.down(start.x, start.y);
      await hand.move(start, { x: start.x - 150, y: start.y });
      if (await view.locator(".card.ghost").count() > 0) return false;
      await hand.up();
      return await reaches((left) => left > 50) &&
        await view.locator("dialog").count() === 0;
    });
    await toBeginning();
    const held = await middleOf(first);
    const id = await first.getAttribute("data-id");
    const edge = { x: 380, y: held.y };
    await tryTo("a finger at the edge", async () => {
      await toBeginning();
      await hand.down(held.x, held.y);
      await view.locator(".card.ghost").waitFor();
      await hand.move(held, edge);
      return await reaches((left) => left > 300);
    });
    // Between two stages there is a gap, where nothing can be dropped.
    const target = view.locator(".stage.target");
    for (const x of [200, 170, 230]) {
      await hand.move(edge, { x, y: held.y });
      await page.waitForTimeout(500);
      if (await target.count() > 0) break;
    }
    const name = await target.getAttribute("aria-label");
    await hand.up();
    const dialog = view.locator("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).waitFor();
    assert(name !== null && name !== "New Inquiry", String(name));
    assertStringIncludes((await dialog.innerText()).replace(/\n/g, " "), name);
    await dialog.getByRole("button", { name: "Cancel" }).tap();
    assertEquals(writes(world), []);
    // A tap opens the deal.
    await view.locator(card(Number(id))).tap();
    await dialog.getByRole("button", { name: "Close" }).waitFor();
  },
);

browserTest(
  "a deal is dropped on the stage that is marked, though the board moves when the finger is up",
  async () => {
    await using one = await shown(PHONE);
    const { world, opened: { view, page } } = one;
    await view.waitForSelector(".card");
    const hand = await finger(page);
    const held = await middleOf(view.locator(".stage .card").first());
    await hand.down(held.x, held.y);
    await view.locator(".card.ghost").waitFor();
    await hand.move(held, { x: 250, y: held.y });
    // Between two stages: at rest, the first of them is under the finger.
    await view.evaluate("document.querySelector('.board').scrollLeft = 140");
    await view.locator(`${column("Qualified")}.target`).waitFor();
    await hand.up();
    const dialog = view.locator("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).waitFor();
    assertStringIncludes(await dialog.innerText(), "Qualified");
    assertEquals(writes(world), []);
  },
);

browserTest(
  "the question that a drop opens takes clicks at once, on a slow device too",
  async () => {
    await using one = await shown(BOARD);
    const { world, opened: { view, page } } = one;
    // The click that ends a drag is ignored until a timer ends.
    await view.evaluate(
      "{ const wait = setTimeout; self.setTimeout = (run, ms) => wait(run, ms === 50 ? 60_000 : ms); }",
    );
    const from = await middleOf(view.locator(card()));
    const to = await middleOf(view.locator(column("Proposal Sent")));
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 5 });
    await view.locator(`${column("Proposal Sent")}.target`).waitFor();
    await page.mouse.up();
    const dialog = view.locator("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    assertEquals(writes(world), []);
  },
);

browserTest(
  "a drag ends without a move on Escape and outside of the stages, and opens no deal",
  async () => {
    await using one = await shown(BOARD);
    const { world, opened: { view, page } } = one;
    const from = await middleOf(view.locator(card()));
    const to = await middleOf(view.locator(column("Proposal Sent")));
    for (const isEscaped of [true, false]) {
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
      await page.mouse.move(to.x, to.y, { steps: 5 });
      await view.locator(`${column("Proposal Sent")}.target`).waitFor();
      if (isEscaped) await page.keyboard.press("Escape");
      else await page.mouse.move(to.x, 5, { steps: 5 });
      await page.mouse.up();
      await view.locator(".card.ghost").waitFor({ state: "detached" });
      assertEquals(await view.locator(".target, .dragged").count(), 0);
      await page.waitForTimeout(100);
      assertEquals(await view.locator("dialog").count(), 0);
    }
    assertEquals(writes(world), []);
    await view.locator(card()).click();
    await view.locator("dialog").getByRole("button", { name: "Close" })
      .waitFor();
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
