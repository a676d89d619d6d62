/**
 * Facts about the shapes of answers, found in what the run has seen.
 *
 * @module
 */
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import {
  isEmpty,
  isObject,
  type JsonObject,
  toId,
} from "../../../src/values/json.ts";
import { asAssumed, type Fact, judged, NotTried, otherwise } from "../fact.ts";
import { allKinds, type Kind } from "../kinds.ts";
import { recordIn, recordsIn } from "../answers.ts";
import type { Lab } from "../lab.ts";
import { typeName, typeNames } from "../shape.ts";

/** Why an endpoint has not answered. */
function unseen(lab: Lab, endpoint: Endpoint): NotTried {
  return new NotTried(
    endpoint.method !== "GET" && !lab.flags.write
      ? "it needs --write"
      : `${endpoint.method} ${endpoint.path} brought nothing to see it by`,
  );
}

/** What stood under `response` in the good answers of endpoints. */
function responses(lab: Lab, ...from: readonly Endpoint[]): unknown[] {
  return from.flatMap((endpoint) =>
    lab.answers(endpoint).map(({ body }) => body?.response)
  );
}

/** Every record in the good answers of endpoints, from lists and alone. */
function records(lab: Lab, ...from: readonly Endpoint[]) {
  return responses(lab, ...from).flatMap((response) =>
    Array.isArray(response) ? recordsIn({ response }) : [recordIn(response)]
  );
}

/** A fact on whether an update answers with the record. */
function updateAnswers(kind: Kind): Fact {
  const update = kind.endpoints.update!;
  const withRecord = update.answers === "record";
  return {
    id: `put-${kind.name.replaceAll("_", "-")}`,
    question: `Does PUT ${update.path} answer with the record?`,
    assumed: `${withRecord ? "Yes" : "No, only meta"}; either is read`,
    code: "src/tools/kit/write.ts: reportWrite",
    how: "Whether the answers to our updates had response",
    phase: "log",
    probe(lab) {
      const answers = responses(lab, update);
      if (answers.length === 0) {
        throw kind.endpoints.delete || lab.flags.geolocation
          ? unseen(lab, update)
          : new NotTried("it needs --write --geolocation");
      }
      const types = typeNames(answers);
      return judged(types === (withRecord ? "object" : "absent"), types);
    },
  };
}

/** A fact on the price in the answer to a new product. */
function rawRow(id: string, endpoint: Endpoint): Fact {
  return {
    id,
    question: `Does POST ${endpoint.path} answer with a record or a raw row?`,
    assumed: "A record with price; a row with unit_price is read again",
    code: "src/tools/kit/write.ts: reportWrite",
    how: "Keys of the answer to our own",
    phase: "log",
    probe(lab) {
      const made = records(lab, endpoint);
      if (made.length === 0) throw unseen(lab, endpoint);
      const has = (key: string) => made.some((row) => key in row);
      return judged(
        has("price") && !has("unit_price"),
        has("unit_price") ? "a row with unit_price" : "a record with price",
      );
    },
  };
}

/** The facts. */
export const shapeFacts: readonly Fact[] = [
  {
    id: "contact-single",
    question: "Is one contact a list of one or an object?",
    assumed: "A list of one; an object is read too",
    code: "src/qontak/envelope.ts: recordOf",
    how: "GET /contacts/:id",
    phase: "log",
    probe(lab) {
      const seen = responses(lab, endpoints.contacts.get);
      if (seen.length === 0) throw unseen(lab, endpoints.contacts.get);
      const types = typeNames(seen);
      return judged(types === "list", types);
    },
  },
  {
    id: "deal-company",
    question: "Is crm_company_id of a deal a list or one id?",
    assumed: "A list; one id is read too",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen with a company",
    phase: "log",
    probe(lab) {
      const { list, get } = endpoints.deals;
      const set = records(lab, list, get).map((deal) => deal.crm_company_id)
        .filter((value) => !isEmpty(value));
      if (set.length === 0) {
        throw new NotTried("no deal with a company was seen");
      }
      const types = typeNames(set);
      return judged(types === "list", types);
    },
  },
  {
    id: "deal-size",
    question: "What type is the size of a deal?",
    assumed: "Text such as 10000000.0; a number is the same to us",
    code: "src/fields/readback.ts: isSame",
    how: "Every deal that was seen",
    phase: "log",
    probe(lab) {
      const { list, get } = endpoints.deals;
      const set = records(lab, list, get).map(({ size }) => size)
        .filter((value) => !isEmpty(value));
      if (set.length === 0) throw new NotTried("no deal with a size was seen");
      const types = typeNames(set);
      return judged(types === "string", types);
    },
  },
  {
    id: "task-id",
    question: "What type is the id of a task?",
    assumed: "Text; a number is read too",
    code: "src/fields/template.ts: toId",
    how: "Tasks in lists, alone, and in the answers to writes",
    phase: "log",
    probe(lab) {
      const { list, get, create, update } = endpoints.tasks;
      const seen = [list, get, create, update].flatMap((endpoint) => {
        const ids = records(lab, endpoint).map(({ id }) => id);
        return ids.length === 0
          ? []
          : [[`${endpoint.method} ${endpoint.path}`, typeNames(ids)] as const];
      });
      if (seen.length === 0) throw new NotTried("no task was seen");
      return judged(
        seen.every(([, types]) => types === "string"),
        seen.map(([name, types]) => `${name}: ${types}`).join("; "),
      );
    },
  },
  {
    id: "chat-history",
    question: "Is a chat history one room or a list of rooms?",
    assumed: "One room; a list is read too",
    code: "src/tools/kit/list.ts: messages",
    how: "The chat histories of contacts and deals",
    phase: "log",
    probe(lab) {
      const { contacts, deals } = endpoints;
      const seen = responses(lab, contacts.chatHistory, deals.chatHistory)
        .filter((response) => !isEmpty(response));
      if (seen.length === 0) throw new NotTried("no chat history came");
      const types = typeNames(seen);
      return judged(types === "object", types);
    },
  },
  {
    id: "create-status",
    question: "Is a create answered with HTTP 200 or 201?",
    assumed: "200; 201 is read too",
    code: "src/qontak/envelope.ts: readAnswer",
    how: "The status of every create of ours",
    phase: "log",
    probe(lab) {
      const seen = new Set(
        allKinds.flatMap(({ endpoints: { create } }) =>
          lab.answers(create).map(({ status }) => status)
        ),
      );
      if (seen.size === 0) throw unseen(lab, endpoints.deals.create);
      return judged(
        [...seen].every((status) => status === 200),
        [...seen].join(" and "),
      );
    },
  },
  rawRow("product-created", endpoints.products.create),
  rawRow("association-created", endpoints.productsAssociation.create),
  ...allKinds.filter(({ endpoints }) => endpoints.update).map(updateAnswers),
  {
    id: "custom-after-create",
    question: "Do custom values come back in the answer to a create?",
    assumed: "Some may come back null: the record is read again then",
    code: "src/tools/kit/write.ts: reportWrite",
    how: "The values of our own new contacts and deals, in answer and record",
    phase: "log",
    probe(lab) {
      const seen: string[] = [];
      let lost = 0;
      for (const group of [endpoints.contacts, endpoints.deals]) {
        for (const { sent, body } of lab.answers(group.create)) {
          const made = recordIn(body?.response);
          const ids = customIds(sent?.additional_fields);
          if (ids.length === 0) continue;
          const later = lab.answers(group.get).filter(({ id }) =>
            id !== undefined && id === toId(made.id)
          ).map(({ body }) => recordIn(body?.response));
          const empty = ids.filter((id) => isUnset(made, id));
          lost += empty.filter((id) =>
            later.length > 0 && later.every((record) =>
              isUnset(record, id)
            )
          ).length;
          seen.push(
            `${group.create.path}: ${
              ids.length - empty.length
            } of ${ids.length} set`,
          );
        }
      }
      if (seen.length === 0) {
        throw lab.flags.write
          ? new NotTried("contacts and deals have no custom field to fill")
          : unseen(lab, endpoints.deals.create);
      }
      const detail = seen.join("; ");
      return lost === 0
        ? asAssumed(detail)
        : otherwise(`${detail}; ${lost} of them not in the record either`);
    },
  },
  {
    id: "empty-custom-after-create",
    question: "How do empty custom fields look right after a create?",
    assumed: "null and null; on reads an empty text",
    code: "src/values/json.ts: isEmpty",
    how: "additional_fields in the answers to our creates",
    phase: "log",
    probe(lab) {
      const { contacts, deals, companies, tickets, tasks } = endpoints;
      const values = [contacts, deals, companies, tickets, tasks].flatMap(
        ({ create }) =>
          records(lab, create).flatMap(({ additional_fields }) =>
            Array.isArray(additional_fields)
              ? additional_fields.filter(isObject).map(({ value }) => value)
              : []
          ),
      ).filter(isEmpty);
      if (values.length === 0) throw unseen(lab, deals.create);
      const types = [
        ...new Set(
          values.map((value) =>
            value === "" ? "an empty text" : typeName(value)
          ),
        ),
      ].sort().join(" or ");
      return types === "null" ? asAssumed(types) : otherwise(types);
    },
  },
];

function customIds(fields: unknown): unknown[] {
  return Array.isArray(fields)
    ? fields.filter(isObject).map(({ id }) => id)
    : [];
}

/** Whether a record shows no value for a custom field. */
function isUnset({ additional_fields: fields }: JsonObject, id: unknown) {
  return !Array.isArray(fields) ||
    isEmpty(fields.filter(isObject).find((field) => field.id === id)?.value);
}
