/**
 * Facts about how an update changes owners and values: omitted values, null,
 * dates, and types of custom fields. For those about owners, one of our records
 * briefly belongs to another user.
 *
 * @module
 */
import { parseDate, toDayFirst, toIso } from "../../../src/fields/dates.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isEmpty } from "../../../src/values/json.ts";
import { typeName } from "../answers.ts";
import { type Fact, type Facts, findingOf, not } from "../fact.ts";
import { type Kind, kinds } from "../kinds.ts";
import { clear, customField, setsCustom, setsDate } from "../set.ts";
import { demand } from "../verdict.ts";

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
      const path = { id: lab.ours(kind) };
      const why = "the user behind the token could not be found out";
      const me = demand(lab.me, why);
      const users = (await lab.fields(kind))
        .find(({ key }) => key === "creator_id")?.options;
      const { id: other } = demand(
        users?.find(({ id }) => id !== null && id !== me),
        "this account has no second user",
      );
      const ownerNow = async () => (await lab.read(kind)).creator_id;
      await lab.tool(`update_${kind.name}_owner`, {
        [kind.idArgument]: path.id,
        creator_id: other,
      });
      try {
        demand(
          await ownerNow() === other,
          "the record could not be given to another user",
        );
        const body = { [kind.label]: lab.mark };
        const { ok, status } = await lab.attempt(update, { path, body });
        demand(ok, `the update was answered with ${status}`);
        const owner = await ownerNow();
        if (owner === me) return [true, "the owner was reset"];
        const now = owner === other ? "stayed" : "became another";
        return [false, `the owner ${now}`];
      } finally {
        // Perhaps only its owner may delete it.
        await lab.attempt(updateOwner, { path, body: { creator_id: me } });
      }
    },
  };
}

const forms = {
  "ISO with +07:00": toIso,
  "dd/mm/yyyy": toDayFirst,
};

/** A day in a form that the tools send. */
const inForm = (form: keyof typeof forms, day: string) =>
  forms[form](parseDate(day)!);

/** A fact about a date in the only form that the tools send. */
const dateFact = (kind: Kind, key: string, form: keyof typeof forms): Fact => ({
  question: `Does ${kind.name} ${key} take ${form}?`,
  assumed: "Yes, and it is the same day when it is read",
  code: "src/fields/types.ts: fieldTypes",
  how: "Updates a record of ours and reads it",
  // Not the day that the writes set.
  write: setsDate(kind, key, inForm(form, "2031-05-21")),
});

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
      await lab.change(company, { website: "https://example.com/partial" });
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
      const path = { id: lab.ours(company) };
      const body = { website: "https://example.com", [key]: "1" };
      await lab.send(
        { ...update, body: { ...update.body, [key]: "text" } },
        { path, body },
      );
      const isStored = key in await lab.read(company);
      return [!isStored, isStored ? "stored" : "dropped"];
    },
  },
  "null-clears": {
    question: "Does null clear a value?",
    assumed: "Yes",
    code: "src/tools/kit/update.ts: changeInput",
    how: "Sets the website of our company to null and reads it",
    write: (lab) =>
      clear(lab, { kind: company, field: "website" }, "https://example.com"),
  },
  "custom-null-clears": {
    question: "Does null clear a custom value?",
    assumed: "Yes",
    code: "src/fields/custom.ts: encodeEntry",
    how: "Sets a custom text of ours, then null, and reads it",
    async write(lab) {
      // One that may be required would not be cleared.
      const target = await customField(
        lab,
        "text",
        ({ kind, field }) => !field.required.always && kind !== deal,
      );
      return await clear(lab, target, lab.mark);
    },
  },
  "deal-date-iso": dateFact(deal, "closed_date", "ISO with +07:00"),
  "deal-date-plain": {
    question: "Does deal closed_date take plain YYYY-MM-DD?",
    assumed: "No, so it is sent with time and offset",
    code: "src/fields/dates.ts: toIso",
    how: "Updates our deal and reads it",
    write: not(setsDate(deal, "closed_date", "2031-06-22")),
  },
  "contact-birth-date": {
    question: "In which form does a contact's date_of_birth go?",
    assumed: "dd/mm/yyyy",
    code: "src/qontak/resources.ts: contact",
    how: "Updates our contact with ISO, dd/mm/yyyy and YYYY-MM-DD",
    async write(lab) {
      const given = (date: string) =>
        findingOf(lab, setsDate(contact, "date_of_birth", date));
      // Each form gets a different day, so that one does not pass for another.
      const [, iso] = await given(inForm("ISO with +07:00", "1990-12-25"));
      const [holds, dayFirst] = await given("26/12/1991");
      const [, plain] = await given("1992-12-27");
      const seen = `dd/mm/yyyy: ${dayFirst}; YYYY-MM-DD: ${plain}`;
      return [holds, `ISO: ${iso}; ${seen}`];
    },
  },
  "task-due-date": dateFact(task, "due_date", "ISO with +07:00"),
  "ticket-due-date": dateFact(ticket, "due_date", "dd/mm/yyyy"),
  "multiple-select": {
    question: "How does a multiple select travel?",
    assumed: "As option ids joined by commas, there and back",
    code: "src/fields/encode.ts: encodeMultipleSelect",
    how: "Sets two options of a custom field of ours and reads them",
    write: setsCustom(
      "multiple_select",
      ({ options = [] }) => {
        const ids = options.flatMap(({ id }) => id ?? []).slice(0, 2);
        demand(ids.length === 2, "it has fewer than two options");
        return ids;
      },
      ({ value, name }, sent) => {
        const how = value === sent ? "as sent" : "otherwise";
        return [
          value === sent,
          `stored ${how}, value_name is ${typeName(name)}`,
        ];
      },
    ),
  },
  "gps": {
    question: "How does a gps field travel?",
    assumed: "As text such as -6.2, 106.8",
    code: "src/fields/encode.ts: encodeGps",
    how: "Sets a custom field of ours and reads it",
    write: setsCustom("gps", () => "-6.2, 106.8"),
  },
  "checklist": {
    question: "Can a checklist be written as a JSON text?",
    assumed: "Yes: a text that holds checklist_details_attributes",
    code: "src/fields/encode.ts: encodeChecklist",
    how: "Ticks an item of a checklist of our task and reads it",
    write: setsCustom(
      "checklist",
      ({ items }) => {
        const { id, name } = demand(items?.[0], "the checklist has no items");
        return [{ crm_additional_option_id: id, name, completed: true }];
      },
      ({ value }) => {
        if (isEmpty(value)) return [false, "accepted, and not stored"];
        const isTicked = JSON.stringify(value).includes("true");
        const words = isTicked ? "stored" : "stored without the tick";
        return [isTicked, `${words}, shown as ${typeName(value)}`];
      },
    ),
  },
};
