/**
 * The kinds of records that the live test creates, ordered so that each can
 * belong to the earlier ones.
 *
 * @module
 */
import { type Endpoint, endpoints } from "../../src/qontak/endpoints.ts";
import { type Resource, resources } from "../../src/qontak/resources.ts";

/** The prefix of the name of each record that the live test creates. */
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
    /** Null if Qontak has no way to delete it. */
    readonly delete: Endpoint | null;
  };
  /** Its special rules; absent if it has none. */
  readonly resource?: Resource;
  /** The key that contains our mark. */
  readonly label: string;
  /** The query parameter that searches by that key. */
  readonly search?: string;
}

function kind(resource: Resource, label: string, search?: string) {
  const { name, idArgument, endpoints } = resource;
  return {
    ...{ name, idArgument, endpoints, resource, label },
    ...(search === undefined ? {} : { search }),
  };
}

/** Every kind of record that the live test creates. */
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

/** Every kind, in the same order. */
export const allKinds: readonly Kind[] = Object.values<Kind>(kinds);

/**
 * Whether a text is the mark of one of our records.
 *
 * @param value The value of the kind's label; notes may contain HTML.
 * @param run Only the records of this run, such as `mab3k9x2q7`.
 */
export function isMarked(value: unknown, run = "[a-z0-9]{8,12}"): boolean {
  return typeof value === "string" &&
    new RegExp(`^(<p>)?${MARK} ${run}\\b`).test(value);
}
