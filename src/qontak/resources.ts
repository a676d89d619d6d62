/**
 * What is particular to each kind of record: its endpoints, the names that
 * differ between template and body, and the keys with a meaning of their own.
 *
 * @module
 */
import { type Endpoint, endpoints } from "./endpoints.ts";

/** A kind of record. */
export interface Resource {
  /** The name in the singular, as tools use it. */
  readonly name: string;
  /** The name in the plural. */
  readonly plural: string;
  /** Its endpoints for what every kind of record can do. */
  readonly endpoints: {
    readonly template: Endpoint;
    readonly list: Endpoint;
    readonly get: Endpoint;
    readonly create: Endpoint;
    readonly update: Endpoint;
    readonly delete: Endpoint;
  };
  /** Names in the template that differ from the keys of bodies and records. */
  readonly aliases: Readonly<Record<string, string>>;
  /** The keys that say where a record stands, on resources with pipelines. */
  readonly place?: { readonly pipeline: string; readonly stage: string };
  /**
   * The key of the owner, where an update without it makes the token's user
   * the owner (said so in Qontak's collection).
   */
  readonly owner?: string;
  /** Whether standard dates are sent day first instead of as ISO. */
  readonly dayFirst: boolean;
}

/** Deals, which stand in a stage of a pipeline. */
export const deal: Resource = {
  name: "deal",
  plural: "deals",
  endpoints: endpoints.deals,
  aliases: { crm_contact: "crm_lead_ids", crm_company: "crm_company_id" },
  place: { pipeline: "crm_pipeline_id", stage: "crm_stage_id" },
  owner: "creator_id",
  dayFirst: false,
};

/**
 * The key that holds the label of an id: `crm_stage_id` → `crm_stage_name`,
 * `crm_lead_ids` → `crm_lead_name`.
 *
 * @param key A key of a body or record.
 * @returns The partner's key, or undefined where there is none.
 */
export function nameKeyOf(key: string): string | undefined {
  const stem = /^(.+)_ids?$/.exec(key)?.[1];
  return stem === undefined ? undefined : `${stem}_name`;
}
