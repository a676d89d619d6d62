/**
 * How a company has set up its CRM: the fields of its records, its pipelines
 * and their stages. Loaded when first asked for and kept for ten minutes, so
 * that checking a write costs no request of its own.
 *
 * @module
 */
import type { Crm } from "../qontak/crm.ts";
import { endpoints } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { isObject } from "../values.ts";
import type { Cache } from "./cache.ts";
import type { Option } from "./options.ts";
import { type Field, parseTemplate, toId } from "./template.ts";

/** How long what was loaded is used, in ms. */
export const SETUP_LIFETIME = 10 * 60 * 1000;

/** A pipeline, by id and name. */
export interface Pipeline extends Option {
  /** The pipeline's id. */
  readonly id: number;
}

/** A stage of a pipeline. */
export interface Stage extends Pipeline {
  /** The pipeline that it belongs to. */
  readonly pipeline: number;
  /** What reaching it means for the deal. */
  readonly outcome: "open" | "won" | "lost";
}

/** What one company has set up. */
export interface Setup {
  /** The fields of a kind of record, in the template's order. */
  fields(resource: Resource): Promise<readonly Field[]>;
  /** The pipelines of deals. */
  pipelines(): Promise<readonly Pipeline[]>;
  /** The stages of one pipeline of deals, in their order. */
  stages(pipeline: number): Promise<readonly Stage[]>;
  /** Forgets all of it, so that the next question asks Qontak. */
  forget(): void;
}

/**
 * Makes the view of one company's setup.
 *
 * @param crm The company's CRM.
 * @param cache Where it is kept; may be shared by many companies.
 * @param tenant The company's name in the cache.
 * @returns The view. Its functions throw what {@linkcode Crm.call} throws.
 */
export function createSetup(crm: Crm, cache: Cache, tenant: string): Setup {
  const prefix = `${encodeURIComponent(tenant)}/`;
  return {
    fields: (resource) =>
      cache.get(`${prefix}fields/${resource.name}`, async () => {
        const { response } = await crm.call(resource.endpoints.template);
        return parseTemplate(response, resource.aliases);
      }),
    pipelines: () =>
      cache.get(`${prefix}pipelines`, async () => {
        const { response } = await crm.call(endpoints.pipelines.list);
        return records(response).map(({ id, name }) => ({ id, name }));
      }),
    stages: (pipeline) =>
      cache.get(`${prefix}stages/${pipeline}`, async () => {
        const { response } = await crm.call(endpoints.pipelines.stages, {
          path: { pipeline_id: pipeline },
        });
        return records(response)
          .sort((a, b) => Number(a.record.order) - Number(b.record.order))
          .map(({ id, name, record }) => ({
            id,
            name,
            pipeline,
            outcome: outcomeOf(record.win_probability),
          }));
      }),
    forget: () => cache.forget(prefix),
  };
}

function records(response: unknown) {
  if (!Array.isArray(response)) return [];
  return response.filter(isObject).flatMap((record) => {
    const id = toId(record.id);
    const { name } = record;
    return id === null || typeof name !== "string"
      ? []
      : [{ id, name, record }];
  });
}

/** Qontak says it in `win_probability`: "1.00" is won, "0.00" taken for lost. */
function outcomeOf(probability: unknown): Stage["outcome"] {
  if (typeof probability !== "string" && typeof probability !== "number") {
    return "open";
  }
  const share = Number(probability);
  return share === 1 ? "won" : share === 0 ? "lost" : "open";
}
