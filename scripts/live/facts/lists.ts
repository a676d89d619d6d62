/**
 * Facts about lists and templates: pages and filters, and what templates say
 * about fields.
 *
 * @module
 */
import { typeOf } from "../../../src/fields/types.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isObject, type JsonObject } from "../../../src/values/json.ts";
import { objectsIn, shapeOf, typeNames } from "../answers.ts";
import type { Facts, Probe } from "../fact.ts";
import { allEndpoints, kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { demand, type Finding, NotTried } from "../verdict.ts";

const { contacts, companies, deals, products, tasks, tickets } = endpoints;

/** Lists that are not heavy even with the largest page size. */
const LIGHT: readonly Endpoint[] = [
  contacts.list,
  companies.list,
  tasks.list,
  products.list,
];

/** The keys that count pages. */
const PAGE = "page total_page current_data total_data".split(" ");
const PRODUCTS_PAGE = "current_page total_page total_current_data total_data"
  .split(" ");

/** The number of records in a list. */
function totalOf(lab: Lab, list: Endpoint): number {
  const { total_data: total } = lab.firstBody(list);
  if (typeof total === "number") return total;
  throw new NotTried(`GET ${list.path} did not say how many there are`);
}

/**
 * A probe of the number of records that a list has with each of some queries:
 * all that it has without, or none. No key of a query need be documented.
 */
export function brings(
  list: Endpoint,
  ...cases: readonly (readonly [key: string, value: string, "all" | "none"])[]
): Probe {
  return async (lab) => {
    const total = demand(totalOf(lab, list) || false, "there is no record");
    const seen: string[] = [];
    for (const [key, value] of cases) {
      const { body } = await lab.send({ ...list, query: [key] }, {
        query: { [key]: value },
      });
      const came = body.total_data;
      seen.push(came === total ? "all" : came === 0 ? "none" : "some");
    }
    return [
      cases.every(([, , expected], i) => seen[i] === expected),
      cases.map(([key, value], i) => `${key}=${value} brings ${seen[i]}`)
        .join(", "),
    ];
  };
}

const TEMPLATES = [contacts, companies, deals, tasks, tickets]
  .map(({ template }) => template);

/** The objects that a list answered with, such as the fields of a template. */
const fieldsOf = (lab: Lab, endpoint: Endpoint): JsonObject[] =>
  objectsIn(lab.firstBody(endpoint).response);

/** Every key in the fields that starts with `required`. */
function requiredKeys(fields: readonly JsonObject[]): string[] {
  const keys = new Set(fields.flatMap(Object.keys));
  return [...keys].filter((key) => key.startsWith("required")).sort();
}

/** Holds if nothing is wrong. */
const noneOf = (wrong: readonly string[], otherwise = ""): Finding => [
  wrong.length === 0,
  wrong.join("; ") || otherwise,
];

/** The facts. */
export const listFacts: Facts = {
  "per-page": {
    question: "What is the largest per_page?",
    assumed: "100 at least, which is what the tools ask for at most",
    code: "src/tools/kit/shared_arguments.ts: perPageArgument",
    how: "per_page 100, 250 and 1000 on the longest list",
    async read(lab) {
      const lists = LIGHT.filter((list) => lab.answers(list).length > 0)
        .sort((a, b) => totalOf(lab, b) - totalOf(lab, a));
      const [list] = demand(lists, "no list could be read") as [Endpoint];
      const total = totalOf(lab, list);
      const seen: string[] = [];
      let holds: boolean | undefined;
      for (const per_page of [100, 250, 1000]) {
        const query = { per_page };
        const { ok, status, body } = await lab.attempt(list, { query });
        const came = objectsIn(body.response).length;
        const all = came === total;
        seen.push(`${per_page} → ${!ok ? status : all ? "all" : came}`);
        holds ??= ok && came === Math.min(per_page, total);
        // A larger page could not show more.
        if (all && total <= per_page) break;
      }
      const detail = `${list.path}: ${seen.join(", ")}`;
      if (!holds || total >= 100) return [holds, detail];
      throw new NotTried(
        `no list of contacts, companies, tasks or products has 100 records; ${detail}`,
      );
    },
  },
  "page-keys": {
    question: "How do lists count their pages?",
    assumed:
      "page and current_data; products current_page and total_current_data",
    code: "src/qontak/pages.ts: readPage",
    how: "The keys beside meta of every list",
    log(lab) {
      const lists = allEndpoints.filter((list) =>
        list.answers === "page" && lab.answers(list).length > 0
      );
      const wrong = demand(lists, "no list could be read").flatMap((list) => {
        const { meta: _, response: __, ...has } = lab.firstBody(list);
        const wanted = list.path.startsWith("/products") ? PRODUCTS_PAGE : PAGE;
        return wanted.every((key) => typeof has[key] === "number")
          ? []
          : `${list.path} has ${shapeOf(has)}`;
      });
      return noneOf(wrong, `${lists.length} lists`);
    },
  },
  "list-keys": {
    question: "Do all records of a list show the same keys, if empty too?",
    assumed: "Yes; questions about other keys are refused",
    code: "src/snapshots/fields.ts: createFields",
    how: "The keys and the custom fields of the records of every list",
    log(lab) {
      const lists = allEndpoints.filter((list) =>
        list.answers === "page" && lab.answers(list).length > 0
      );
      const wrong = demand(lists, "no list could be read").flatMap((list) => {
        const records = objectsIn(lab.firstBody(list).response);
        const shapes = new Set(records.map((record) =>
          [
            ...Object.keys(record),
            ...objectsIn(record.additional_fields).map(({ id }) => id),
          ].sort().join()
        ));
        return shapes.size < 2
          ? []
          : `${list.path}: ${shapes.size} sets of keys in ${records.length} records`;
      });
      return noneOf(wrong, `${lists.length} lists`);
    },
  },
  "ticket-pages": {
    question: "Does the list of tickets honour page and per_page?",
    assumed: "Yes, though neither is documented",
    code: "src/qontak/endpoints.ts: tickets",
    how: "GET /tickets?page=2&per_page=1",
    async read(lab) {
      const { list } = tickets;
      const why = "there are fewer than two tickets in this account";
      demand(totalOf(lab, list) >= 2, why);
      const query = { page: 2, per_page: 1 };
      const { body } = await lab.send(list, { query });
      const came = objectsIn(body.response).length;
      const page = Number(body.page);
      return [came === 1 && page === 2, `${came} came; page says ${page}`];
    },
  },
  "created-after": {
    question: "Does the list of contacts honour created_after as DD-MM-YYYY?",
    assumed: "Yes",
    code: "src/tools/kit/arguments.ts: dayFirstDate",
    how: "created_after a day in 2099, and a day in 1999",
    read: brings(
      contacts.list,
      ["created_after", "30-12-2099", "none"],
      ["created_after", "30-12-1999", "all"],
    ),
  },
  "task-filter": {
    question: "Does GET /tasks list all tasks without filter=alltask?",
    assumed: "Yes",
    code: "src/tools/tasks.ts: traits",
    how: "Compares total_data with and without",
    read: brings(tasks.list, ["filter", "alltask", "all"]),
  },
  "meta-timestamp": {
    question: "What is meta.timestamp?",
    assumed: "Nothing that is relied on: text, and a number on products",
    code: "src/qontak/envelope.ts: readAnswer",
    how: "Its type in every answer",
    log({ wire }) {
      const [others, products] = [false, true].map((isProducts) =>
        typeNames(
          wire.seen.flatMap(({ endpoint, body: { meta } }) =>
            endpoint.includes("/products") === isProducts && isObject(meta)
              ? [meta.timestamp]
              : []
          ),
        ) || "not seen"
      ) as [string, string];
      demand(others !== "not seen", "no answer had meta");
      return [
        others === "string" && ["number", "not seen"].includes(products),
        `${others}; on products ${products}`,
      ];
    },
  },
  "labels-null": {
    question: "Can the label of a field be null?",
    assumed: "Yes; the name stands in for it",
    code: "src/fields/template.ts: parseField",
    how: "Types of name_alias in every template",
    log(lab) {
      const found = TEMPLATES.map((template) => {
        const labels = fieldsOf(lab, template).map((field) => field.name_alias);
        return [template.path, typeNames(labels) || "no fields"] as const;
      });
      return [
        found.every(([, types]) =>
          /^(null|string|null or string|no fields)$/.test(types)
        ),
        found.map(([path, types]) => `${path}: ${types}`).join("; "),
      ];
    },
  },
  "field-types": {
    question: "Are there types of fields that this project does not know?",
    assumed: "No; a new one is passed on as it is",
    code: "src/fields/types.ts: unknownType",
    how: "The type of every field of every template",
    log(lab) {
      const types = TEMPLATES.flatMap((template) => fieldsOf(lab, template))
        .map(({ type }) => String(type));
      const unknown = types.filter((type) => typeOf(type).qontak.length === 0)
        // The names of types come from Qontak; other texts are only counted.
        .map((type) => /^[A-Za-z -]{1,30}$/.test(type) ? type : "another word");
      return noneOf([...new Set(unknown)], `${types.length} fields`);
    },
  },
  "task-required": {
    question: "Does the template of tasks say what is required?",
    assumed: "No; if it does, it is read like any other",
    code: "src/fields/template.ts: parseRequirement",
    how: "Keys of GET /tasks/info",
    log: (lab) => noneOf(requiredKeys(fieldsOf(lab, tasks.template))),
  },
  "deal-custom-required": {
    question: "How do custom fields of deals say where they are required?",
    assumed: "By two lists, by a flag or null, or not at all: all are read",
    code: "src/fields/template.ts: parseRequirement",
    how: "Keys of the custom fields of GET /deals/info",
    log(lab) {
      const custom = demand(
        fieldsOf(lab, deals.template).filter((field) =>
          field.additional_field === true
        ),
        "deals have no custom field",
      );
      const known = ["required", "required_pipeline_ids", "required_stage_ids"];
      const named = known.map((key) => {
        const values = custom.flatMap((field) =>
          key in field ? [field[key]] : []
        );
        return `${key}: ${typeNames(values) || "absent"}`;
      });
      const others = requiredKeys(custom).filter((key) => !known.includes(key));
      return [others.length === 0, [...named, ...others].join("; ")];
    },
  },
  "ticket-stages": {
    question:
      "Do the template and the pipelines of tickets have the same stages?",
    assumed: "Yes; those of the template are used",
    code: "src/fields/setup.ts: placeOptions",
    how: "Compares ids of GET /tickets/info and /tickets/ticket_pipelines",
    async log(lab) {
      const theirs = new Set(
        fieldsOf(lab, tickets.pipelines)
          .flatMap(({ ticket_stages }) => objectsIn(ticket_stages))
          .map(({ id }) => Number(id)),
      );
      const places = await lab.places(kinds.ticket);
      const ours = new Set(places.map(({ stage }) => stage.id));
      const missing = theirs.difference(ours).size;
      const extra = ours.difference(theirs).size;
      return [
        missing + extra === 0 && ours.size > 0,
        `${ours.size} stages in the template, ${missing} of the pipelines missing there, ${extra} only there`,
      ];
    },
  },
  "products-template": {
    question: "Is there a template of products, GET /products/info?",
    assumed: "No: the collection has none",
    code: "src/qontak/resources.ts: product",
    how: "Asks for it",
    async read(lab) {
      const template = { ...contacts.template, path: "/products/info" };
      const { ok, status, shape } = await lab.attempt(template);
      return [!ok, ok ? shape : `answered ${status}`];
    },
  },
};
