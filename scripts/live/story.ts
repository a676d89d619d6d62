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
import { isObject, type JsonObject, toId } from "../../src/values/json.ts";
import { recordsMade } from "./cleanup.ts";
import { argumentsFor, associations, DAY, fieldsIn } from "./fill.ts";
import { type Kind, kinds } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, NotTried, type Row, tried } from "./verdict.ts";

/** One step; what it returns appears in the report. */
type Step = readonly [name: string, run: (lab: Lab) => Promise<string | void>];

/** The arguments of a step. */
type Args = (lab: Lab) => JsonObject;

async function carryOut(lab: Lab, steps: readonly Step[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, run] of steps) {
    const { result, value, why } = await tried(
      lab.wire.stopped,
      () => run(lab),
    );
    const detail = why ?? value ?? "";
    toStderr(`${name}: ${result}${detail && `, ${detail}`}`);
    rows.push({ name, result, detail });
  }
  return rows;
}

/** What a write tool reports about the values; keys only. */
function outcome(data: JsonObject): string {
  return ["applied", "ignored", "stored_differently", "not_shown"]
    .flatMap((name) => {
      const keys = [data[name] ?? []].flat()
        .map((entry) => String(isObject(entry) ? entry.key : entry));
      if (name === "applied") return `${keys.length} applied`;
      return keys.length > 0 ? `${name}: ${keys.join(", ")}` : [];
    }).join("; ");
}

/**
 * The arguments for the required fields of a kind, in each place where all of
 * them can be filled. With `more`, also one custom field of each of these types
 * that is not required, to see what Qontak stores for it.
 */
async function* filled(lab: Lab, kind: Kind, more: readonly string[] = []) {
  const places = kind.place ? await lab.places(kind, 4) : [undefined];
  for (const place of places) {
    if (place && place.stages.indexOf(place.stage.id) >= 3) continue;
    const data = await lab.tool(`get_required_fields_for_${kind.name}`, {
      ...place &&
        { pipeline_id: place.pipeline.id, stage_id: place.stage.id },
      ...more.length > 0 && { optional: true },
    });
    const extras = more.flatMap((type) =>
      fieldsIn(data, "optional")
        .find((field) => field.custom && field.type === type) ?? []
    );
    try {
      yield argumentsFor(lab, [...fieldsIn(data, "required"), ...extras]);
    } catch (error) {
      if (!(error instanceof NotTried)) throw error;
    }
  }
}

/** The types of custom fields of which one each is set although not required. */
const EXTRAS = "text text_area number percentage date date_time select url"
  .split(" ");

/** Creates a record with a tool, with more values than required. */
const creating = (kind: Kind, more: Args = () => ({})): Step => [
  `create_${kind.name}`,
  async (lab) => {
    const first = kind.endpoints.template
      ? (await filled(lab, kind, EXTRAS).next()).value
      : {};
    const data = await lab.tool(`create_${kind.name}`, {
      ...demand(first, "its required fields cannot be filled"),
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
  const { value } = await filled(lab, contact).next();
  const { creator_id: _, date_of_birth: __, ...values } = value ?? {};
  const endpoint = contact.endpoints.create;
  const { body } = await checkWrite({
    resource: resources.contact,
    endpoint,
    values: { ...values, first_name: lab.mark },
    setup: lab.setup,
  });
  const { ok, record } = await lab.attempt(endpoint, { body });
  const why = "Qontak makes no contact without an owner";
  const id = demand(ok && toId(record.id), why);
  const { creator_id } = await lab.read(contact, id);
  lab.me = demand(toId(creator_id), "the contact shows no owner");
}

/** Moves our deal to another stage, with the fields that the stage requires. */
async function moveDeal(lab: Lab): Promise<string> {
  const deal_id = lab.ours(kinds.deal);
  const { crm_stage_id } = await lab.read(kinds.deal);
  for await (const args of filled(lab, kinds.deal)) {
    if (args.crm_stage_id === crm_stage_id) continue;
    return outcome(await lab.tool("update_deal", { deal_id, ...args }));
  }
  throw new NotTried("there is only one stage");
}

/** Gives the token's user access to our deal, which that user already has. */
async function permit(lab: Lab): Promise<void> {
  const deal_id = lab.ours(kinds.deal);
  const path = { id: deal_id };
  const { record } = await lab.send(endpoints.deals.realCreator, { path });
  const { email } = record;
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

/** Creates and changes a check-in, which cannot be deleted. */
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
export function makeAll(lab: Lab): Promise<Row[]> {
  const more = lab.flags.geolocation ? geolocationSteps : [];
  return carryOut(lab, [...writeSteps, ...more]);
}

/** Deletes our records with the tools, newest first. */
export function deleteAll(lab: Lab): Promise<Row[]> {
  const entries = recordsMade(lab.wire.seen).entries.toReversed();
  return carryOut(
    lab,
    entries.filter(({ kind }) => kind.endpoints.delete)
      .map(({ kind: { name, idArgument }, id }): Step => [
        `delete_${name}`,
        async (lab) =>
          void await lab.tool(`delete_${name}`, { [idArgument]: id }),
      ]),
  );
}
