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

type Endpoints = Resource["endpoints"];

/** One kind of record; task categories are not a resource of their own. */
export interface Kind extends Partial<Omit<Resource, "endpoints">> {
  readonly name: string;
  readonly idArgument: string;
  readonly endpoints:
    & Partial<Endpoints>
    & Pick<Endpoints, "list" | "create" | "delete">;
  /** The key that contains our mark. */
  readonly label: string;
}

/** Every kind of record that the live test creates. */
export const kinds = {
  contact: { ...resources.contact, label: "first_name" },
  company: { ...resources.company, label: "name" },
  product: { ...resources.product, label: "name" },
  deal: { ...resources.deal, label: "name" },
  association: { ...resources.productsAssociation, label: "name" },
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
  task: { ...resources.task, label: "name" },
  ticket: { ...resources.ticket, label: "name" },
  note: { ...resources.note, label: "note" },
  geolocation: { ...resources.geolocation, label: "journey_id" },
} as const satisfies Readonly<Record<string, Kind>>;

/** Every kind, in the same order. */
export const allKinds: readonly Kind[] = Object.values<Kind>(kinds);

/** The kind of record that a key such as `crm_lead_ids` points to. */
export function associated(key: string): Kind | undefined {
  const [, noun] = /^crm_(lead|person|company|deal|product|task)_ids?$/
    .exec(key) ?? [];
  return noun === "lead" || noun === "person"
    ? kinds.contact
    : kinds[noun as keyof typeof kinds];
}
