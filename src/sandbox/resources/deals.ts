/**
 * `/deals`: what is special about them.
 *
 * @module
 */

import { type Collection, find, routes, show } from "../collection.ts";
import { slugOf } from "../data/people.ts";
import {
  amount,
  choice,
  type Key,
  many,
  moment,
  named,
  one,
  type Reading,
  seenOnly,
  shown,
  text,
} from "../keys.ts";
import { contactName, type Deal, recordName, type Values } from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { toIso } from "../time.ts";
import { dealExtras } from "./deal_extras.ts";
import { forget } from "./links.ts";
import { owner } from "./owner.ts";
import { removeLines } from "./product_lines.ts";
import { note, showTimeline } from "./timeline.ts";

const BLANK = "can't be blank";

const KEYS: readonly Key[] = [
  text("name"),
  shown("slug", ({ record }) => record.slug),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
  named("currency"),
  amount("size"),
  moment("closed_date"),
  owner(true),
  choice("crm_source"),
  choice("crm_lost_reason"),
  choice("crm_pipeline", ({ call }) => call.world.pipelines),
  // A stage's name says little without its pipeline, which is read before it.
  choice(
    "crm_stage",
    ({ call, values }) =>
      call.world.stages.filter((stage) =>
        values?.crm_pipeline_id == null ||
        stage.crm_pipeline_id === values.crm_pipeline_id
      ),
  ),
  moment("start_date"),
  moment("expired_date"),
  choice("crm_priority"),
  one({
    ids: "crm_company_id",
    names: "crm_company_name",
    records: (world) => world.companies,
    label: recordName,
  }),
  many({
    ids: "crm_lead_ids",
    names: "crm_lead_name",
    records: (world) => world.contacts,
    label: contactName,
  }),
  shown(
    "crm_deal_status",
    ({ record }) => record.values.crm_deal_status ?? null,
  ),
  many({
    ids: "product_association_ids",
    names: "product_association_name",
    records: (world) => world.associations,
    label: recordName,
  }),
  // Empty in Qontak's collection even if there are product lines.
  shown("product_association_quantity", () => []),
  shown("product_association_price", () => []),
  shown("product_association_total_price", () => []),
  // Shown in real traffic, absent from Qontak's collection.
  seenOnly(text("unique_deal_id")),
  seenOnly(text("idempotency_key")),
  seenOnly(text("channel_integration_room_id")),
];

/**
 * A stage must belong to the pipeline; alone, it sets its pipeline (assumed).
 */
function settle({ call, values, fail }: Reading): void {
  const stage = call.world.stages.find(({ id }) => id === values.crm_stage_id);
  if (!stage) {
    if (values.crm_pipeline_id == null) fail("crm_pipeline_id", BLANK);
    fail("crm_stage_id", BLANK);
  } else if (values.crm_pipeline_id == null) {
    values.crm_pipeline_id = stage.crm_pipeline_id;
  } else if (values.crm_pipeline_id !== stage.crm_pipeline_id) {
    fail("crm_stage_id", "is not a stage of the pipeline");
  }
}

/** Adds to the histories what a write changed. */
function saved(deal: Deal, before: Values | undefined, call: Call): void {
  const { values } = deal;
  const stageId = values.crm_stage_id as number;
  const nameOf = (id: unknown): string =>
    call.world.stages.find((stage) => stage.id === id)?.name ?? "";
  if (before === undefined) note(deal, "added", `'${values.name}'.`, call);
  else if (before.crm_stage_id === stageId) {
    note(deal, "updated", `'${values.name}'.`, call);
  } else {
    const [from, to] = [nameOf(before.crm_stage_id), nameOf(stageId)];
    note(deal, "moved", `'${values.name}' from ${from} to ${to}.`, call);
  }
  if (before?.crm_stage_id === stageId) return;
  deal.history.push({
    ownerId: values.creator_id as number,
    from: before?.crm_stage_id as number | undefined ?? null,
    to: stageId,
    at: deal.updatedAt,
    by: before === undefined ? null : call.user.id,
  });
}

/** Whether a list of ids has the id that a query names. */
function has(ids: unknown, wanted: string): boolean {
  return (ids as number[] | undefined ?? []).includes(Number(wanted));
}

const collection: Collection<Deal> = {
  name: "deals",
  records: (world) => world.deals,
  template: (world) => world.dealTemplate,
  keys: KEYS,
  aliases: { crm_contact: "crm_lead_ids", crm_company: "crm_company_id" },
  // There is no filter for pipeline, stage, owner or date. Assumed: a part of
  // the name is enough, and case does not matter.
  filters: {
    name: ({ values }, wanted) =>
      String(values.name).toLowerCase().includes(wanted.toLowerCase()),
    contact_ids: ({ values }, wanted) => has(values.crm_lead_ids, wanted),
    company_ids: ({ values }, wanted) => has(values.crm_company_id, wanted),
    product_ids: ({ id }, wanted, world) =>
      [...world.associations.values()].some(({ values }) =>
        values.crm_deal_id === id && values.crm_product_id === Number(wanted)
      ),
  },
  blank({ body, user, world }) {
    const id = world.nextId();
    const now = Date.now();
    return {
      id,
      slug: slugOf(String(body.name), id % 10_000),
      createdAt: now,
      updatedAt: now,
      values: {},
      custom: new Map(),
      timeline: [],
      realCreatorId: user.id,
      history: [],
      chat: [],
      permissions: new Map(),
    };
  },
  settle,
  place({ crm_pipeline_id, crm_stage_id }, { stages }) {
    return {
      pipelineId: crm_pipeline_id as number,
      stageId: crm_stage_id as number,
      stageIds: stages.filter((stage) =>
        stage.crm_pipeline_id === crm_pipeline_id
      ).map(({ id }) => id),
    };
  },
  saved,
  removed(deal, { world }) {
    removeLines("crm_deal_id", deal.id, world);
    forget("deals", deal, world);
  },
  answersUpdate: (call) => call.observed,
  absentFromCreate: ["crm_deal_status"],
};

/** The thirteen endpoints of deals. */
export const deals: Resource = {
  name: "deals",
  routes: [
    ...routes(collection, "info", "list", "get", "create", "update", "delete"),
    {
      method: "GET",
      path: "/deals/:id/timeline",
      handle: (call) => ({
        response: showTimeline(find(collection, call), "a deal", call.world),
      }),
    },
    ...dealExtras(
      (call) => find(collection, call),
      (deal, call) => show(collection, deal, call),
    ),
  ],
};
