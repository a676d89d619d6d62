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

/** The kind of record that a key of an association points to. */
export const associated: Readonly<Record<string, Kind>> = {
  crm_lead_id: kinds.contact,
  crm_lead_ids: kinds.contact,
  crm_person_id: kinds.contact,
  crm_person_ids: kinds.contact,
  crm_company_id: kinds.company,
  crm_deal_id: kinds.deal,
  crm_deal_ids: kinds.deal,
  crm_product_ids: kinds.product,
  crm_task_ids: kinds.task,
};

/**
 * Whether the value of a label has the mark of one of our records, or only of
 * this run, such as `mab3k9x2q7`. Notes may contain HTML.
 */
export function isMarked(value: unknown, run = "[a-z0-9]{8,12}"): boolean {
  return typeof value === "string" &&
    new RegExp(`^(<p>)?${MARK} ${run}\\b`).test(value);
}
