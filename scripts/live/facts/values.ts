/**
 * Facts about how an update changes values: omitted values, null, dates, and
 * types of custom fields.
 *
 * @module
 */
import { toDayFirst, toIso } from "../../../src/fields/dates.ts";
import { isSame } from "../../../src/fields/readback.ts";
import { endpoints } from "../../../src/qontak/endpoints.ts";
import { isEmpty } from "../../../src/values/json.ts";
import { objectsIn } from "../answers.ts";
import type { Claim, Fact } from "../fact.ts";
import { valueFor } from "../fill.ts";
import { type Kind, kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import {
  type CustomField,
  customField,
  describe,
  type Seen,
  sendAndSee,
  sendCustom,
  tryDate,
} from "../see.ts";
import { typeName } from "../shape.ts";
import {
  demand,
  type Finding,
  judged,
  NotTried,
  otherwise,
} from "../verdict.ts";

/** Days that differ from the one that the writes set. */
const ONE_DAY = "2031-05-21", ANOTHER_DAY = "2031-06-22";

/** A fact about a date in the only form that the tools send. */
function dateFact(
  id: string,
  kind: Kind,
  key: string,
  form: "ISO with +07:00" | "dd/mm/yyyy",
): Fact {
  const write = form === "dd/mm/yyyy" ? toDayFirst : toIso;
  return {
    id,
    question: `Does ${kind.name} ${key} take ${form}?`,
    assumed: "Yes, and it is the same day when it is read",
    code: "src/fields/types.ts: fieldTypes",
    how: "Updates a record of ours and reads it",
    phase: "write",
    async probe(lab) {
      const { taken, words } = await tryDate(lab, kind, key, ONE_DAY, write);
      if (taken === undefined) throw new NotTried(words);
      return judged(taken, words);
    },
  };
}

/** A fact about a type of custom field: sets a value and reads it. */
function customFact(
  claim: Claim & {
    /** Our name of the type. */
    readonly type: string;
    /** The value to send. Throws {@linkcode NotTried} if there is none. */
    readonly value: (lab: Lab, custom: CustomField) => unknown;
    /** Judges the result, if Qontak did not refuse the value. */
    readonly look: (seen: Seen, sent: unknown) => Finding;
  },
): Fact {
  const { type, value, look, ...fact } = claim;
  return {
    ...fact,
    phase: "write",
    async probe(lab) {
      const custom = await customField(lab, type);
      const sent = value(lab, custom);
      const seen = await sendCustom(lab, custom.kind, custom.field, sent);
      if (seen.refused !== undefined) return otherwise(describe(seen, sent));
      const { verdict, detail } = look(seen, sent);
      return { verdict, detail: `${custom.kind.name}: ${detail}` };
    },
  };
}

/** A value of a custom field as the tools would send it. */
function encode(
  { field }: CustomField,
  value: unknown,
  options: NonNullable<typeof field.options> = [],
): unknown {
  const encoded = field.type.encode(value, { custom: true, options });
  if (encoded.problem !== undefined) throw new NotTried(encoded.problem);
  return encoded.wire;
}

/** The effect of null on a value. */
function cleared({ refused, stored }: Seen): Finding {
  if (refused !== undefined) return otherwise(`refused with ${refused}`);
  return isEmpty(stored) ? judged(true, "cleared") : otherwise("it stayed");
}

/** The facts. */
export const valueFacts: readonly Fact[] = [
  {
    id: "put-partial",
    question: "Does an update leave alone what it does not name?",
    assumed: "Yes",
    code: "src/changes/write.ts: prepareWrite",
    how: "Updates the website of our company and compares all other keys",
    phase: "write",
    async probe(lab) {
      const before = await lab.read(kinds.company);
      const { ok, status } = await lab.change(kinds.company, {
        website: "https://example.com/partial",
      });
      if (!ok) return otherwise(`such an update is answered with ${status}`);
      const stored = await lab.read(kinds.company);
      const changed = Object.keys(before).filter((key) =>
        !["website", "updated_at"].includes(key) &&
        JSON.stringify(before[key]) !== JSON.stringify(stored[key])
      );
      return changed.length === 0
        ? judged(true, "all other keys stayed")
        : otherwise(`changed too: ${changed.join(", ")}`);
    },
  },
  {
    id: "unknown-body-key",
    question: "Is an unknown key of a body dropped without a word?",
    assumed: "Yes, so no tool sends one that is not documented",
    code: "src/qontak/crm.ts: checkBody",
    how: "PUT /companies/:id with a key of our own",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kinds.company);
      const { update } = endpoints.companies;
      const key = "qontak_mcp_unknown";
      const { ok, status } = await lab.attempt(
        { ...update, body: { ...update.body, [key]: "text" } },
        { path: { id }, body: { website: "https://example.com", [key]: "1" } },
      );
      if (!ok) return otherwise(`refused with ${status}`);
      const isStored = key in await lab.read(kinds.company);
      return judged(!isStored, isStored ? "stored" : "dropped");
    },
  },
  {
    id: "null-clears",
    question: "Does null clear a value?",
    assumed: "Yes",
    code: "src/tools/kit/update.ts: changeInput",
    how: "Sets the website of our company to null and reads it",
    phase: "write",
    async probe(lab) {
      const send = (value: string | null) =>
        sendAndSee(lab, kinds.company, "website", value);
      await send("https://example.com");
      const seen = await send(null);
      demand(
        seen.refused !== undefined || !isEmpty(seen.before),
        "the website could not be set first",
      );
      return cleared(seen);
    },
  },
  {
    id: "custom-null-clears",
    question: "Does null clear a custom value?",
    assumed: "Yes",
    code: "src/fields/custom.ts: encodeEntry",
    how: "Sets a custom text of ours, then null, and reads it",
    phase: "write",
    async probe(lab) {
      const { kind, field } = await customField(lab, "text");
      demand(
        !field.required.always && kind !== kinds.deal,
        "the only custom text may be required",
      );
      const set = await sendCustom(lab, kind, field, lab.mark);
      demand(
        isSame(set.stored, lab.mark),
        "a custom text could not be set first",
      );
      return cleared(await sendCustom(lab, kind, field, null));
    },
  },
  dateFact("deal-date-iso", kinds.deal, "closed_date", "ISO with +07:00"),
  {
    id: "deal-date-plain",
    question: "Does deal closed_date take plain YYYY-MM-DD?",
    assumed: "No, so it is sent with time and offset",
    code: "src/fields/dates.ts: toIso",
    how: "Updates our deal and reads it",
    phase: "write",
    async probe(lab) {
      const { taken, words } = await tryDate(
        lab,
        kinds.deal,
        "closed_date",
        ANOTHER_DAY,
        () => ANOTHER_DAY,
      );
      return judged(!taken, words);
    },
  },
  {
    id: "contact-birth-date",
    question: "In which form does a contact's date_of_birth go?",
    assumed: "dd/mm/yyyy",
    code: "src/qontak/resources.ts: contact",
    how: "Updates our contact with ISO, dd/mm/yyyy and YYYY-MM-DD",
    phase: "write",
    async probe(lab) {
      // Each form gets a different day, so that one does not pass for another.
      const forms = [
        { form: "ISO", day: "1990-12-25", write: toIso },
        { form: "dd/mm/yyyy", day: "1991-12-26", write: toDayFirst },
        { form: "YYYY-MM-DD", day: "1992-12-27", write: () => "1992-12-27" },
      ];
      const seen: string[] = [];
      let holds: boolean | undefined;
      for (const { form, day, write } of forms) {
        const { taken, words } = await tryDate(
          lab,
          kinds.contact,
          "date_of_birth",
          day,
          write,
        );
        seen.push(`${form}: ${words}`);
        if (form === "dd/mm/yyyy") holds = taken;
      }
      const detail = seen.join("; ");
      if (holds === undefined) throw new NotTried(detail);
      return judged(holds, detail);
    },
  },
  dateFact("task-due-date", kinds.task, "due_date", "ISO with +07:00"),
  dateFact("ticket-due-date", kinds.ticket, "due_date", "dd/mm/yyyy"),
  customFact({
    id: "multiple-select",
    question: "How does a multiple select travel?",
    assumed: "As option ids joined by commas, there and back",
    code: "src/fields/encode.ts: encodeMultipleSelect",
    how: "Sets two options of a custom field of ours and reads them",
    type: "multiple_select",
    value(_, custom) {
      const options = (custom.field.options ?? []).filter(({ id }) =>
        id !== null
      );
      demand(options.length >= 2, "it has fewer than two options");
      return encode(custom, options.slice(0, 2).map(({ id }) => id), options);
    },
    look({ stored, label }, sent) {
      const same = stored === sent;
      return judged(
        same,
        `${same ? "stored as sent" : "stored otherwise"}, value_name is ${
          typeName(label)
        }`,
      );
    },
  }),
  customFact({
    id: "gps",
    question: "How does a gps field travel?",
    assumed: "As text such as -6.2, 106.8",
    code: "src/fields/encode.ts: encodeGps",
    how: "Sets a custom field of ours and reads it",
    type: "gps",
    value: (lab) => valueFor(lab, { key: "additional_fields", type: "gps" }),
    look: (seen, sent) =>
      judged(isSame(sent, seen.stored), describe(seen, sent)),
  }),
  customFact({
    id: "checklist",
    question: "Can a checklist be written as a JSON text?",
    assumed: "Yes: a text that holds checklist_details_attributes",
    code: "src/fields/encode.ts: encodeChecklist",
    how: "Ticks the first item of a checklist of our task and reads it",
    type: "checklist",
    value(lab, custom) {
      const { field, resource } = custom;
      const [template] = lab.answers(resource.endpoints.template!);
      const described = objectsIn(template?.body?.response).find(({ id }) =>
        id === field.id
      );
      const [first] = objectsIn(described?.checklist_details_attributes);
      const { crm_additional_option_id, name } = demand(
        first,
        "the checklist has no items",
      );
      return encode(custom, [
        { crm_additional_option_id, name, completed: true },
      ]);
    },
    look({ stored }) {
      if (isEmpty(stored)) return otherwise("accepted, and not stored");
      const ticked = JSON.stringify(stored).includes("true");
      return judged(
        ticked,
        `${ticked ? "stored" : "stored without the tick"}, shown as ${
          typeName(stored)
        }`,
      );
    },
  }),
];
