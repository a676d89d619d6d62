/**
 * The writes: creates a record of each kind with the tools, changes it, and
 * finally deletes it. A step that fails does not end the run.
 *
 * @module
 */
import { toStderr } from "../../src/logging/log.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import { isEmpty, isObject, type JsonObject } from "../../src/values/json.ts";
import { idIn, recordIn } from "./answers.ts";
import { argumentsFor, DAY, extras, fieldsIn, valueFor } from "./fill.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import {
  demand,
  NotTried,
  type Result,
  resultOf,
  Stopped,
  ToolRefusal,
} from "./verdict.ts";

/** The result of one step. */
export interface StepRow extends Pick<Result, "result"> {
  readonly step: string;
  /** What happened to the values, or why it failed; no personal data. */
  readonly detail: string;
}

/** One step; its return value appears in the report. */
interface Step {
  readonly name: string;
  readonly run: (lab: Lab) => Promise<string>;
}

/** The arguments of a step. */
type Args = (lab: Lab) => JsonObject | Promise<JsonObject>;

async function carryOut(lab: Lab, steps: readonly Step[]): Promise<StepRow[]> {
  const rows: StepRow[] = [];
  for (const { name, run } of steps) {
    let row: StepRow;
    try {
      const { stopped } = lab.wire;
      if (stopped !== undefined) throw new Stopped(stopped);
      row = { step: name, result: "worked", detail: await run(lab) };
    } catch (error) {
      const { result, why } = resultOf(error);
      row = { step: name, result, detail: why };
    }
    toStderr(`${name}: ${row.result}${row.detail && `, ${row.detail}`}`);
    rows.push(row);
  }
  return rows;
}

/** What a write tool reports about the values; keys only. */
function outcome(data: JsonObject): string {
  const entriesOf = (name: string) => [data[name] ?? []].flat();
  const parts = ["ignored", "stored_differently", "not_shown"].flatMap(
    (name) => {
      const keys = entriesOf(name).map((entry) =>
        isObject(entry) ? String(entry.key) : String(entry)
      );
      return keys.length === 0 ? [] : [`${name}: ${keys.join(", ")}`];
    },
  );
  return [`${entriesOf("applied").length} applied`, ...parts].join("; ");
}

const requiredFields = (lab: Lab, kind: Kind, place: JsonObject = {}) =>
  lab.tool(`get_required_fields_for_${kind.name}`, place);

/** The arguments for a new record: the required fields, and our mark. */
async function argumentsToCreate(
  lab: Lab,
  kind: Kind,
  place?: JsonObject,
): Promise<JsonObject> {
  const data = await requiredFields(lab, kind, place);
  const given = [
    ...fieldsIn(data, "required"),
    ...extras(fieldsIn(data, "optional")),
  ];
  return { ...argumentsFor(lab, given), [kind.label]: lab.mark };
}

/** A step that creates a record with a tool. */
function creating(kind: Kind, args: Args): Step {
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
function updating(kind: Kind, args: Args): Step {
  const name = `update_${kind.name}`;
  return {
    name,
    async run(lab) {
      const target = { [kind.idArgument]: lab.ours(kind) };
      return outcome(await lab.tool(name, { ...target, ...await args(lab) }));
    },
  };
}

/**
 * Finds the token's user: a contact without an owner is assigned to that user.
 */
const findMe: Step = {
  name: "Find the user behind the token",
  async run(lab) {
    const fields = fieldsIn(
      await requiredFields(lab, kinds.contact),
      "required",
    ).filter(({ key, type }) => key !== "creator_id" && type !== "date");
    const made = await lab.tool("create_contact", {
      ...argumentsFor(lab, fields),
      first_name: lab.mark,
      skip_validation: true,
    }).catch((error) => {
      if (!(error instanceof ToolRefusal)) throw error;
      throw new NotTried(`a contact without an owner: ${error.message}`);
    });
    const owner = (await lab.read(kinds.contact, Number(made.id))).creator_id;
    lab.me = demand(
      typeof owner === "number" && owner,
      "the contact shows no owner",
    );
    return "";
  },
};

/** The places whose required fields can all be set, the easiest first. */
async function findPlaces(lab: Lab, kind: Kind): Promise<JsonObject[]> {
  const resource = kind.resource!;
  const found: { place: JsonObject; count: number }[] = [];
  for (const pipeline of (await lab.setup.pipelines(resource)).slice(0, 4)) {
    const stages = await lab.setup.stages(resource, pipeline.id);
    for (const stage of stages.slice(0, 3)) {
      const place = { pipeline_id: pipeline.id, stage_id: stage.id };
      const data = await requiredFields(lab, kind, place);
      const required = fieldsIn(data, "required");
      try {
        argumentsFor(lab, required);
        found.push({ place, count: required.length });
      } catch (error) {
        if (!(error instanceof NotTried)) throw error;
      }
    }
  }
  return demand(
    found.sort((a, b) => a.count - b.count).map(({ place }) => place),
    "no stage was found whose required fields can be filled",
  );
}

/** The arguments for a new record in the first such place. */
async function argumentsInPlace(lab: Lab, kind: Kind): Promise<JsonObject> {
  const [place] = await findPlaces(lab, kind);
  return await argumentsToCreate(lab, kind, place);
}

/** Moves our deal to another stage, with the fields that the stage requires. */
const moveDeal: Step = {
  name: "update_deal to another stage",
  async run(lab) {
    const deal_id = lab.ours(kinds.deal);
    const deal = await lab.read(kinds.deal);
    const places = await findPlaces(lab, kinds.deal);
    const next = demand(
      places.find(({ stage_id }) => stage_id !== deal.crm_stage_id),
      "there is only one stage",
    );
    const fields = fieldsIn(
      await requiredFields(lab, kinds.deal, next),
      "required",
    ).filter(({ custom, key, value }) =>
      custom || value !== undefined || isEmpty(deal[key])
    );
    const args = { deal_id, ...argumentsFor(lab, fields) };
    return outcome(await lab.tool("update_deal", args));
  },
};

/** Gives the token's user access to our deal, which that user already has. */
const permit: Step = {
  name: "set_deal_permissions",
  async run(lab) {
    const id = lab.ours(kinds.deal);
    const { response } = await lab.crm.call(endpoints.deals.realCreator, {
      path: { id },
    });
    const email = demand(
      recordIn(response).email,
      "Qontak does not say the user's e-mail",
    );
    const permissions = [{ email, access_types: ["view", "edit"] }];
    await lab.tool("set_deal_permissions", { deal_id: id, permissions });
    return "";
  },
};

const changed = (lab: Lab) => `${lab.mark} changed`;

/** Creates and changes a record of each kind. */
const writeSteps: readonly Step[] = [
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
  creating(kinds.deal, async (lab) => ({
    ...await argumentsInPlace(lab, kinds.deal),
    ...associated(lab, "crm_company_id", "crm_lead_ids"),
    size: 1000,
  })),
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
  creating(kinds.ticket, async (lab) => ({
    ...await argumentsInPlace(lab, kinds.ticket),
    due_date: DAY,
  })),
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

/** Creates and changes records that cannot be deleted. */
const geolocationSteps: readonly Step[] = [
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

/** The existing ones of our records, as arguments. */
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

/** Creates and changes a record of each kind; a check-in only with its flag. */
export async function makeAll(lab: Lab): Promise<StepRow[]> {
  const more = lab.flags.geolocation ? geolocationSteps : [];
  return await carryOut(lab, [...writeSteps, ...more]);
}

/** Deletes the records in the ledger with the tools, newest first. */
export async function deleteAll(lab: Lab): Promise<StepRow[]> {
  const entries = lab.ledger.entries.filter(({ kind }) =>
    kind.endpoints.delete
  );
  return await carryOut(
    lab,
    entries.toReversed().map(({ kind: { name, idArgument }, id }) => ({
      name: `delete_${name}`,
      async run(lab) {
        await lab.tool(`delete_${name}`, { [idArgument]: id });
        return "";
      },
    })),
  );
}
