/**
 * Facts about what an update does to values: those left out, null, dates.
 *
 * @module
 */
import { isSame } from "../../../src/fields/readback.ts";
import { parseDate, toDayFirst, toIso } from "../../../src/fields/dates.ts";
import { endpoints } from "../../../src/qontak/endpoints.ts";
import { isEmpty } from "../../../src/values/json.ts";
import { asAssumed, type Fact, judged, NotTried, otherwise } from "../fact.ts";
import { type Kind, kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import {
  customField,
  describeDay,
  isDay,
  sendAndSee,
  sendCustom,
} from "../see.ts";
import { valueFor } from "../fill.ts";

/** Other days than the one that the writes have set. */
const ONE_DAY = "2031-05-21", ANOTHER_DAY = "2031-06-22";

/** Whether a date is taken in a form, judged by the day that is stored. */
async function tryDate(
  lab: Lab,
  kind: Kind,
  key: string,
  day: string,
  write: (moment: NonNullable<ReturnType<typeof parseDate>>) => string,
): Promise<{ taken: boolean | undefined; words: string }> {
  const seen = await sendAndSee(lab, kind, key, write(parseDate(day)!));
  return { taken: isDay(seen, day), words: describeDay(seen, day) };
}

/** A fact on a date in the one form that the tools send. */
function dateFact(
  id: string,
  kind: Kind,
  key: string,
  form: "ISO with +07:00" | "dd/mm/yyyy",
): Fact {
  return {
    id,
    question: `Does ${kind.name} ${key} take ${form}?`,
    assumed: "Yes, and it is the same day when it is read",
    code: "src/fields/types.ts: fieldTypes",
    how: "Updates a record of ours and reads it",
    phase: "write",
    async probe(lab) {
      const write = form === "dd/mm/yyyy" ? toDayFirst : toIso;
      const { taken, words } = await tryDate(lab, kind, key, ONE_DAY, write);
      if (taken === undefined) throw new NotTried(words);
      return judged(taken, words);
    },
  };
}

/** The facts. */
export const valueFacts: readonly Fact[] = [
  {
    id: "put-partial",
    question: "Does an update leave alone what it does not name?",
    assumed: "Yes",
    code: "src/tools/kit/write.ts: performWrite",
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
      return judged(
        changed.length === 0,
        changed.length === 0
          ? "all other keys stayed"
          : `changed too: ${changed.join(", ")}`,
      );
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
      const stored = await lab.read(kinds.company);
      return judged(!(key in stored), key in stored ? "stored" : "dropped");
    },
  },
  {
    id: "null-clears",
    question: "Does null clear a value?",
    assumed: "Yes",
    code: "src/tools/kit/resource.ts: changeInput",
    how: "Sets the website of our company to null and reads it",
    phase: "write",
    async probe(lab) {
      await sendAndSee(lab, kinds.company, "website", "https://example.com");
      const { refused, stored, before } = await sendAndSee(
        lab,
        kinds.company,
        "website",
        null,
      );
      if (isEmpty(before) && refused === undefined) {
        throw new NotTried("the website could not be set first");
      }
      if (refused !== undefined) return otherwise(`refused with ${refused}`);
      return judged(isEmpty(stored), isEmpty(stored) ? "cleared" : "it stayed");
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
      const { kind, field, resource } = await customField(lab, "text");
      if (field.required.always || (resource.place && kind === kinds.deal)) {
        throw new NotTried("the only custom text may be required");
      }
      const set = await sendCustom(lab, kind, field, lab.mark);
      if (!isSame(set.stored, lab.mark)) {
        throw new NotTried("a custom text could not be set first");
      }
      const { refused, stored } = await sendCustom(lab, kind, field, null);
      if (refused !== undefined) return otherwise(`refused with ${refused}`);
      return judged(isEmpty(stored), isEmpty(stored) ? "cleared" : "it stayed");
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
      return taken ? otherwise(words) : asAssumed(words);
    },
  },
  {
    id: "contact-birth-date",
    question: "In which form does a contact's date_of_birth go?",
    assumed: "ISO with +07:00",
    code: "src/qontak/resources.ts: contact",
    how: "Updates our contact with ISO, dd/mm/yyyy and YYYY-MM-DD",
    phase: "write",
    async probe(lab) {
      // Another day each, so that one form does not pass for another.
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
        if (form === "ISO") holds = taken;
      }
      const detail = seen.join("; ");
      if (holds === undefined) throw new NotTried(detail);
      return judged(holds, detail);
    },
  },
  dateFact("task-due-date", kinds.task, "due_date", "ISO with +07:00"),
  dateFact("ticket-due-date", kinds.ticket, "due_date", "dd/mm/yyyy"),
  {
    id: "multiple-select",
    question: "How does a multiple select travel?",
    assumed: "As option ids joined by commas, there and back",
    code: "src/fields/types.ts: multipleSelect",
    how: "Sets two options of a custom field of ours and reads them",
    phase: "write",
    async probe(lab) {
      const { kind, field } = await customField(lab, "multiple_select");
      const options = (field.options ?? []).filter(({ id }) => id !== null);
      if (options.length < 2) {
        throw new NotTried("it has fewer than two options");
      }
      const encoded = field.type.encode(
        options.slice(0, 2).map(({ id }) => id),
        { custom: true, options },
      );
      if (encoded.problem !== undefined) throw new NotTried(encoded.problem);
      const { refused, stored, label } = await sendCustom(
        lab,
        kind,
        field,
        encoded.wire,
      );
      if (refused !== undefined) return otherwise(`refused with ${refused}`);
      const labels = Array.isArray(label) ? "a list" : typeof label;
      const same = stored === encoded.wire;
      return judged(
        same,
        `${kind.name}: ${
          same ? "stored as sent" : "stored otherwise"
        }, value_name is ${labels}`,
      );
    },
  },
  {
    id: "gps",
    question: "How does a gps field travel?",
    assumed: "As text such as -6.2, 106.8",
    code: "src/fields/types.ts: gps",
    how: "Sets a custom field of ours and reads it",
    phase: "write",
    async probe(lab) {
      const { kind, field } = await customField(lab, "gps");
      const value = valueFor(lab, { key: "additional_fields", type: "gps" });
      const seen = await sendCustom(lab, kind, field, value);
      if (seen.refused !== undefined) {
        return otherwise(`refused with ${seen.refused}`);
      }
      const same = isSame(value, seen.stored);
      return judged(
        same,
        `${kind.name}: ${
          same
            ? "stored as sent"
            : isEmpty(seen.stored)
            ? "accepted, and not stored"
            : `stored otherwise, as ${typeof seen.stored}`
        }`,
      );
    },
  },
];
