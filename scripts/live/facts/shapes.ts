/**
 * Facts about the shapes of answers, checked on the answers of this run.
 *
 * @module
 */
import { toId } from "../../../src/values/json.ts";
import {
  type Endpoint,
  endpoints,
  nameOf,
} from "../../../src/qontak/endpoints.ts";
import { isEmpty, type JsonObject } from "../../../src/values/json.ts";
import { objectsIn, recordIn } from "../answers.ts";
import { type Fact, records, responses, typesFact, unseen } from "../fact.ts";
import { allKinds, type Kind } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { typeName, typeNames } from "../shape.ts";
import { demand, judged, NotTried } from "../verdict.ts";

/** A fact about whether an update returns the record. */
function updateAnswers({ name, endpoints }: Kind): Fact {
  const update = endpoints.update!;
  const withRecord = update.answers === "record";
  return {
    id: `put-${name.replaceAll("_", "-")}`,
    question: `Does PUT ${update.path} answer with the record?`,
    assumed: `${withRecord ? "Yes" : "No, only meta"}; either is read`,
    code: "src/changes/report_write.ts: reportWrite",
    how: "Whether the answers to our updates had response",
    phase: "log",
    probe(lab) {
      const answers = responses(lab, update);
      if (answers.length === 0) {
        throw endpoints.delete || lab.flags.geolocation
          ? unseen(lab, update)
          : new NotTried("it needs --write --geolocation");
      }
      const types = typeNames(answers);
      return judged(types === (withRecord ? "object" : "absent"), types);
    },
  };
}

/** A fact about the price in the answer to a new product. */
function rawRow(id: string, endpoint: Endpoint): Fact {
  return {
    id,
    question: `Does POST ${endpoint.path} answer with a record or a raw row?`,
    assumed: "A record with price; a row with unit_price is read again",
    code: "src/changes/report_write.ts: reportWrite",
    how: "Keys of the answer to our own",
    phase: "log",
    probe(lab) {
      const made = demand(
        records(lab, endpoint),
        unseen(lab, endpoint).message,
      );
      const has = (key: string) => made.some((row) => key in row);
      return judged(
        has("price") && !has("unit_price"),
        has("unit_price") ? "a row with unit_price" : "a record with price",
      );
    },
  };
}

/** The values of deals under a key, without empty ones. */
function dealValues(lab: Lab, key: string): unknown[] {
  const { list, get } = endpoints.deals;
  return records(lab, list, get).map((deal) => deal[key])
    .filter((value) => !isEmpty(value));
}

/** Whether a record shows no value for a custom field. */
function isUnset({ additional_fields }: JsonObject, id: unknown): boolean {
  const fields = objectsIn(additional_fields);
  return isEmpty(fields.find((field) => field.id === id)?.value);
}

/** The facts. */
export const shapeFacts: readonly Fact[] = [
  typesFact({
    id: "contact-single",
    question: "Is one contact a list of one or an object?",
    assumed: "A list of one; an object is read too",
    code: "src/qontak/envelope.ts: recordOf",
    how: "GET /contacts/:id",
    expected: "list",
    values: (lab) => responses(lab, endpoints.contacts.get),
    without: endpoints.contacts.get,
  }),
  typesFact({
    id: "deal-company",
    question: "Is crm_company_id of a deal a list or one id?",
    assumed: "A list; one id is read too",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen with a company",
    expected: "list",
    values: (lab) => dealValues(lab, "crm_company_id"),
    without: "no deal with a company was seen",
  }),
  typesFact({
    id: "deal-size",
    question: "What type is the size of a deal?",
    assumed: "Text such as 10000000.0; a number is the same to us",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen",
    expected: "string",
    values: (lab) => dealValues(lab, "size"),
    without: "no deal with a size was seen",
  }),
  {
    id: "task-id",
    question: "What type is the id of a task?",
    assumed: "Text; a number is read too",
    code: "src/values/json.ts: toId",
    how: "Tasks in lists, alone, and in the answers to writes",
    phase: "log",
    probe(lab) {
      const { list, get, create, update } = endpoints.tasks;
      const seen = [list, get, create, update].map((endpoint) => ({
        name: nameOf(endpoint),
        types: typeNames(records(lab, endpoint).map(({ id }) => id)),
      })).filter(({ types }) => types !== "");
      demand(seen, "no task was seen");
      return judged(
        seen.every(({ types }) => types === "string"),
        seen.map(({ name, types }) => `${name}: ${types}`).join("; "),
      );
    },
  },
  typesFact({
    id: "chat-history",
    question: "Is a chat history one room or a list of rooms?",
    assumed: "One room; a list is read too",
    code: "src/tools/kit/whole_list.ts: messages",
    how: "The chat histories of contacts and deals",
    expected: "object",
    values(lab) {
      const { contacts, deals } = endpoints;
      return responses(lab, contacts.chatHistory, deals.chatHistory)
        .filter((response) => !isEmpty(response));
    },
    without: "no chat history came",
  }),
  typesFact({
    id: "create-status",
    question: "Is a create answered with HTTP 200 or 201?",
    assumed: "200; 201 is read too",
    code: "src/qontak/envelope.ts: readAnswer",
    how: "The status of every create of ours",
    expected: "200",
    values: (lab) =>
      allKinds.flatMap(({ endpoints: { create } }) =>
        lab.answers(create).map(({ status }) => status)
      ),
    name: String,
    without: endpoints.deals.create,
  }),
  rawRow("product-created", endpoints.products.create),
  rawRow("association-created", endpoints.productsAssociation.create),
  ...allKinds.filter(({ endpoints }) => endpoints.update).map(updateAnswers),
  {
    id: "custom-after-create",
    question: "Do custom values come back in the answer to a create?",
    assumed: "Some may come back null: the record is read again then",
    code: "src/changes/report_write.ts: reportWrite",
    how: "The values of our own new contacts and deals, in answer and record",
    phase: "log",
    probe(lab) {
      const seen: string[] = [];
      let lost = 0;
      for (const { create, get } of [endpoints.contacts, endpoints.deals]) {
        for (const { sent, body } of lab.answers(create)) {
          const ids = objectsIn(sent?.additional_fields).map(({ id }) => id);
          if (ids.length === 0) continue;
          const made = recordIn(body?.response);
          const later = lab.answers(get).filter(({ id }) =>
            id !== undefined && id === toId(made.id)
          ).map(({ body }) => recordIn(body?.response));
          const empty = ids.filter((id) => isUnset(made, id));
          lost += empty.filter((id) =>
            later.length > 0 && later.every((record) =>
              isUnset(record, id)
            )
          ).length;
          const set = ids.length - empty.length;
          seen.push(`${create.path}: ${set} of ${ids.length} set`);
        }
      }
      demand(
        seen,
        lab.flags.write
          ? "contacts and deals have no custom field to fill"
          : "it needs --write",
      );
      const more = lost === 0
        ? []
        : [`${lost} of them not in the record either`];
      return judged(lost === 0, [...seen, ...more].join("; "));
    },
  },
  typesFact({
    id: "empty-custom-after-create",
    question: "How do empty custom fields look right after a create?",
    assumed: "null and null; on reads an empty text",
    code: "src/values/json.ts: isEmpty",
    how: "additional_fields in the answers to our creates",
    expected: "null",
    values(lab) {
      const { contacts, deals, companies, tickets, tasks } = endpoints;
      return [contacts, deals, companies, tickets, tasks].flatMap(
        ({ create }) =>
          records(lab, create).flatMap(({ additional_fields }) =>
            objectsIn(additional_fields).map(({ value }) => value)
          ),
      ).filter(isEmpty);
    },
    name: (value) => value === "" ? "an empty text" : typeName(value),
    without: endpoints.deals.create,
  }),
];
