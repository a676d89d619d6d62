/**
 * The kinds of records that the live test makes, in an order in which each
 * can belong to those before it.
 *
 * @module
 */
import { type Endpoint, endpoints } from "../../src/qontak/endpoints.ts";
import { type Resource, resources } from "../../src/qontak/resources.ts";

/** What the name of every record of ours starts with. */
export const MARK = "qontak-mcp live";

/** Every endpoint of the API. */
export const allEndpoints: readonly Endpoint[] = Object.values(endpoints)
  .flatMap((group) => Object.values<Endpoint>(group));

/** One kind of record. */
export interface Kind {
  /** The name in the singular, as tools use it. */
  readonly name: string;
  /** The argument of tools that holds its id. */
  readonly idArgument: string;
  readonly endpoints: {
    readonly list: Endpoint;
    readonly get?: Endpoint;
    readonly create: Endpoint;
    readonly update?: Endpoint;
    /** Null where Qontak has no way to delete it. */
    readonly delete: Endpoint | null;
  };
  /** What is particular to it; absent if it has no particular fields. */
  readonly resource?: Resource;
  /** The key that holds our mark. */
  readonly label: string;
  /** The query parameter that finds it by that key. */
  readonly search?: string;
}

function kind(resource: Resource, label: string, search?: string) {
  const { name, idArgument, endpoints } = resource;
  return {
    ...{ name, idArgument, endpoints, resource, label },
    ...(search === undefined ? {} : { search }),
  };
}

/** Every kind of record that the live test makes. */
export const kinds = {
  contact: kind(resources.contact, "first_name", "name"),
  company: kind(resources.company, "name", "name"),
  product: kind(resources.product, "name", "query"),
  deal: kind(resources.deal, "name", "name"),
  association: kind(resources.productsAssociation, "name", "query"),
  category: {
    name: "task_category",
    idArgument: "category_id",
    endpoints: {
      list: endpoints.tasks.listCategories,
      create: endpoints.tasks.createCategory,
      delete: endpoints.tasks.deleteCategory,
    },
    label: "name",
  },
  task: kind(resources.task, "name"),
  ticket: kind(resources.ticket, "name"),
  note: kind(resources.note, "note"),
  geolocation: kind(resources.geolocation, "journey_id"),
} as const satisfies Readonly<Record<string, Kind>>;

/** Every kind, in that order. */
export const allKinds: readonly Kind[] = Object.values<Kind>(kinds);

/**
 * Whether a text is the mark of a record of ours.
 *
 * @param value The value of the kind's label; notes may hold HTML.
 * @param run Only the records of this run, such as `mab3k9x2q7`.
 */
export function isMarked(value: unknown, run = "[a-z0-9]{8,12}"): boolean {
  return typeof value === "string" &&
    new RegExp(`^(<p>)?${MARK} ${run}\\b`).test(value);
}
