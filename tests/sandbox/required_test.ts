import { assertEquals } from "@std/assert";
import { isRequired } from "../../src/sandbox/template.ts";
import {
  create,
  field,
  INQUIRY,
  open,
  refused,
  STAGE,
  TENDER,
} from "./client.ts";

Deno.test("createSandbox() requires fields by pipeline and stage", async () => {
  await using client = await open();
  const sales = (crm_stage_id: number) => ({ ...INQUIRY, crm_stage_id });
  await create(client, sales(STAGE.qualified));
  await refused(
    client,
    "POST",
    "/deals",
    sales(STAGE.proposalSent),
    "size can't be blank",
    "payment_method_12",
  );
  await refused(
    client,
    "POST",
    "/deals",
    sales(STAGE.won),
    "size",
    "closed_date can't be blank",
    "payment_method_12",
    "delivery_address_4",
  );
  await refused(
    client,
    "POST",
    "/deals",
    sales(STAGE.lost),
    "crm_lost_reason_id can't be blank",
  );
  const tender = { name: "Tender", crm_pipeline_id: TENDER };
  const atInfo = { ...tender, crm_stage_id: STAGE.infoTender };
  await refused(client, "POST", "/deals", atInfo, "tender_deadline");
  const { id } = await field(client, "tender_deadline");
  const additional_fields = [{ id, value: "31/12/2026" }];
  await create(client, { ...atInfo, additional_fields });
  await refused(
    client,
    "POST",
    "/deals",
    { ...tender, crm_stage_id: STAGE.documents, additional_fields },
    "tender_number_7",
  );
});

Deno.test("createSandbox() requires a name at every stage", async () => {
  await using client = await open();
  for (const name of [undefined, null, "", "  "]) {
    await refused(
      client,
      "POST",
      "/deals",
      { ...INQUIRY, name },
      "name can't be blank",
    );
  }
});

Deno.test("createSandbox() requires a stage's fields of a deal that moves there", async () => {
  await using client = await open();
  const { id } = await create(client, INQUIRY);
  const path = `/deals/${id}`;
  const lost = { crm_stage_id: STAGE.lost };
  await refused(client, "PUT", path, lost, "crm_lost_reason_id can't be blank");
  const { status } = await client.call("PUT", path, {
    ...lost,
    crm_lost_reason_name: "Anggaran ditunda",
  });
  assertEquals(status, 200);
  await refused(
    client,
    "PUT",
    path,
    { crm_lost_reason_id: null },
    "crm_lost_reason_id can't be blank",
  );
});

Deno.test("isRequired() lets stages override their pipelines", () => {
  const place = { pipelineId: 1, stageId: 11, stageIds: [11, 12] };
  const required = (pipelines: number[], stages: number[]) =>
    isRequired({
      id: null,
      name: "x",
      name_alias: null,
      additional_field: false,
      type: "Number",
      dropdown: null,
      required_pipeline_ids: pipelines,
      required_stage_ids: stages,
    }, place);
  assertEquals(required([], []), false);
  assertEquals(required([], [11]), true);
  assertEquals(required([], [12]), false);
  assertEquals(required([1], []), true);
  assertEquals(required([2], []), false);
  assertEquals(required([1], [12]), false);
  assertEquals(required([1], [21]), true);
  assertEquals(required([2], [11]), true);
});
