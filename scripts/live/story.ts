/**
 * The writes: creates a record of each kind with the tools, changes it, and
 * finally deletes it. A step that fails does not end the run.
 *
 * @module
 */
import { toStderr } from "../../src/logging/log.ts";
import { checkWrite } from "../../src/fields/check.ts";
import { endpoints } from "../../src/qontak/endpoints.ts";
import { resources } from "../../src/qontak/resources.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../../src/values/json.ts";
import { recordIn } from "./answers.ts";
import { recordsMade } from "./cleanup.ts";
import { argumentsFor, associations, DAY, fieldsIn } from "./fill.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, NotTried, type Tried, tried } from "./verdict.ts";

/** The result of one step. */
export interface StepRow extends Pick<Tried<unknown>, "result"> {
  readonly step: string;
  /** What happened to the values, or why it failed; no personal data. */
  readonly detail: string;
}

/** One step; what it returns appears in the report. */
type Step = readonly [name: string, run: (lab: Lab) => Promise<string | void>];

/** The arguments of a step. */
type Args = (lab: Lab) => JsonObject;

async function carryOut(lab: Lab, steps: readonly Step[]): Promise<StepRow[]> {
  const rows: StepRow[] = [];
  for (const [step, run] of steps) {
    const { result, value, why } = await tried(
      lab.wire.stopped,
      () => run(lab),
    );
    const detail = why ?? value ?? "";
    toStderr(`${step}: ${result}${detail && `, ${detail}`}`);
    rows.push({ step, result, detail });
  }
  return rows;
}

/** What a write tool reports about the values; keys only. */
function outcome(data: JsonObject): string {
  const keysOf = (name: string) =>
    [data[name] ?? []].flat()
      .map((entry) => String(isObject(entry) ? entry.key : entry));
  const parts = ["ignored", "stored_differently", "not_shown"]
    .filter((name) => keysOf(name).length > 0)
    .map((name) => `${name}: ${keysOf(name).join(", ")}`);
  return [`${keysOf("applied").length} applied`, ...parts].join("; ");
}

const fieldsFor = (lab: Lab, kind: Kind, place: JsonObject = {}) =>
  lab.tool(`get_required_fields_for_${kind.name}`, place);

/** The places whose required fields can all be set, the easiest first. */
async function fillablePlaces(lab: Lab, kind: Kind): Promise<JsonObject[]> {
  const found: { place: JsonObject; count: number }[] = [];
  for (const { pipeline, stage, stages } of await lab.places(kind, 4)) {
    if (stages.indexOf(stage.id) >= 3) continue;
    const place = { pipeline_id: pipeline.id, stage_id: stage.id };
    const required = fieldsIn(await fieldsFor(lab, kind, place), "required");
    try {
      argumentsFor(lab, required);
      found.push({ place, count: required.length });
    } catch (error) {
      if (!(error instanceof NotTried)) throw error;
    }
  }
  return demand(
    found.sort((a, b) => a.count - b.count).map(({ place }) => place),
    "no stage was found whose required fields can be filled",
  );
}

/**
 * The types of custom fields of which one each is set although not required, to
 * see what Qontak stores for them.
 */
const EXTRAS = "text text_area number percentage date date_time select url"
  .split(" ");

/** The fields that a new record sets: the required ones, and extras. */
async function argumentsToCreate(lab: Lab, kind: Kind): Promise<JsonObject> {
  if (!kind.endpoints.template) return {};
  const [place] = kind.place ? await fillablePlaces(lab, kind) : [];
  const data = await fieldsFor(lab, kind, { ...place, optional: true });
  const optional = fieldsIn(data, "optional");
  const extras = EXTRAS.flatMap((type) =>
    optional.find((field) => field.custom && field.type === type) ?? []
  );
  return argumentsFor(lab, [...fieldsIn(data, "required"), ...extras]);
}

/** Creates a record with a tool, with more values than required. */
const creating = (kind: Kind, more: Args = () => ({})): Step => [
  `create_${kind.name}`,
  async (lab) => {
    const data = await lab.tool(`create_${kind.name}`, {
      ...await argumentsToCreate(lab, kind),
      [kind.label]: lab.mark,
      ...more(lab),
    });
    const id = toId((isObject(data.record) ? data.record : data).id);
    if (id === null) return "worked, but Qontak did not say its id";
    lab.own.set(kind, id);
    return kind === kinds.category ? "" : outcome(data);
  },
];

/** Changes our record with a tool. */
const updating = (kind: Kind, changes: Args): Step => [
  `update_${kind.name}`,
  async (lab) => {
    const args = { [kind.idArgument]: lab.ours(kind), ...changes(lab) };
    return outcome(await lab.tool(`update_${kind.name}`, args));
  },
];

/** Changes the label and other values. */
const renaming = (kind: Kind, changes: Args = () => ({})): Step =>
  updating(kind, (lab) => ({
    [kind.label]: `${lab.mark} changed`,
    ...changes(lab),
  }));

/**
 * Finds the token's user: a contact without an owner is assigned to that user.
 * No tool creates one where the company requires an owner, so the request is
 * sent here, with what the check makes of the other values.
 */
async function findMe(lab: Lab): Promise<void> {
  const { contact } = kinds;
  const required = fieldsIn(await fieldsFor(lab, contact), "required");
  const fields = required.filter(({ key, type }) =>
    key !== "creator_id" && type !== "date"
  );
  const endpoint = contact.endpoints.create;
  const { body } = await checkWrite({
    resource: resources.contact,
    endpoint,
    values: { ...argumentsFor(lab, fields), first_name: lab.mark },
    setup: lab.setup,
  });
  const { ok, record } = await lab.attempt(endpoint, { body });
  const id = demand(
    ok && toId(record.id),
    "Qontak makes no contact without an owner",
  );
  const { creator_id } = await lab.read(contact, id);
  lab.me = demand(
    typeof creator_id === "number" && creator_id,
    "the contact shows no owner",
  );
}

/** Moves our deal to another stage, with the fields that the stage requires. */
async function moveDeal(lab: Lab): Promise<string> {
  const deal_id = lab.ours(kinds.deal);
  const deal = await lab.read(kinds.deal);
  const next = demand(
    (await fillablePlaces(lab, kinds.deal))
      .find(({ stage_id }) => stage_id !== deal.crm_stage_id),
    "there is only one stage",
  );
  const required = fieldsIn(
    await fieldsFor(lab, kinds.deal, next),
    "required",
  );
  const fields = required.filter(({ custom, key, value }) =>
    custom || value !== undefined || isEmpty(deal[key])
  );
  const args = { deal_id, ...argumentsFor(lab, fields) };
  return outcome(await lab.tool("update_deal", args));
}

/** Gives the token's user access to our deal, which that user already has. */
async function permit(lab: Lab): Promise<void> {
  const deal_id = lab.ours(kinds.deal);
  const { response } = await lab.crm.call(endpoints.deals.realCreator, {
    path: { id: deal_id },
  });
  const { email } = recordIn(response);
  demand(email, "Qontak does not say the user's e-mail");
  const permissions = [{ email, access_types: ["view", "edit"] }];
  await lab.tool("set_deal_permissions", { deal_id, permissions });
}

/** Creates and changes a record of each kind. */
const writeSteps: readonly Step[] = [
  ["Find the user behind the token", findMe],
  creating(kinds.company),
  renaming(kinds.company, () => ({ website: "https://example.com" })),
  creating(kinds.contact, (lab) => associations(lab, "crm_company_id")),
  renaming(kinds.contact, (lab) => ({ job_title: lab.mark })),
  creating(
    kinds.product,
    () => ({ currency: "IDR", price: 1000, quantity: 2 }),
  ),
  renaming(kinds.product, () => ({ price: 1500 })),
  creating(kinds.deal, (lab) => ({
    ...associations(lab, "crm_company_id", "crm_lead_ids"),
    size: 1000,
  })),
  renaming(kinds.deal, () => ({ size: 2500, closed_date: DAY })),
  ["update_deal to another stage", moveDeal],
  ["set_deal_permissions", permit],
  creating(kinds.association, (lab) => ({
    crm_product_id: lab.ours(kinds.product),
    crm_deal_id: lab.ours(kinds.deal),
    price: 1000,
    quantity: 2,
  })),
  renaming(kinds.association, () => ({ quantity: 3 })),
  creating(kinds.category),
  creating(kinds.task, (lab) => ({
    ...associations(lab, "crm_deal_id"),
    due_date: `${DAY}T10:00`,
  })),
  renaming(kinds.task, (lab) => ({ detail: lab.mark })),
  creating(kinds.ticket, () => ({ due_date: DAY })),
  renaming(kinds.ticket, (lab) => ({ description: lab.mark })),
  creating(kinds.note, (lab) => ({ crm_deal_id: lab.ours(kinds.deal) })),
  renaming(kinds.note),
];

/** Creates and changes records that cannot be deleted. */
const geolocationSteps: readonly Step[] = [
  creating(kinds.geolocation, () => ({
    latitude: -6.2,
    longitude: 106.8,
    device_id: "qontak-mcp-live",
    checkin_timestamps: Math.floor(Date.now() / 1000),
    orientation: "0",
    is_online: true,
    input_type: 2,
  })),
  updating(kinds.geolocation, () => ({ battery_percentage: 50 })),
];

/** Creates and changes a record of each kind; a check-in only with its flag. */
export async function makeAll(lab: Lab): Promise<StepRow[]> {
  const more = lab.flags.geolocation ? geolocationSteps : [];
  return await carryOut(lab, [...writeSteps, ...more]);
}

/** Deletes our records with the tools, newest first. */
export async function deleteAll(lab: Lab): Promise<StepRow[]> {
  const entries = recordsMade(lab.wire.seen).entries.toReversed();
  const steps = entries.filter(({ kind }) => kind.endpoints.delete)
    .map(({ kind: { name, idArgument }, id }): Step => [
      `delete_${name}`,
      async (lab) =>
        void await lab.tool(`delete_${name}`, { [idArgument]: id }),
    ]);
  return await carryOut(lab, steps);
}
