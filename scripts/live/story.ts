/**
 * The writes: makes a record of each kind through the tools, changes it, and
 * in the end deletes it.
 *
 * @module
 */
import { resources } from "../../src/qontak/resources.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import { isEmpty, isObject, type JsonObject } from "../../src/values/json.ts";
import { NotTried } from "./fact.ts";
import {
  argumentsFor,
  DAY,
  extras,
  fieldsIn,
  type Shown,
  valueFor,
} from "./fill.ts";
import { type Kind, kinds } from "./kinds.ts";
import { idIn, recordIn } from "./answers.ts";
import { type Lab, ToolRefusal } from "./lab.ts";
import { carryOut, outcome, type Step, type StepRow } from "./steps.ts";

/** The arguments for a new record: what is required, and our mark. */
async function argumentsToCreate(
  lab: Lab,
  kind: Kind,
  place: JsonObject = {},
): Promise<JsonObject> {
  const data = await lab.tool(`get_required_fields_for_${kind.name}`, place);
  const required = fieldsIn(data, "required");
  const given = [...required, ...extras(fieldsIn(data, "optional"))];
  return { ...argumentsFor(lab, given), [kind.label]: lab.mark };
}

/** A step that makes a record with a tool. */
function creating(
  kind: Kind,
  args: (lab: Lab) => JsonObject | Promise<JsonObject>,
): Step {
  const name = `create_${kind.name}`;
  return {
    name,
    async run(lab) {
      const data = await lab.tool(name, await args(lab));
      const id = idIn(isObject(data.record) ? data.record : data);
      if (id === undefined) return "worked, but Qontak did not say its id";
      lab.own.set(kind, id);
      return kind === kinds.category ? "" : outcome(data);
    },
  };
}

/** A step that changes our record with a tool. */
function updating(
  kind: Kind,
  args: (lab: Lab) => JsonObject | Promise<JsonObject>,
): Step {
  const name = `update_${kind.name}`;
  return {
    name,
    async run(lab) {
      const target = { [kind.idArgument]: lab.ours(kind) };
      return outcome(await lab.tool(name, { ...target, ...await args(lab) }));
    },
  };
}

/** A contact without an owner goes to the token's user, who is found so. */
const findMe: Step = {
  name: "Find the user behind the token",
  async run(lab) {
    const fields = fieldsIn(
      await lab.tool("get_required_fields_for_contact", {}),
      "required",
    ).filter(({ key }) => key !== "creator_id");
    const args: JsonObject = {
      ...argumentsFor(lab, fields.filter(({ type }) => type !== "date")),
      first_name: lab.mark,
      skip_validation: true,
    };
    let made: JsonObject;
    try {
      made = await lab.tool("create_contact", args);
    } catch (error) {
      if (!(error instanceof ToolRefusal)) throw error;
      throw new NotTried(`a contact without an owner: ${error.message}`);
    }
    const owner = (await lab.read(kinds.contact, Number(made.id))).creator_id;
    if (typeof owner !== "number") {
      throw new NotTried("the contact shows no owner");
    }
    lab.me = owner;
    return "";
  },
};

/** The first place whose required fields can all be filled. */
async function findPlaces(lab: Lab, kind: Kind): Promise<JsonObject[]> {
  const resource = kind === kinds.deal ? resources.deal : resources.ticket;
  const found: { place: JsonObject; count: number }[] = [];
  for (const pipeline of (await lab.setup.pipelines(resource)).slice(0, 4)) {
    const stages = await lab.setup.stages(resource, pipeline.id);
    for (const stage of stages.slice(0, 3)) {
      const place = { pipeline_id: pipeline.id, stage_id: stage.id };
      const data = await lab.tool(
        `get_required_fields_for_${kind.name}`,
        place,
      );
      const required = fieldsIn(data, "required");
      try {
        argumentsFor(lab, required);
        found.push({ place, count: required.length });
      } catch (error) {
        if (!(error instanceof NotTried)) throw error;
      }
    }
  }
  if (found.length === 0) {
    throw new NotTried(
      "no stage was found whose required fields can be filled",
    );
  }
  return found.sort((a, b) => a.count - b.count).map(({ place }) => place);
}

const firstPlace = async (lab: Lab, kind: Kind) =>
  (await findPlaces(lab, kind))[0]!;

/** Moves our deal to another stage, with what that one requires. */
const moveDeal: Step = {
  name: "update_deal to another stage",
  async run(lab) {
    const id = lab.ours(kinds.deal);
    const deal = await lab.read(kinds.deal);
    const next = (await findPlaces(lab, kinds.deal)).find(({ stage_id }) =>
      stage_id !== deal.crm_stage_id
    );
    if (!next) throw new NotTried("there is only one stage");
    const fields: Shown[] = fieldsIn(
      await lab.tool("get_required_fields_for_deal", next),
      "required",
    ).filter(({ custom, key, value }) =>
      custom || value !== undefined || isEmpty(deal[key])
    );
    const data = await lab.tool("update_deal", {
      deal_id: id,
      ...argumentsFor(lab, fields),
    });
    return outcome(data);
  },
};

/** Gives the token's user access to our deal, which that user has anyhow. */
const permit: Step = {
  name: "set_deal_permissions",
  async run(lab) {
    const id = lab.ours(kinds.deal);
    const { response } = await lab.crm.call(endpoints.deals.realCreator, {
      path: { id },
    });
    const { email } = recordIn(response);
    if (typeof email !== "string" || email === "") {
      throw new NotTried("Qontak does not say the user's e-mail");
    }
    const permissions = [{ email, access_types: ["view", "edit"] }];
    await lab.tool("set_deal_permissions", { deal_id: id, permissions });
    return "";
  },
};

const changed = (lab: Lab) => `${lab.mark} changed`;

/** Makes and changes a record of each kind. */
export const writeSteps: readonly Step[] = [
  findMe,
  creating(kinds.company, (lab) => argumentsToCreate(lab, kinds.company)),
  updating(kinds.company, (lab) => ({
    name: changed(lab),
    website: "https://example.com",
  })),
  creating(kinds.contact, async (lab) => ({
    ...await argumentsToCreate(lab, kinds.contact),
    ...associated(lab, "crm_company_id"),
  })),
  updating(kinds.contact, (lab) => ({
    first_name: changed(lab),
    job_title: lab.mark,
  })),
  creating(kinds.product, (lab) => ({
    name: lab.mark,
    currency: "IDR",
    price: 1000,
    quantity: 2,
  })),
  updating(kinds.product, (lab) => ({ name: changed(lab), price: 1500 })),
  creating(kinds.deal, async (lab) => {
    const place = await firstPlace(lab, kinds.deal);
    return {
      ...await argumentsToCreate(lab, kinds.deal, place),
      ...associated(lab, "crm_company_id", "crm_lead_ids"),
      size: 1000,
    };
  }),
  updating(kinds.deal, (lab) => ({
    name: changed(lab),
    size: 2500,
    closed_date: DAY,
  })),
  moveDeal,
  permit,
  creating(kinds.association, (lab) => ({
    name: lab.mark,
    crm_product_id: lab.ours(kinds.product),
    crm_deal_id: lab.ours(kinds.deal),
    price: 1000,
    quantity: 2,
  })),
  updating(kinds.association, (lab) => ({ name: changed(lab), quantity: 3 })),
  creating(kinds.category, (lab) => ({ name: lab.mark })),
  creating(kinds.task, async (lab) => ({
    ...await argumentsToCreate(lab, kinds.task),
    ...associated(lab, "crm_deal_id"),
    due_date: `${DAY}T10:00`,
  })),
  updating(kinds.task, (lab) => ({ name: changed(lab), detail: lab.mark })),
  creating(kinds.ticket, async (lab) => {
    const place = await firstPlace(lab, kinds.ticket);
    return {
      ...await argumentsToCreate(lab, kinds.ticket, place),
      due_date: DAY,
    };
  }),
  updating(kinds.ticket, (lab) => ({
    name: changed(lab),
    description: lab.mark,
  })),
  creating(kinds.note, (lab) => ({
    note: lab.mark,
    crm_deal_id: lab.ours(kinds.deal),
  })),
  updating(kinds.note, (lab) => ({ note: changed(lab) })),
];

/** Makes and changes what cannot be deleted. */
export const geolocationSteps: readonly Step[] = [
  creating(kinds.geolocation, (lab) => ({
    latitude: -6.2,
    longitude: 106.8,
    device_id: "qontak-mcp-live",
    journey_id: lab.mark,
    checkin_timestamps: Math.floor(Date.now() / 1000),
    orientation: "0",
    is_online: true,
    input_type: 2,
  })),
  updating(kinds.geolocation, () => ({ battery_percentage: 50 })),
];

/** Those of our records that there are, as arguments. */
function associated(lab: Lab, ...keys: string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => {
    try {
      const field = { key, type: "association", list: key.endsWith("_ids") };
      return [[key, valueFor(lab, field)]];
    } catch {
      return [];
    }
  }));
}

/**
 * Deletes with the tools what is in the ledger, the newest first.
 *
 * @param lab The lab.
 */
export async function deleteAll(lab: Lab): Promise<StepRow[]> {
  const steps = [...lab.ledger.entries].reverse().flatMap(
    ({ kind, id }): Step[] =>
      kind.endpoints.delete
        ? [{
          name: `delete_${kind.name}`,
          async run(lab) {
            await lab.tool(`delete_${kind.name}`, { [kind.idArgument]: id });
            return "";
          },
        }]
        : [],
  );
  return await carryOut(lab, steps);
}
