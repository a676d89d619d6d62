/** Large plans and changes that Deno KV keeps sealed, as the program does. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createKvChangeStore } from "../../src/changes/stores/kv.ts";
import { createLocalSealer } from "../../src/storage/local_key.ts";
import { createSealer } from "../../src/storage/sealing.ts";
import { outside } from "../support/changed.ts";
import { kvTests } from "../support/kv.ts";
import { createWorld } from "../support/world.ts";

Deno.test("createSealer() seals and opens a record of 300 KB", async () => {
  const sealer = createSealer([btoa("ab".repeat(16))]);
  const record = "é".repeat(150_000);
  const sealed = await sealer.seal(record, "acme");
  assert(!sealed.includes("é"));
  assertEquals(await sealer.open(sealed, "acme"), record);
});

const test = kvTests("large changes in Deno KV", import.meta.filename!);

test("a plan of 300 rows and a change of a long text are kept sealed", async ({ kv, path }) => {
  const store = createKvChangeStore({
    kv,
    sealer: createLocalSealer(`${path}.key`, () => Promise.resolve()),
  });
  await using world = await createWorld({ changes: { store } });
  const rows = Array.from({ length: 300 }, (_, index) => ({
    name: `Product ${index}`,
    price: 1_000 + index,
    description: "long ".repeat(100),
  }));
  const dry = await world.ok("change_records", {
    resource: "products",
    action: "create",
    rows,
  });
  assertEquals(dry.count, 300);
  assertMatch(dry.plan, /./);

  const product_id = (await world.ok("list_products")).records[0].id;
  const description = "d".repeat(60_000);
  const write = async (description: string) => {
    const change = { product_id, description };
    const { undo } = await world.ok("update_product", change);
    assertMatch(undo, /^\d{8}T/);
    return undo;
  };
  await write(description);
  const { plan } = await world.ok("undo_change", { ids: [await write("x")] });
  await world.ok("undo_change", { plan });
  const product = await outside(world, "GET", `/products/${product_id}`);
  assertEquals(product.description, description);
});
