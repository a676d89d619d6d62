/**
 * The views in a real Chromium, shown by the extension's own host, with a real
 * client and server behind it.
 *
 * @module
 */
import { type Opened, type OpenOptions, openView } from "../../scripts/host.ts";
import { browser } from "../http/page/browser.ts";
import { connectHttp } from "../support/client.ts";
import {
  createWorld,
  type World,
  type WorldOptions,
} from "../support/world.ts";

/** A pipeline of the sandbox. */
export const PIPELINE = 48213;
/** The call that opens its board. */
export const BOARD = { tool: "get_pipeline", args: { pipeline_id: PIPELINE } };

/** A deal of the sandbox, and the names of its stages. */
export const DEAL = 48283761;
export const [NEGOTIATION, PROPOSAL] = [398115, 398114];

/** A view, and the world behind it. */
export interface Shown extends AsyncDisposable {
  readonly world: World;
  readonly opened: Opened;
}

/** Opens a view before a world of its own. */
export async function shown(
  options: Omit<OpenOptions, "browser" | "client">,
  worldOptions: WorldOptions = {},
): Promise<Shown> {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await createWorld(worldOptions));
  const client = await connectHttp(`${world.url}/mcp`, { hasApps: true });
  stack.defer(() => client.close());
  const opened = stack.use(
    await openView({ browser: await browser(), client, ...options }),
  );
  const kept = stack.move();
  return { world, opened, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** The texts of elements, with single spaces. */
export async function textsOf(
  { view }: Opened,
  selector: string,
): Promise<string[]> {
  const texts = await view.locator(selector).allInnerTexts();
  return texts.map((text) => text.replace(/[\s\u00a0]+/g, " ").trim());
}

/** The stage that the CRM has for a deal. */
export async function stageOf(world: World, id = DEAL): Promise<number> {
  const { record } = await world.ok("get_deal", { deal_id: id });
  return record.crm_stage_id;
}

/** The card of a deal. */
export const card = (id = DEAL) => `.card[data-id="${id}"]`;
/** The column of a stage. */
export const column = (name: string) => `.stage[aria-label="${name}"]`;
