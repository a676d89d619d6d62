/**
 * Facts about templates: what they say about fields, and in which form.
 *
 * @module
 */
import { typeOf } from "../../../src/fields/types.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { resources } from "../../../src/qontak/resources.ts";
import type { JsonObject } from "../../../src/values/json.ts";
import { objectsIn } from "../answers.ts";
import type { Fact } from "../fact.ts";
import type { Lab } from "../lab.ts";
import { typeNames } from "../shape.ts";
import { demand, judged, otherwise } from "../verdict.ts";

const TEMPLATES: readonly Endpoint[] = [
  endpoints.contacts.template,
  endpoints.companies.template,
  endpoints.deals.template,
  endpoints.tasks.template,
  endpoints.tickets.template,
];

/** The keys that say where a field is required. */
const REQUIRED = ["required", "required_pipeline_ids", "required_stage_ids"];

function descriptors(lab: Lab, endpoint: Endpoint): JsonObject[] {
  const [answer] = lab.answers(endpoint);
  const { body } = demand(answer, `${endpoint.path} could not be read`);
  return objectsIn(body?.response);
}

/** Every key in the fields that starts with `required`. */
function requiredKeys(fields: readonly JsonObject[]): string[] {
  const keys = new Set(fields.flatMap((field) => Object.keys(field)));
  return [...keys].filter((key) => key.startsWith("required")).sort();
}

/** The names of types come from Qontak; other texts are only counted. */
function typeWord(type: unknown): string {
  return typeof type === "string" && /^[A-Za-z -]{1,30}$/.test(type)
    ? type
    : "(another word)";
}

/** The facts. */
export const templateFacts: readonly Fact[] = [
  {
    id: "labels-null",
    question: "Can the label of a field be null?",
    assumed: "Yes; the name stands in for it",
    code: "src/fields/template.ts: parseField",
    how: "Types of name_alias in every template",
    phase: "log",
    probe(lab) {
      const found = TEMPLATES.map((endpoint) => ({
        path: endpoint.path,
        types: typeNames(
          descriptors(lab, endpoint).map(({ name_alias }) => name_alias),
        ) || "no fields",
      }));
      return judged(
        found.every(({ types }) =>
          /^(null|string|null or string|no fields)$/.test(types)
        ),
        found.map(({ path, types }) => `${path}: ${types}`).join("; "),
      );
    },
  },
  {
    id: "field-types",
    question: "Are there types of fields that this project does not know?",
    assumed: "No; a new one is passed on as it is",
    code: "src/fields/types.ts: unknownType",
    how: "The type of every field of every template",
    phase: "log",
    probe(lab) {
      const types = TEMPLATES.flatMap((endpoint) =>
        descriptors(lab, endpoint).map(({ type }) => type)
      );
      const unknown = types.filter((type) =>
        typeOf(String(type)).qontak.length === 0
      );
      return unknown.length === 0
        ? judged(true, `${types.length} fields`)
        : otherwise([...new Set(unknown.map(typeWord))].join(", "));
    },
  },
  {
    id: "task-required",
    question: "Does the template of tasks say what is required?",
    assumed: "No; if it does, it is read like any other",
    code: "src/fields/template.ts: parseRequirement",
    how: "Keys of GET /tasks/info",
    phase: "log",
    probe(lab) {
      const keys = requiredKeys(descriptors(lab, endpoints.tasks.template));
      return judged(keys.length === 0, keys.join(", "));
    },
  },
  {
    id: "deal-custom-required",
    question: "How do custom fields of deals say where they are required?",
    assumed: "By two lists, by a flag or null, or not at all: all are read",
    code: "src/fields/template.ts: parseRequirement",
    how: "Keys of the custom fields of GET /deals/info",
    phase: "log",
    probe(lab) {
      const custom = demand(
        descriptors(lab, endpoints.deals.template).filter((field) =>
          field.additional_field === true
        ),
        "deals have no custom field",
      );
      const named = REQUIRED.map((key) => {
        const values = custom.filter((one) => key in one)
          .map((one) => one[key]);
        return `${key}: ${typeNames(values) || "absent"}`;
      });
      const others = requiredKeys(custom).filter((key) =>
        !REQUIRED.includes(key)
      );
      return judged(others.length === 0, [...named, ...others].join("; "));
    },
  },
  {
    id: "ticket-stages",
    question:
      "Do the template and the pipelines of tickets have the same stages?",
    assumed: "Yes; those of the template are used",
    code: "src/fields/setup.ts: placeOptions",
    how: "Compares ids of GET /tickets/info and /tickets/ticket_pipelines",
    phase: "log",
    async probe(lab) {
      const [answer] = lab.answers(endpoints.tickets.pipelines);
      const { body } = demand(answer, "the pipelines could not be read");
      const listed = objectsIn(body?.response).flatMap(({ ticket_stages }) =>
        objectsIn(ticket_stages).map(({ id }) => Number(id))
      );
      const ours: number[] = [];
      for (const { id } of await lab.setup.pipelines(resources.ticket)) {
        const stages = await lab.setup.stages(resources.ticket, id);
        ours.push(...stages.map((stage) => stage.id));
      }
      const missing = listed.filter((id) => !ours.includes(id)).length;
      const extra = ours.filter((id) => !listed.includes(id)).length;
      return judged(
        missing + extra === 0 && ours.length > 0,
        `${ours.length} stages in the template, ${missing} of the pipelines missing there, ${extra} only there`,
      );
    },
  },
  {
    id: "products-template",
    question: "Is there a template of products, GET /products/info?",
    assumed: "No: the collection has none",
    code: "src/qontak/resources.ts: product",
    how: "Asks for it",
    phase: "read",
    async probe(lab) {
      const { ok, status, exchange } = await lab.attempt({
        ...endpoints.pipelines.list,
        path: "/products/info",
      });
      return judged(!ok, ok ? exchange.shape : `answered ${status}`);
    },
  },
];
