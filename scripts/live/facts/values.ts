/**
 * Facts about how an update changes owners and values: omitted values, null,
 * dates, and types of custom fields. For those about owners, one of our records
 * briefly belongs to another user.
 *
 * @module
 */
import { type Moment, toDayFirst, toIso } from "../../../src/fields/dates.ts";
import { isSame } from "../../../src/fields/readback.ts";
import type { Field } from "../../../src/fields/template.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isEmpty } from "../../../src/values/json.ts";
import { objectsIn, typeName } from "../answers.ts";
import {
  describe,
  type Fact,
  type Facts,
  type Probe,
  type Seen,
  sendAndSee,
  tryDate,
} from "../fact.ts";
import { valueFor } from "../fill.ts";
import { type Kind, kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { demand, type Finding, NotTried } from "../verdict.ts";

const { company, contact, deal, task, ticket } = kinds;

/** A fact about whether an update changes the owner. */
function resetFact(
  kind: typeof deal | typeof contact,
  updateOwner: Endpoint,
): Fact {
  const { update } = kind.endpoints;
  return {
    question:
      `Does PUT ${update.path} without creator_id make the token's user the owner?`,
    assumed: "Yes, so every update sends the owner again",
    code: "src/changes/check_write.ts: keepOwner",
    how: "Gives a record of ours to another user, changes it, gives it back",
    async write(lab) {
      const id = lab.ours(kind);
      const me = demand(
        lab.me,
        "the user behind the token could not be found out",
      );
      const users = (await lab.fields(kind))
        .find(({ key }) => key === "creator_id")?.options;
      const { id: other } = demand(
        users?.find(({ id }) => id !== null && id !== me),
        "this account has no second user",
      );
      const ownerNow = async () => (await lab.read(kind)).creator_id;
      const path = { id };
      await lab.tool(`update_${kind.name}_owner`, {
        [kind.idArgument]: id,
        creator_id: other,
      });
      try {
        demand(
          await ownerNow() === other,
          "the record could not be given to another user",
        );
        const { ok, status } = await lab.attempt(update, {
          path,
          body: { [kind.label]: lab.mark },
        });
        if (!ok) throw new NotTried(`the update was answered with ${status}`);
        const owner = await ownerNow();
        if (owner === me) return [true, "the owner was reset"];
        return [
          false,
          `the owner ${owner === other ? "stayed" : "became another"}`,
        ];
      } finally {
        // Perhaps only its owner may delete it.
        await lab.attempt(updateOwner, { path, body: { creator_id: me } });
      }
    },
  };
}

/** Days that differ from the one that the writes set. */
const ONE_DAY = "2031-05-21", ANOTHER_DAY = "2031-06-22";

/** A fact about a date in the only form that the tools send. */
function dateFact(
  kind: Kind,
  key: string,
  form: "ISO with +07:00" | "dd/mm/yyyy",
): Fact {
  const write = form === "dd/mm/yyyy" ? toDayFirst : toIso;
  return {
    question: `Does ${kind.name} ${key} take ${form}?`,
    assumed: "Yes, and it is the same day when it is read",
    code: "src/fields/types.ts: fieldTypes",
    how: "Updates a record of ours and reads it",
    write: (lab) => tryDate(lab, kind, key, ONE_DAY, write),
  };
}

/** Kinds that can have custom fields. */
const CUSTOM = [ticket, task, contact, deal, company];

/** Finds a custom field of a type, on a kind of which we have a record. */
async function customField(lab: Lab, type: string) {
  for (const kind of CUSTOM) {
    if (!lab.own.has(kind)) continue;
    const fields = await lab.fields(kind);
    const field = fields.find((one) => one.custom && one.type.name === type);
    if (field) return { kind, field };
  }
  throw new NotTried(`no record of ours has a custom field of type ${type}`);
}

/**
 * A probe of a type of custom field: sends a value, and looks at what is stored
 * if Qontak does not refuse it.
 */
function custom(
  type: string,
  value: (field: Field, lab: Lab, kind: typeof CUSTOM[number]) => unknown,
  look: (seen: Seen, sent: unknown) => Finding,
): Probe {
  return async (lab) => {
    const { kind, field } = await customField(lab, type);
    const sent = value(field, lab, kind);
    const seen = await sendAndSee(lab, kind, field, sent);
    if (seen.refused !== undefined) return [false, describe(seen, sent)];
    const [holds, detail] = look(seen, sent);
    return [holds, `${kind.name}: ${detail}`];
  };
}

/** A value of a custom field as the tools would send it. */
function encode(
  { type }: Field,
  value: unknown,
  options: Field["options"] = [],
) {
  const encoded = type.encode(value, { custom: true, options });
  if (encoded.problem !== undefined) throw new NotTried(encoded.problem);
  return encoded.wire;
}

/** Sets a value of our record, then null. */
async function clear(
  lab: Lab,
  kind: Kind,
  field: string | Field,
  value: string,
): Promise<Finding> {
  const { stored } = await sendAndSee(lab, kind, field, value);
  demand(isSame(stored, value), "no value could be set first");
  const seen = await sendAndSee(lab, kind, field, null);
  if (seen.refused !== undefined) return [false, describe(seen, null)];
  const isCleared = isEmpty(seen.stored);
  return [isCleared, isCleared ? "cleared" : "it stayed"];
}

/** The facts. */
export const valueFacts: Facts = {
  "owner-reset-deal": resetFact(deal, endpoints.deals.updateOwner),
  "owner-reset-contact": resetFact(contact, endpoints.contacts.updateOwner),
  "owner-null": {
    question: "Is update_owner with null refused?",
    assumed: "Yes; the tool does not send it",
    code: "src/tools/kit/owner.ts: ownerTool",
    how: "PUT /deals/:id/update_owner with creator_id null",
    async write(lab) {
      const path = { id: lab.ours(deal) };
      const giveTo = (creator_id: number | null) =>
        lab.attempt(endpoints.deals.updateOwner, {
          path,
          body: { creator_id },
        });
      const { ok, status } = await giveTo(null);
      if (ok && lab.me !== undefined) await giveTo(lab.me);
      return [!ok, ok ? "accepted" : `refused with ${status}`];
    },
  },
  "put-partial": {
    question: "Does an update leave alone what it does not name?",
    assumed: "Yes",
    code: "src/changes/write.ts: prepareWrite",
    how: "Updates the website of our company and compares all other keys",
    async write(lab) {
      const before = await lab.read(company);
      const { ok, status } = await lab.change(company, {
        website: "https://example.com/partial",
      });
      if (!ok) return [false, `such an update is answered with ${status}`];
      const stored = await lab.read(company);
      const changed = Object.keys(before).filter((key) =>
        !["website", "updated_at"].includes(key) &&
        JSON.stringify(before[key]) !== JSON.stringify(stored[key])
      );
      return changed.length === 0
        ? [true, "all other keys stayed"]
        : [false, `changed too: ${changed.join(", ")}`];
    },
  },
  "unknown-body-key": {
    question: "Is an unknown key of a body dropped without a word?",
    assumed: "Yes, so no tool sends one that is not documented",
    code: "src/qontak/crm.ts: checkBody",
    how: "PUT /companies/:id with a key of our own",
    async write(lab) {
      const { update } = endpoints.companies;
      const key = "qontak_mcp_unknown";
      const { ok, status } = await lab.attempt(
        { ...update, body: { ...update.body, [key]: "text" } },
        {
          path: { id: lab.ours(company) },
          body: { website: "https://example.com", [key]: "1" },
        },
      );
      if (!ok) return [false, `refused with ${status}`];
      const isStored = key in await lab.read(company);
      return [!isStored, isStored ? "stored" : "dropped"];
    },
  },
  "null-clears": {
    question: "Does null clear a value?",
    assumed: "Yes",
    code: "src/tools/kit/update.ts: changeInput",
    how: "Sets the website of our company to null and reads it",
    write: (lab) => clear(lab, company, "website", "https://example.com"),
  },
  "custom-null-clears": {
    question: "Does null clear a custom value?",
    assumed: "Yes",
    code: "src/fields/custom.ts: encodeEntry",
    how: "Sets a custom text of ours, then null, and reads it",
    async write(lab) {
      const { kind, field } = await customField(lab, "text");
      demand(
        !field.required.always && kind !== deal,
        "the only custom text may be required",
      );
      return await clear(lab, kind, field, lab.mark);
    },
  },
  "deal-date-iso": dateFact(deal, "closed_date", "ISO with +07:00"),
  "deal-date-plain": {
    question: "Does deal closed_date take plain YYYY-MM-DD?",
    assumed: "No, so it is sent with time and offset",
    code: "src/fields/dates.ts: toIso",
    how: "Updates our deal and reads it",
    async write(lab) {
      const [taken, seen] = await tryDate(
        lab,
        deal,
        "closed_date",
        ANOTHER_DAY,
        () => ANOTHER_DAY,
      );
      return [taken === undefined ? undefined : !taken, seen];
    },
  },
  "contact-birth-date": {
    question: "In which form does a contact's date_of_birth go?",
    assumed: "dd/mm/yyyy",
    code: "src/qontak/resources.ts: contact",
    how: "Updates our contact with ISO, dd/mm/yyyy and YYYY-MM-DD",
    async write(lab) {
      // Each form gets a different day, so that one does not pass for another.
      const tried = (day: string, write = (_: Moment) => day) =>
        tryDate(lab, contact, "date_of_birth", day, write);
      const [, iso] = await tried("1990-12-25", toIso);
      const [holds, dayFirst] = await tried("1991-12-26", toDayFirst);
      const [, plain] = await tried("1992-12-27");
      return [
        holds,
        `ISO: ${iso}; dd/mm/yyyy: ${dayFirst}; YYYY-MM-DD: ${plain}`,
      ];
    },
  },
  "task-due-date": dateFact(task, "due_date", "ISO with +07:00"),
  "ticket-due-date": dateFact(ticket, "due_date", "dd/mm/yyyy"),
  "multiple-select": {
    question: "How does a multiple select travel?",
    assumed: "As option ids joined by commas, there and back",
    code: "src/fields/encode.ts: encodeMultipleSelect",
    how: "Sets two options of a custom field of ours and reads them",
    write: custom(
      "multiple_select",
      (field) => {
        const { options = [] } = field;
        const ids = options.flatMap(({ id }) => id ?? []).slice(0, 2);
        demand(ids.length === 2, "it has fewer than two options");
        return encode(field, ids, options);
      },
      ({ stored, label }, sent) => [
        stored === sent,
        `${
          stored === sent ? "stored as sent" : "stored otherwise"
        }, value_name is ${typeName(label)}`,
      ],
    ),
  },
  "gps": {
    question: "How does a gps field travel?",
    assumed: "As text such as -6.2, 106.8",
    code: "src/fields/encode.ts: encodeGps",
    how: "Sets a custom field of ours and reads it",
    write: custom(
      "gps",
      (_, lab) => valueFor(lab, { key: "additional_fields", type: "gps" }),
      (seen, sent) => [isSame(sent, seen.stored), describe(seen, sent)],
    ),
  },
  "checklist": {
    question: "Can a checklist be written as a JSON text?",
    assumed: "Yes: a text that holds checklist_details_attributes",
    code: "src/fields/encode.ts: encodeChecklist",
    how: "Ticks the first item of a checklist of our task and reads it",
    write: custom(
      "checklist",
      (field, lab, { endpoints }) => {
        const { response } = lab.firstBody(endpoints.template!);
        const described = objectsIn(response)
          .find(({ id }) => id === field.id);
        const [first] = objectsIn(described?.checklist_details_attributes);
        const { crm_additional_option_id, name } = demand(
          first,
          "the checklist has no items",
        );
        const item = { crm_additional_option_id, name, completed: true };
        return encode(field, [item]);
      },
      ({ stored }) => {
        if (isEmpty(stored)) return [false, "accepted, and not stored"];
        const isTicked = JSON.stringify(stored).includes("true");
        const words = isTicked ? "stored" : "stored without the tick";
        return [isTicked, `${words}, shown as ${typeName(stored)}`];
      },
    ),
  },
};
