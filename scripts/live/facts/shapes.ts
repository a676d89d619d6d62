/**
 * Facts about the shapes of answers, checked on the answers of this run.
 *
 * @module
 */
import {
  type Endpoint,
  endpoints,
  nameOf,
} from "../../../src/qontak/endpoints.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../../../src/values/json.ts";
import { objectsIn, typeName, typeNames } from "../answers.ts";
import {
  type Fact,
  type Facts,
  NEEDS_WRITE,
  records,
  responses,
  types,
  unseen,
} from "../fact.ts";
import { allKinds, type Kind } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { demand } from "../verdict.ts";

const { contacts, companies, deals, tasks, tickets } = endpoints;

/** A fact about whether an update returns the record. */
function updateAnswers({ endpoints: { update, delete: remove } }: Kind): Fact {
  const { answers, path } = update!;
  const withRecord = answers === "record";
  return {
    question: `Does PUT ${path} answer with the record?`,
    assumed: `${withRecord ? "Yes" : "No, only meta"}; either is read`,
    code: "src/changes/report_write.ts: reportWrite",
    how: "Whether the answers to our updates had response",
    log: types(
      withRecord ? "object" : "absent",
      (lab) => responses(lab, update!),
      (lab) =>
        remove || lab.flags.geolocation
          ? unseen(update!)(lab)
          : `${NEEDS_WRITE} --geolocation`,
    ),
  };
}

/** A fact about the price in the answer to a new product. */
const rawRow = (create: Endpoint): Fact => ({
  question: `Does POST ${create.path} answer with a record or a raw row?`,
  assumed: "A record with price; a row with unit_price is read again",
  code: "src/changes/report_write.ts: reportWrite",
  how: "Keys of the answer to our own",
  log: types(
    "a record with price",
    (lab) => records(lab, create),
    unseen(create),
    (row) => {
      const has = (key: string) => isObject(row) && key in row;
      if (has("unit_price")) return "a row with unit_price";
      return `a record ${has("price") ? "with" : "without"} price`;
    },
  ),
});

/** The values of deals under a key, without empty ones. */
const dealValues = (key: string) => (lab: Lab) =>
  records(lab, deals.list, deals.get).map((deal) => deal[key])
    .filter((value) => !isEmpty(value));

/** The values of a record's custom fields, by their ids. */
const customValues = (record: JsonObject) =>
  new Map(
    objectsIn(record.additional_fields).map(({ id, value }) => [id, value]),
  );

/** The facts. */
export const shapeFacts: Facts = {
  "contact-single": {
    question: "Is one contact a list of one or an object?",
    assumed: "A list of one; an object is read too",
    code: "src/qontak/envelope.ts: recordOf",
    how: "GET /contacts/:id",
    log: types(
      "list",
      (lab) => responses(lab, contacts.get),
      unseen(contacts.get),
    ),
  },
  "deal-company": {
    question: "Is crm_company_id of a deal a list or one id?",
    assumed: "A list; one id is read too",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen with a company",
    log: types(
      "list",
      dealValues("crm_company_id"),
      "no deal with a company was seen",
    ),
  },
  "deal-size": {
    question: "What type is the size of a deal?",
    assumed: "Text such as 10000000.0; a number is the same to us",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen",
    log: types("string", dealValues("size"), "no deal with a size was seen"),
  },
  "task-id": {
    question: "What type is the id of a task?",
    assumed: "Text; a number is read too",
    code: "src/values/json.ts: toId",
    how: "Tasks in lists, alone, and in the answers to writes",
    log(lab) {
      const { list, get, create, update } = tasks;
      const seen = [list, get, create, update].map((endpoint) => {
        const ids = records(lab, endpoint).map(({ id }) => id);
        return { name: nameOf(endpoint), types: typeNames(ids) };
      }).filter(({ types }) => types !== "");
      return [
        demand(seen, "no task was seen")
          .every(({ types }) => types === "string"),
        seen.map(({ name, types }) => `${name}: ${types}`).join("; "),
      ];
    },
  },
  "chat-history": {
    question: "Is a chat history one room or a list of rooms?",
    assumed: "One room; a list is read too",
    code: "src/tools/kit/whole_list.ts: messages",
    how: "The chat histories of contacts and deals",
    log: types(
      "object",
      (lab) =>
        responses(lab, contacts.chatHistory, deals.chatHistory)
          .filter((response) => !isEmpty(response)),
      "no chat history came",
    ),
  },
  "create-status": {
    question: "Is a create answered with HTTP 200 or 201?",
    assumed: "200; 201 is read too",
    code: "src/qontak/envelope.ts: readAnswer",
    how: "The status of every create of ours",
    log: types(
      "200",
      (lab) =>
        allKinds.flatMap(({ endpoints }) => lab.answers(endpoints.create))
          .map(({ status }) => status),
      unseen(deals.create),
      String,
    ),
  },
  "product-created": rawRow(endpoints.products.create),
  "association-created": rawRow(endpoints.productsAssociation.create),
  ...Object.fromEntries(
    allKinds.filter(({ endpoints }) => endpoints.update).map((kind) => [
      `put-${kind.name.replaceAll("_", "-")}`,
      updateAnswers(kind),
    ]),
  ),
  "custom-after-create": {
    question: "Do custom values come back in the answer to a create?",
    assumed: "Some may come back null: the record is read again then",
    code: "src/changes/report_write.ts: reportWrite",
    how: "The values of our own new contacts and deals, in answer and record",
    log(lab) {
      const seen: string[] = [];
      let lost = 0;
      for (const { create, get } of [contacts, deals]) {
        for (const { sent, record } of lab.answers(create)) {
          const ids = [...customValues(sent).keys()];
          if (ids.length === 0) continue;
          const isEmptyIn =
            (values: ReadonlyMap<unknown, unknown>) => (id: unknown) =>
              isEmpty(values.get(id));
          const empty = ids.filter(isEmptyIn(customValues(record)));
          const later = lab.answers(get)
            .filter(({ id }) => id !== undefined && id === toId(record.id))
            .map(({ record }) => isEmptyIn(customValues(record)));
          if (later.length > 0) {
            lost += empty.filter((id) => later.every((is) => is(id))).length;
          }
          const set = ids.length - empty.length;
          seen.push(`${create.path}: ${set} of ${ids.length} set`);
        }
      }
      const why = "contacts and deals have no custom field to fill";
      demand(seen, lab.flags.write ? why : NEEDS_WRITE);
      if (lost > 0) seen.push(`${lost} of them not in the record either`);
      return [lost === 0, seen.join("; ")];
    },
  },
  "empty-custom-after-create": {
    question: "How do empty custom fields look right after a create?",
    assumed: "null and null; on reads an empty text",
    code: "src/values/json.ts: isEmpty",
    how: "additional_fields in the answers to our creates",
    log: types(
      "null",
      (lab) =>
        [contacts, deals, companies, tickets, tasks]
          .flatMap(({ create }) => records(lab, create))
          .flatMap((record) => [...customValues(record).values()])
          .filter(isEmpty),
      unseen(deals.create),
      (value) => value === "" ? "an empty text" : typeName(value),
    ),
  },
};
