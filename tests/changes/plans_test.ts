/** Plans: what a dry run says, and what is carried out later. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { argumentsFor } from "../../src/sandbox/samples.ts";
import type { AuditRecord } from "../../src/audit/mod.ts";
import type { ChangeStore } from "../../src/changes/store.ts";
import { createMemoryChangeStore } from "../../src/changes/stores/memory.ts";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { outside } from "../support/changed.ts";
import { call, connectStdio, ok } from "../support/client.ts";
import { redact } from "../../src/logging/redact.ts";
import { createWorld, type World, writes } from "../support/world.ts";

/** The first record of a list. */
const first = async (world: World, list: string, args = {}) =>
  (await world.ok(list, args)).records[0];

/** A deal that is in a stage without requirements. */
async function aDeal(world: World): Promise<number> {
  return (await first(world, "list_deals")).id;
}

/** A plan that changes the size of a deal. */
async function sizePlan(world: World, size = 777) {
  const deal_id = await aDeal(world);
  const { plan } = await world.ok("update_deal", {
    deal_id,
    size,
    dry_run: true,
  });
  return { deal_id, plan };
}

Deno.test("dry_run says what would change and sends nothing, and plan carries it out once", async () => {
  for (const mode of ["auto", "legacy"] as const) {
    await using world = await createWorld({ mode });
    const deal_id = await aDeal(world);
    const before = await outside(world, "GET", `/deals/${deal_id}`);
    const dry = await world.ok("update_deal", {
      deal_id,
      size: 777,
      crm_priority_name: "High",
      crm_lead_ids: [before.crm_lead_ids[0]],
      expired_date: null,
      dry_run: true,
    });
    assertEquals(writes(world), []);
    assertEquals(dry.dry_run, true);
    assertEquals(dry.id, deal_id);
    const [size, priority, lead] = dry.changes;
    assertEquals(size.key, "size");
    assertEquals(size.from, Number(before.size));
    assertEquals(size.to, 777);
    assertEquals(typeof size.label, "string");
    assertEquals(priority.from, "Low (id 1)");
    assertMatch(priority.to, /^High \(id \d+\)$/);
    assertEquals(lead.key, "crm_lead_ids");
    assertEquals(dry.cleared.map(({ key }: { key: string }) => key), [
      "expired_date",
    ]);
    assertEquals(dry.cleared[0].from, before.expired_date);
    assertEquals(dry.removed.length, 1);
    assertStringIncludes(
      dry.removed[0].removed[0],
      `(id ${before.crm_lead_ids[1]})`,
    );
    assertMatch(dry.plan, /^plan-[A-Za-z0-9_-]{24}$/);
    const left = Date.parse(dry.plan_expires) - Date.now();
    assert(left > 14 * 60_000 && left <= 15 * 60_000);

    // Of several calls, one carries it out.
    const used = await Promise.all(
      Array.from(
        { length: 4 },
        () => world.call("update_deal", { plan: dry.plan }),
      ),
    );
    assertEquals(used.filter(({ isError }) => !isError).length, 1);
    for (const { text, isError } of used) {
      if (isError) assertStringIncludes(text, "you have no such plan");
    }
    assertEquals(writes(world).length, 1);
    const after = await outside(world, "GET", `/deals/${deal_id}`);
    assertEquals(after.size, "777.0");
    assertEquals(after.crm_priority_name, "High");
    assertEquals(after.crm_lead_ids, [before.crm_lead_ids[0]]);
    assertEquals(after.expired_date, null);
  }
});

Deno.test({
  name: "dry_run and plan work on stdio, in both revisions",
  // The SDK's client leaves its timers.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: onStdio,
});

async function onStdio(): Promise<void> {
  await using sandbox = serveSandbox();
  for (const mode of ["auto", "legacy"] as const) {
    const client = await connectStdio({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    }, mode);
    try {
      const { records } = await ok(client, "list_deals");
      const deal_id = records[0].id;
      const dry = await ok(client, "update_deal", {
        deal_id,
        name: `By ${mode}`,
        dry_run: true,
      });
      const done = await ok(client, "update_deal", { plan: dry.plan });
      assertEquals(done.applied, ["name"]);
      const again = await call(client, "update_deal", { plan: dry.plan });
      assertStringIncludes(again.text, "you have no such plan");
    } finally {
      await client.close();
    }
  }
}

Deno.test("a dry run with problems names them and makes no plan", async () => {
  await using world = await createWorld();
  const deal_id = await aDeal(world);
  const dry = await world.ok("update_deal", {
    deal_id,
    crm_stage_id: "nowhere",
    dry_run: true,
  });
  assertEquals(dry.plan, undefined);
  assertStringIncludes(dry.problems[0], '"nowhere" is not one of its options');
  const created = await world.ok("create_contact", { dry_run: true });
  assertEquals(created.plan, undefined);
  assert(created.problems.length > 1);
  assertEquals(writes(world), []);
});

/** Arguments of each tool that changes something. */
async function changesOf(
  world: World,
): Promise<Record<string, Record<string, unknown>>> {
  const idOf = async (list: string, args = {}) =>
    (await first(world, list, args)).id as number;
  const filled = async (kind: string, args = {}) => {
    const tool = `get_required_fields_for_${kind}`;
    return argumentsFor((await world.ok(tool, args)).required);
  };
  const [contact_id, company_id, deal_id, ticket_id, task_id, product_id] =
    await Promise.all([
      "contacts",
      "companies",
      "deals",
      "tickets",
      "tasks",
      "products",
    ].map((plural) => idOf(`list_${plural}`)));
  const { id: association_id } = await first(
    world,
    "list_products_associations",
  );
  const { id: note_id } = await outside(world, "POST", "/notes/", {
    note: "To be changed",
    crm_deal_id: deal_id,
  });
  const { id: category_id } = await outside(world, "POST", "/tasks/category", {
    name: "Short-lived",
  });
  const { id: geolocation_id } = await first(world, "list_geolocations");
  const [{ id: pipeline_id }] = (await world.ok("list_pipelines")).records;
  const stages = await world.ok("list_pipeline_stages", { pipeline_id });
  const fields = await outside(world, "GET", "/deals/info");
  const { dropdown: [, { email }] } = fields.find((
    { name }: { name: string },
  ) => name === "creator_id");
  const stage_id = stages.records[0].id;
  const ticket = await first(world, "list_tickets");
  const { ticket_pipeline_id, ticket_stage_id } = await outside(
    world,
    "GET",
    `/tickets/${ticket.id}`,
  );
  return {
    create_contact: await filled("contact"),
    create_company: await filled("company"),
    create_deal: {
      ...await filled("deal", { pipeline_id, stage_id }),
      crm_pipeline_id: pipeline_id,
      crm_stage_id: stage_id,
    },
    create_ticket: {
      ...await filled("ticket", {
        pipeline_id: ticket_pipeline_id,
        stage_id: ticket_stage_id,
      }),
      ticket_pipeline_id,
      ticket_stage_id,
    },
    create_task: { ...await filled("task"), name: "Planned" },
    create_note: { note: "Planned", crm_deal_id: deal_id },
    create_product: { name: "Planned", price: 5 },
    create_products_association: {
      name: "Planned",
      crm_product_id: product_id,
      crm_deal_id: deal_id,
      quantity: 1,
      price: 5,
    },
    create_geolocation: { latitude: -6.2, longitude: 106.8 },
    create_task_category: { name: "Planned" },
    update_contact: { contact_id, job_title: "Planned" },
    update_company: { company_id, website: "planned.example" },
    update_deal: { deal_id, size: 5 },
    update_ticket: { ticket_id, name: "Planned" },
    update_task: { task_id, name: "Planned" },
    update_note: { note_id, note: "Planned" },
    update_product: { product_id, name: "Planned" },
    update_products_association: { association_id, quantity: 3 },
    update_geolocation: { geolocation_id, latitude: -6.3, longitude: 106.9 },
    update_contact_owner: { contact_id, creator_id: "Ratna Kusumawardani" },
    update_deal_owner: { deal_id, creator_id: "Fitri Handayani" },
    set_deal_permissions: {
      deal_id,
      permissions: [{ email, access_types: ["view"] }],
    },
    delete_products_association: { association_id },
    delete_note: { note_id },
    delete_task_category: { category_id },
    delete_task: { task_id },
    delete_ticket: { ticket_id },
    delete_deal: { deal_id },
    delete_product: { product_id },
    delete_contact: { contact_id },
    delete_company: { company_id },
  };
}

Deno.test("each tool that changes something makes a plan, and carries out exactly that", async () => {
  await using world = await createWorld();
  const changes = await changesOf(world);
  assertEquals(
    Object.keys(changes).sort(),
    // Those of the toolset changes plan by themselves.
    catalog.filter(({ effect, toolset }) =>
      effect !== "read" && toolset !== "changes"
    ).map(({ name }) => name).sort(),
  );
  for (const [tool, args] of Object.entries(changes)) {
    const sent = writes(world).length;
    const dry = await world.ok(tool, { ...args, dry_run: true });
    assertEquals(writes(world).length, sent, `${tool} sent a dry run`);
    assertEquals(dry.problems, undefined, `${tool}: ${dry.problems}`);
    assert(dry.plan, `${tool} made no plan`);
    if (tool.startsWith("delete_")) {
      assert(dry.would_delete.id, `${tool} does not say what it deletes`);
      assert(dry.hangs_on, `${tool} does not say what hangs on it`);
    } else {
      const change = dry.changes.find(({ to }: { to: unknown }) => to);
      assert(change, `${tool} does not say what it changes`);
    }
    // With or without the record's id, which some clients have to repeat.
    const [idName = ""] = Object.keys(args);
    const again = tool === "delete_deal" ? { [idName]: args[idName] } : {};
    await world.ok(tool, { ...again, plan: dry.plan });
    assertEquals(writes(world).length, sent + 1, `${tool} was not carried out`);
  }
});

Deno.test("a delete says what hangs on the record", async () => {
  await using world = await createWorld();
  const { records } = await world.ok("list_deals", {
    per_page: 100,
    fields: ["id", "crm_lead_ids", "crm_company_id"],
  });
  const deal = records.find((one: { crm_lead_ids?: unknown[] }) =>
    one.crm_lead_ids?.length
  );
  const contact_id = deal.crm_lead_ids[0];
  const [{ user_id }] = await outside(world, "GET", "/tasks?filter=alltask");
  for (let i = 0; i < 7; i++) {
    await outside(world, "POST", "/tasks", {
      name: `Task ${i}`,
      user_id,
      crm_person_id: contact_id,
      crm_deal_id: deal.id,
      due_date: "2026-12-18T10:00:00+07:00",
      crm_task_status_id: 1,
    });
  }
  await outside(world, "POST", "/notes/", {
    note: "On the contact",
    crm_person_id: contact_id,
  });
  const dry = await world.ok("delete_contact", { contact_id, dry_run: true });
  const { deals, notes, tasks } = dry.hangs_on;
  assertEquals(
    deals.count,
    (await world.ok("list_deals", { contact_ids: contact_id })).total_data,
  );
  assert(deals.ids.includes(deal.id) || deals.count > 5);
  assert(notes.count >= 1);
  assert(tasks.count >= 7);
  assertEquals(tasks.ids.length, 5);
  assertEquals(dry.would_delete.id, contact_id);
});

Deno.test("a plan is refused if anything has changed since", async () => {
  const templates: Record<string, (fields: Record<string, unknown>[]) => void> =
    {};
  await using world = await createWorld({
    change(request, answer) {
      const change = templates[request];
      if (change) change(answer.response);
      return answer;
    },
  });
  const deal_id = await aDeal(world);
  const user = async (but: number) => {
    const fields = await outside(world, "GET", "/deals/info");
    const owners =
      fields.find(({ name }: { name: string }) => name === "creator_id")
        .dropdown;
    return owners.find(({ id }: { id: number }) => id !== but);
  };
  const { creator_id } = await outside(world, "GET", `/deals/${deal_id}`);
  const { id: other } = await user(creator_id);
  const info = "GET /api/v3.1/deals/info";
  const priority = (fields: Record<string, unknown>[]) =>
    fields.find(({ name }) => name === "crm_priority_id") as {
      dropdown: { id: number; name: string }[];
    };
  const drifts: [string, Record<string, unknown>, () => unknown, RegExp][] = [
    [
      "the record",
      { size: 1 },
      () => outside(world, "PUT", `/deals/${deal_id}`, { size: 4321 }),
      /size: "[\d.]+" → "4321\.0"/,
    ],
    [
      "the owner",
      { size: 2 },
      () => outside(world, "PUT", `/deals/${deal_id}`, { creator_id: other }),
      new RegExp(`creator_id: ${creator_id} → ${other}`),
    ],
    [
      "a custom field",
      { size: 3 },
      () =>
        outside(world, "PUT", `/deals/${deal_id}`, {
          additional_fields: [{ id: 11730760, value: "ANOTHER" }],
        }),
      /additional_fields id 11730760: "?.*"? → "ANOTHER"/,
    ],
    [
      "what a label means",
      { crm_priority_name: "High" },
      () => {
        templates[info] = (fields) => {
          const { dropdown } = priority(fields);
          const [low, high] = ["Low", "High"].map((name) =>
            dropdown.find((option) => option.name === name)!
          );
          [low!.name, high!.name] = ["High", "Low"];
        };
      },
      /what crm_priority_id means: \d → \d/,
    ],
    [
      "the template",
      { size: 5 },
      () => {
        templates[info] = (fields) => {
          const source = fields.find(({ name }) => name === "crm_source_id")!;
          source.required = true;
          source.required_pipeline_ids = [48213, 131907];
        };
      },
      /crm_source_(id|name)/,
    ],
  ];
  for (const [what, change, happens, says] of drifts) {
    const dry = await world.ok("update_deal", {
      deal_id,
      ...change,
      dry_run: true,
    });
    assert(dry.plan, `${what}: ${JSON.stringify(dry)}`);
    await happens();
    const sent = writes(world).length;
    const text = await world.refused("update_deal", { plan: dry.plan });
    assertMatch(text, says, what);
    assertEquals(writes(world).length, sent, what);
    delete templates[info];
  }
});

Deno.test("a plan to delete or to change the owner is refused if the record has changed", async () => {
  await using world = await createWorld();
  const contact_id = (await first(world, "list_contacts")).id;
  const plans: [string, string][] = [];
  for (
    const [tool, args] of [
      ["delete_contact", {}],
      ["update_contact_owner", { creator_id: "Ratna Kusumawardani" }],
    ] as const
  ) {
    const dry = await world.ok(tool, { contact_id, ...args, dry_run: true });
    plans.push([tool, dry.plan]);
  }
  await outside(world, "PUT", `/contacts/${contact_id}`, {
    job_title: "Promoted",
  });
  const sent = writes(world).length;
  for (const [tool, plan] of plans) {
    assertMatch(
      await world.refused(tool, { plan }),
      /job_title: .* → "Promoted"\n[^]*Make a new plan with dry_run: true/,
    );
    // It is gone.
    assertMatch(await world.refused(tool, { plan }), /no such plan/);
  }
  assertEquals(writes(world).length, sent);

  const dry = await world.ok("delete_contact", { contact_id, dry_run: true });
  await outside(world, "DELETE", `/contacts/${contact_id}`);
  assertMatch(
    await world.refused("delete_contact", { plan: dry.plan }),
    /404/,
  );
  assertEquals(writes(world).length, sent + 1);
});

Deno.test("a plan that does not exist, or that is for something else, is refused", async () => {
  await using world = await createWorld();
  const { plan, deal_id } = await sizePlan(world);
  const letter = plan.endsWith("A") ? "B" : "A";
  for (
    const [tool, args, says] of [
      ["update_deal", { plan: "plan-" }, /not the handle of a plan/],
      ["update_deal", { plan: `${plan}A` }, /not the handle of a plan/],
      ["update_deal", { plan: `plan-${"A".repeat(24)}` }, /no such plan/],
      ["update_deal", { plan: plan.slice(0, -1) + letter }, /no such plan/],
      ["delete_deal", { plan }, /this plan is for update_deal/],
      ["update_deal", { plan, size: 778 }, /the plan has its own size/],
      ["update_deal", { plan, deal_id: 1 }, /the plan has its own deal_id/],
      ["update_deal", { plan, name: "x" }, /the plan has its own name/],
      ["update_deal", { plan, dry_run: true }, /dry_run to make a plan, or/],
    ] as const
  ) {
    assertMatch(await world.refused(tool, args), says);
  }
  assertEquals(writes(world), []);
  // None of this uses it up. What is empty is not given.
  await world.ok("update_deal", {
    plan: ` ${plan} `,
    deal_id,
    name: null,
    dry_run: false,
  });
  assertEquals(writes(world).length, 1);
  await world.ok("update_deal", { deal_id, size: 1, plan: "" });
  await world.ok("update_deal", { deal_id, size: 2, plan: null });
  assertEquals(writes(world).length, 3);
});

Deno.test("a plan expires, even if the store keeps it longer", async () => {
  const inner = createMemoryChangeStore();
  const lifetimes: number[] = [];
  const store: ChangeStore = {
    ...inner,
    put(place, text, lifetime) {
      lifetimes.push(lifetime);
      return inner.put(place, text, lifetime * 10);
    },
  };
  await using world = await createWorld({ changes: { store } });
  const { plan } = await sizePlan(world);
  assertEquals(lifetimes, [900_000]);
  const { now } = Date;
  try {
    Date.now = () => now() + 899_000;
    const { plan: late } = await sizePlan(world);
    Date.now = () => now() + 901_000;
    assertMatch(await world.refused("update_deal", { plan }), /no such plan/);
    await world.ok("update_deal", { plan: late });
  } finally {
    Date.now = now;
  }
});

Deno.test("the store does not give plans away", async () => {
  const inner = createMemoryChangeStore();
  const kept: string[] = [];
  const store: ChangeStore = {
    ...inner,
    put(place, text, lifetime) {
      kept.push(JSON.stringify(place), text);
      return inner.put(place, text, lifetime);
    },
  };
  await using world = await createWorld({ changes: { store } });
  // So long that random base64 does not hold it by chance.
  const size = 770_077_007_700;
  const { plan } = await sizePlan(world, size);
  const decoded = kept[1]!.split(".").map((part) =>
    atob(part.replaceAll("-", "+").replaceAll("_", "/"))
  );
  const all = [...kept, ...decoded].join();
  assertNotMatch(all, /"size|update_deal|Lestari/);
  assert(!all.includes(String(size)));
  assert(!all.includes(plan) && !all.includes(plan.slice(5)));
  // A text that somebody else stores instead does not open.
  const [place, text = ""] = kept;
  for (const forged of ["{}", "a.b", text.slice(0, -4), `A${text.slice(1)}`]) {
    await inner.put(JSON.parse(place!), forged, 60_000);
    assertMatch(await world.refused("update_deal", { plan }), /no such plan/);
  }
  assertEquals(writes(world), []);
});

Deno.test("the audit records the plan that a change carries out", async () => {
  const records: AuditRecord[] = [];
  await using world = await createWorld({
    audit: {
      store: {
        name: "memory",
        begin: () => Promise.resolve(),
        end: (record) => Promise.resolve(void records.push(record)),
        async *list() {},
      },
    },
  });
  const { plan, deal_id } = await sizePlan(world);
  await world.ok("update_deal", { plan });
  await world.ok("update_deal", { deal_id, size: 5 });
  const [planned, plain] = records;
  assertMatch(planned!.plan!, /^[A-Za-z0-9_-]{12}$/);
  assert(!plan.includes(planned!.plan!));
  assertEquals(plain!.plan, undefined);
  assert(world.logs.some((line) => line.includes(planned!.plan!)));
  // The line on stderr has it too: it does not look like a secret.
  assertEquals(redact(planned!.plan!), planned!.plan!);
  assert(!world.logs.some((line) => line.includes(plan)));
});
