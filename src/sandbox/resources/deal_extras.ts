/**
 * The endpoints that only deals have.
 *
 * @module
 */

import { type Answer, notFound, Refusal } from "../answer.ts";
import { toDecimal } from "../custom.ts";
import { ORGANIZATION, ORGANIZATION_ID } from "../data/tenant.ts";
import {
  contactName,
  type Deal,
  recordName,
  type Stored,
  userOf,
} from "../records.ts";
import type { Call, Route } from "../router.ts";
import { toIso } from "../time.ts";
import { chatHistory } from "./chat.ts";
import { updateOwner } from "./owner.ts";

function stageHistory(deal: Deal, { world }: Call): Answer {
  const stage = (id: number | null): Record<string, unknown> => ({
    id,
    name: world.stages.find((one) => one.id === id)?.name ?? null,
  });
  return {
    response: deal.history.map(({ ownerId, from, to, at, by }) => ({
      current_owner: userOf(world, ownerId)?.name ?? null,
      prev_stage: stage(from),
      current_stage: stage(to),
      moved_date: toIso(at),
      moved_by: userOf(world, by)?.name ?? null,
    })),
  };
}

function realCreator({ realCreatorId }: Deal, { world }: Call): Answer {
  const user = userOf(world, realCreatorId);
  if (!user) throw notFound();
  return {
    response: {
      id: user.id,
      email: user.email,
      full_name: user.name,
      username: user.email,
      phone: "",
      team: {
        id: ORGANIZATION_ID,
        company_name: ORGANIZATION,
        external_company_id: ORGANIZATION_ID,
      },
      role: user.role,
    },
  };
}

/** The deal as a download shows it: names instead of ids. */
function fullField(
  deal: Deal,
  shown: Record<string, unknown>,
  { world }: Call,
): Answer {
  const { values } = deal;
  const owner = userOf(world, values.creator_id);
  const company = world.companies.get(
    (values.crm_company_id as number[])?.[0]!,
  );
  const ofDeal = (records: Iterable<Stored>): Stored[] =>
    [...records].filter((one) => one.values.crm_deal_id === deal.id);
  const notes = ofDeal(world.notes.values());
  const [date, time] = toIso(deal.createdAt).slice(0, 19).split("T");
  return {
    response: {
      id: deal.id,
      name: values.name,
      slug: deal.slug,
      creator: owner &&
        { id: owner.id, name: owner.name, username: owner.email },
      crm_team: owner?.teams[0]?.name ?? null,
      currency: shown.currency,
      size: typeof values.size === "number" ? toDecimal(values.size) : null,
      cost: null,
      closed_date: shown.closed_date,
      start_date: shown.start_date,
      expired_date: shown.expired_date,
      crm_pipeline: shown.crm_pipeline_name,
      crm_stage: shown.crm_stage_name,
      crm_source: shown.crm_source_name,
      crm_company: company ? recordName(company) : null,
      crm_contacts: (values.crm_lead_ids as number[] ?? []).flatMap((id) => {
        const contact = world.contacts.get(id);
        if (!contact) return [];
        const { email = "" } = contact.values;
        return [{ id, name: contactName(contact), email }];
      }),
      product: ofDeal(world.associations.values()).map(recordName),
      crm_lost_reason: shown.crm_lost_reason_name,
      crm_deal_status: values.crm_deal_status ?? null,
      created_at_date: date,
      created_at_time: time,
      updated_at: shown.updated_at,
      crm_note: notes.map((one) => ({ note: one.values.note })),
      crm_gps_checkin: notes.filter((one) => one.values.crm_checkin)
        .map((one) => ({ address: one.values.crm_checkin })),
      unique_deal_id: values.unique_deal_id ?? null,
      additional_fields: shown.additional_fields,
    },
  };
}

const ACCESS_TYPES = ["view", "edit", "search_association"];

/**
 * Sets what users may do with a deal. A type that is left out becomes false.
 * How Qontak refuses an invalid one is not documented; assumed: a 422.
 */
function dealPermission({ body, world }: Call): Answer {
  const deal = world.deals.get(body.id as number);
  if (!deal) throw notFound();
  const { permissions } = body;
  const refuse = (reason: string): never => {
    throw new Refusal(422, `Validation failed: ${reason}`);
  };
  if (!Array.isArray(permissions)) {
    return refuse("permissions must be an array");
  }
  const granted = permissions.map((one: unknown) => {
    const { email, access_types: types } = Object(one);
    if (!world.users.some((user) => user.email === email)) {
      return refuse(`email ${email} is not a user`);
    }
    if (
      !Array.isArray(types) ||
      !types.every((type) => ACCESS_TYPES.includes(type))
    ) {
      return refuse(`access_types must be of ${ACCESS_TYPES.join(", ")}`);
    }
    return { email: email as string, access_types: types as string[] };
  });
  for (const { email, access_types } of granted) {
    deal.permissions.set(
      email,
      Object.fromEntries(
        ACCESS_TYPES.map((type) => [type, access_types.includes(type)]),
      ),
    );
  }
  return {
    response: {
      status: "success",
      message: "Permissions granted successfully",
      details: { deal_id: deal.id, permissions: granted },
    },
  };
}

/**
 * Makes the endpoints. `find` finds the deal of the path and `show` shows it.
 * Hyphens and underscores are as Qontak has them.
 */
export function dealExtras(
  find: (call: Call) => Deal,
  show: (deal: Deal, call: Call) => Record<string, unknown>,
): Route[] {
  const get = (
    name: string,
    answer: (deal: Deal, call: Call) => Answer,
  ): Route => ({
    method: "GET",
    path: `/deals/:id/${name}`,
    handle: (call) => answer(find(call), call),
  });
  return [
    get("stage_history", stageHistory),
    get("chat-history", chatHistory),
    get("real_creator", realCreator),
    get("full-field", (deal, call) => fullField(deal, show(deal, call), call)),
    {
      method: "PUT",
      path: "/deals/:id/update_owner",
      handle(call) {
        const deal = find(call);
        return updateOwner(deal, recordName(deal), call);
      },
    },
    {
      method: "POST",
      path: "/deals/deal_permission",
      handle: dealPermission,
    },
  ];
}
