import { assertEquals, assertMatch } from "@std/assert";
import { open, SALES, TENDER } from "./client.ts";

Deno.test("createSandbox() lists the pipelines without pages", async () => {
  await using client = await open();
  const { status, body } = await client.call("GET", "/pipelines");
  assertEquals(status, 200);
  assertEquals(Object.keys(body), ["meta", "response"]);
  assertEquals(Object.keys(body.meta), [
    "status",
    "type",
    "error_code",
    "info",
    "developer_message",
    "message",
    "timestamp",
    "log_id",
  ]);
  assertMatch(body.meta.timestamp, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}\+07:00$/);
  assertEquals(
    body.response.map((
      { id, name }: { id: number; name: string },
    ) => [id, name]),
    [
      [SALES, "Corporate Sales"],
      [TENDER, "Tender Pengadaan"],
    ],
  );
  assertEquals(Object.keys(body.response[0]), [
    "id",
    "name",
    "alias_name",
    "slug",
    "active",
    "team_id",
    "organization_id",
    "created_at",
    "updated_at",
  ]);
});

Deno.test("createSandbox() answers one pipeline, and 404 for an unknown one", async () => {
  await using client = await open();
  const { body } = await client.call("GET", `/pipelines/${TENDER}`);
  assertEquals(body.response.name, "Tender Pengadaan");
  for (const id of ["1", "tender-pengadaan"]) {
    const { status, body } = await client.call("GET", `/pipelines/${id}`);
    assertEquals(status, 404);
    assertEquals(Object.keys(body), ["meta"]);
    const { timestamp: _, log_id: __, ...meta } = body.meta;
    assertEquals(meta, {
      status: 404,
      type: "Not Found",
      error_code: null,
      info: "https://developers.qontak.com/docs/api/response-codes#404",
      developer_message: "Couldn't find record with that ID",
      message: "Not Found",
    });
  }
});

Deno.test("createSandbox() answers a pipeline's stages, won and lost at the end", async () => {
  await using client = await open();
  for (const id of [SALES, TENDER]) {
    const { body } = await client.call("GET", `/pipelines/${id}/stages`);
    assertEquals(body.response.length, 6);
    for (const [index, stage] of body.response.entries()) {
      assertEquals(stage.crm_pipeline_id, id);
      assertEquals(stage.order, index + 1);
      assertMatch(stage.win_probability, /^[01]\.\d\d$/);
    }
    assertEquals(body.response.at(-2).win_probability, "1.00");
    assertEquals(body.response.at(-1).win_probability, "0.00");
  }
  assertEquals((await client.call("GET", "/pipelines/1/stages")).status, 404);
});
