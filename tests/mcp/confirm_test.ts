/** The person's own yes: questions through clients of both revisions. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Client } from "@modelcontextprotocol/client";
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { outside } from "../support/changed.ts";
import {
  call,
  connectHttp,
  connectStdio,
  type Mode,
  ok,
  type Person,
} from "../support/client.ts";
import { post, request } from "../support/rpc.ts";
import { createWorld, writes } from "../support/world.ts";

/** The requests that could have changed something. */
const changing = (world: { sandbox: { requests: readonly unknown[] } }) =>
  writes(world as Parameters<typeof writes>[0]).length;

/** What a person says, and the questions that were put to them. */
function person(says: ReturnType<Person>): {
  answer: Person;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    answer(question) {
      asked.push(question);
      return says;
    },
  };
}

/** Tries a delete and an update through a client, with each answer. */
async function tries(
  sandbox: ReturnType<typeof serveSandbox>,
  connect: (person?: Person) => Promise<Client>,
): Promise<void> {
  const world = { sandbox };
  for (const says of ["decline", "cancel", "accept"] as const) {
    const { asked, answer } = person(says);
    const client = await connect(answer);
    try {
      const { records } = await ok(client, "list_deals");
      const { id: deal_id, name } = records[0];
      const sent = changing(world);
      const changed = await call(client, "update_deal", {
        deal_id,
        size: 4321,
        crm_priority_name: "High",
      });
      assertEquals(asked.length, 1);
      // The person is told which record, and what becomes of it.
      assertStringIncludes(
        asked[0]!,
        `Update deal ${deal_id} ${JSON.stringify(name)}?\n- Deal Size`,
      );
      assertMatch(asked[0]!, /size\): \d+ → 4321/);
      assertStringIncludes(asked[0]!, "Priority (crm_priority_id): ");
      const gone = await call(client, "delete_deal", { deal_id });
      assertEquals(asked.length, 2);
      assertStringIncludes(asked[1]!, `Delete deal ${deal_id} "${name}"?`);
      if (says === "accept") {
        assertEquals(changed.data.applied.includes("size"), true);
        assertEquals(gone.data.deleted, true);
        assertEquals(changing(world), sent + 2);
      } else {
        for (const { text, isError } of [changed, gone]) {
          assertEquals(isError, true);
          assertMatch(text, /not sent, nothing was changed: the person did/);
        }
        assertEquals(changing(world), sent);
      }
      // A dry run asks nothing, and neither does its plan.
      const { id: other } = records[1];
      const { plan } = await ok(client, "update_deal", {
        deal_id: other,
        size: 5,
        dry_run: true,
      });
      await ok(client, "update_deal", { plan });
      // undo_change changes nothing without a plan.
      await ok(client, "undo_change");
      assertEquals(asked.length, 2);
      // Problems are named before anyone is asked.
      const wrong = await call(client, "update_deal", {
        deal_id: other,
        crm_stage_id: "nowhere",
      });
      assertMatch(
        wrong.text,
        /nothing was changed: 1 problem\.\n1\. crm_stage/,
      );
      assertEquals(asked.length, 2);
    } finally {
      await client.close();
    }
  }
  // Where nobody can be asked, a plan is the way.
  const client = await connect();
  try {
    const { records } = await ok(client, "list_deals");
    const deal_id = records[0].id;
    const sent = changing(world);
    const { text, isError } = await call(client, "delete_deal", { deal_id });
    assertEquals(isError, true);
    assertMatch(text, /this client cannot ask\. Call it with dry_run: true/);
    assertEquals(changing(world), sent);
    const dry = await ok(client, "delete_deal", { deal_id, dry_run: true });
    await ok(client, "delete_deal", { plan: dry.plan });
    assertEquals(changing(world), sent + 1);
  } finally {
    await client.close();
  }
}

for (const mode of ["auto", "legacy"] as const satisfies readonly Mode[]) {
  Deno.test({
    name: `QONTAK_CONFIRM=writes asks the person on stdio, ${mode} revision`,
    // The SDK's client leaves its timers.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using sandbox = serveSandbox();
      await tries(sandbox, (person) => {
        const env = {
          QONTAK_BASE_URL: sandbox.url,
          // Each process replaces it.
          QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
          QONTAK_CONFIRM: "writes",
        };
        return connectStdio(env, mode, person);
      });
    },
  });
}

Deno.test("confirm: writes asks the person over HTTP", async () => {
  await using world = await createWorld({ server: { confirm: "writes" } });
  await tries(
    world.sandbox,
    (person) => connectHttp(`${world.url}/mcp`, person ? { person } : {}),
  );
});

Deno.test("a question says what lists lose, and whose record it is", async () => {
  await using world = await createWorld({ server: { confirm: "writes" } });
  const { asked, answer } = person("decline");
  const client = await connectHttp(`${world.url}/mcp`, { person: answer });
  try {
    const { records } = await ok(client, "query_records", {
      resource: "deals",
      where: [{ field: "crm_lead_ids", op: "is_set" }],
      fields: ["id", "name", "crm_lead_ids"],
      limit: 1,
    });
    const { record } = await ok(client, "get_deal", { deal_id: records[0].id });
    const [lead] = record.crm_lead_ids;
    await call(client, "update_deal", {
      deal_id: record.id,
      crm_lead_ids: { remove: [lead], add: [31842795] },
    });
    assertStringIncludes(asked[0]!, JSON.stringify(record.name));
    assertMatch(asked[0]!, new RegExp(`\\(crm_lead_ids\\) loses \\[.*${lead}`));
    const { records: [contact] } = await ok(client, "list_contacts");
    await call(client, "update_contact", {
      contact_id: contact.id,
      job_title: "Direktur",
    });
    assertStringIncludes(asked[1]!, `Update contact ${contact.id} "`);
    assertStringIncludes(asked[1]!, contact.first_name);
  } finally {
    await client.close();
  }
});

Deno.test("over HTTP in the older revision nobody can be asked, and a plan is the way", async () => {
  await using world = await createWorld({ server: { confirm: "writes" } });
  const { asked, answer } = person("accept");
  const client = await connectHttp(`${world.url}/mcp`, {
    mode: "legacy",
    person: answer,
  });
  try {
    const { records: [{ id: deal_id }] } = await ok(client, "list_deals");
    for (
      const [tool, args] of [["update_deal", { size: 5 }], [
        "delete_deal",
        {},
      ]] as const
    ) {
      const { text } = await call(client, tool, { deal_id, ...args });
      assertStringIncludes(text, "this client cannot ask");
      const { plan } = await ok(client, tool, {
        deal_id,
        ...args,
        dry_run: true,
      });
      await ok(client, tool, { plan });
    }
    assertEquals(asked, []);
    assertEquals(changing(world), 2);
  } finally {
    await client.close();
  }
});

Deno.test("where nobody can be asked, all problems are named before a plan is asked for", async () => {
  await using world = await createWorld({ server: { confirm: "writes" } });
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  for (
    const [args, says] of [
      [{}, /deal_id/],
      [{ deal_id, size: "many", nmae: "x" }, /nmae[^]*size|size[^]*nmae/],
      [{ deal_id, crm_stage_id: "nowhere", size: 1 }, /1\. crm_stage/],
    ] as const
  ) {
    const text = await world.refused("update_deal", args);
    assertMatch(text, says);
    assertEquals(text.includes("cannot ask"), false, text);
  }
  assertEquals(changing(world), 0);
});

Deno.test("deletes need the person's yes over HTTP unless it is turned off, and not on stdio", async () => {
  await using world = await createWorld({
    server: { confirm: undefined as never },
  });
  const { records: [{ id: task_id }] } = await world.ok("list_tasks");
  await world.ok("update_task", { task_id, name: "Not asked" });
  assertStringIncludes(
    await world.refused("delete_task", { task_id }),
    "this client cannot ask",
  );
  await using off = await createWorld({ server: { confirm: "off" } });
  await off.ok("delete_task", { task_id });
});

Deno.test("a question is answered for what was asked, by the caller that was asked", async () => {
  await using world = await createWorld({ server: { confirm: "deletes" } });
  const { records } = await world.ok("list_tasks");
  const [first, second] = records.map(({ id }: { id: unknown }) => Number(id));
  const ask = async (params: Record<string, unknown>) => {
    const sent = request(1, "tools/call", {
      name: "delete_task",
      arguments: { task_id: first },
      ...params,
      _meta: {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
        "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
      },
    });
    const headers = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "delete_task",
    };
    const response = await fetch(`${world.url}/mcp`, post(sent, headers));
    const body = await response.text();
    const [, data = body] = /^data: (.*)$/m.exec(body) ?? [];
    return JSON.parse(data).result;
  };
  const yes = { confirm: { action: "accept", content: {} } };
  const { requestState, inputRequests } = await ask({});
  assertStringIncludes(inputRequests.confirm.params.message, "Delete task");
  for (
    const [params, says] of [
      // A yes without a question is asked for again.
      [{ inputResponses: yes }, undefined],
      [{ inputResponses: yes, requestState: " " }, undefined],
      [
        { inputResponses: yes, requestState: "\u27e8U+0020\u27e9" },
        /not the handle of a plan/,
      ],
      [
        { inputResponses: yes, requestState: `plan-${"A".repeat(24)}` },
        /no such plan/,
      ],
      [{ requestState }, /did not agree/],
      [
        { requestState, inputResponses: { confirm: { action: "no" } } },
        /did not agree/,
      ],
      [
        { requestState, inputResponses: { other: yes.confirm } },
        /did not agree/,
      ],
      [
        {
          requestState,
          inputResponses: yes,
          arguments: { task_id: second },
        },
        /the plan has its own task_id/,
      ],
    ] as const
  ) {
    const result = await ask(params);
    if (says === undefined) assertEquals(result.resultType, "input_required");
    else assertMatch(result.content[0].text, says, JSON.stringify(params));
  }
  assertEquals(changing(world), 0);
  // What has changed meanwhile is not deleted.
  await outside(world, "PUT", `/tasks/${first}`, { name: "Changed meanwhile" });
  const late = await ask({ requestState, inputResponses: yes });
  assertMatch(late.content[0].text, /name: ".*" → "Changed meanwhile"/);
  // What the person has declined cannot be carried out with a yes later.
  const sent = changing(world);
  for (const action of ["decline", "cancel"]) {
    const { requestState } = await ask({});
    const no = { confirm: { action } };
    const declined = await ask({ requestState, inputResponses: no });
    assertMatch(
      declined.content[0].text,
      /nothing was changed: the person did/,
    );
    const later = await ask({ requestState, inputResponses: yes });
    assertMatch(later.content[0].text, /no such plan/);
  }
  assertEquals(changing(world), sent);
  const again = await ask({});
  const done = await ask({
    requestState: again.requestState,
    inputResponses: yes,
  });
  assertEquals(done.structuredContent.deleted, true);
  const twice = await ask({
    requestState: again.requestState,
    inputResponses: yes,
  });
  assertMatch(twice.content[0].text, /no such plan/);
  assertEquals(changing(world), 2);
});

Deno.test("no form of a blank plan stands in for the person's yes", async () => {
  for (const mode of ["auto", "legacy"] as const) {
    await using world = await createWorld({
      mode,
      server: { confirm: "writes" },
    });
    const { records } = await world.ok("list_deals");
    const deal_id = records[0].id;
    for (
      const plan of [
        "",
        " ",
        null,
        [],
        {},
        false,
        "\u27e8U+0020\u27e9",
        "\u27e8U+FEFF\u27e9",
        "\u27e8U+2028\u27e9 \u27e8U+0020\u27e9",
        `plan-${"A".repeat(24)}`,
      ]
    ) {
      for (
        const args of [{ deal_id, plan }, { plan }, {
          deal_id,
          plan,
          dry_run: false,
        }, { deal_id, plan, dry_run: "no" }]
      ) {
        for (const tool of ["delete_deal", "update_deal"]) {
          const { isError, text } = await world.call(tool, {
            ...args,
            ...(tool === "update_deal" && "deal_id" in args ? { size: 1 } : {}),
          });
          const what = `${tool} ${JSON.stringify(args)}: ${text}`;
          assertEquals(isError, true, what);
          assertEquals(text.includes("failed inside the server"), false, what);
        }
      }
    }
    assertEquals(changing(world), 0);
  }
});
