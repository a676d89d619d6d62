/**
 * A company's CRM setup: the fields of its records, its pipelines and their
 * stages. It is loaded on first use and cached for ten minutes, so that
 * checking a write usually needs no extra request.
 *
 * @module
 */
import { InputError, UnreachableError } from "../errors.ts";
import type { Crm } from "../qontak/crm.ts";
import { type Endpoint, nameOf } from "../qontak/endpoints.ts";
import type { Resource } from "../qontak/resources.ts";
import { isObject, toId } from "../values/json.ts";
import type { Cache } from "../storage/cache.ts";
import type { Option } from "./options.ts";
import { type Field, parseTemplate } from "./template.ts";

/** How long the loaded setup is used, in ms. */
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
  /**
   * The probability that a deal in this stage is won, such as `0.50`, if Qontak
   * gives it.
   */
  readonly probability?: string;
}

/** The setup of one company. */
export interface Setup {
  /**
   * The fields of a kind of record, in the template's order; empty if Qontak
   * publishes no template.
   */
  fields(resource: Resource): Promise<readonly Field[]>;
  /** The pipelines of a kind of record. */
  pipelines(resource: Resource): Promise<readonly Pipeline[]>;
  /** The stages of one pipeline, in their order. */
  stages(resource: Resource, pipeline: number): Promise<readonly Stage[]>;
  /**
   * The id of the user of Qontak that calls are made as, which "me" means.
   *
   * @throws {CredentialsError} When it is not known.
   */
  me(): Promise<number>;
  /** Clears the cached setup, so that the next use loads it from Qontak. */
  forget(): void;
}

/** The most stage lists that are fetched for one call. Each needs a request. */
const MOST_STAGE_LISTS = 50;

/**
 * Creates the setup of one company, for one call.
 *
 * @param crm The company's CRM.
 * @param cache The cache of setups. Many companies may share it.
 * @param scope The prefix that separates the company from others in the cache.
 * @param me Finds out which user calls are made as.
 * @returns The setup. Its functions throw the errors of {@linkcode Crm.call},
 * and an {@linkcode InputError} if one call would fetch too many lists.
 */
export function createSetup(
  crm: Crm,
  cache: Cache,
  scope: string,
  me: () => Promise<number>,
): Setup {
  const prefix = `${scope}/`;
  let stageLists = 0;

  async function load(name: string, endpoint: Endpoint, pipeline?: number) {
    return await cache.get(`${prefix}${name}`, async () => {
      const path: Record<string, number> = pipeline === undefined
        ? {}
        : { pipeline_id: pipeline };
      if (pipeline !== undefined && ++stageLists > MOST_STAGE_LISTS) {
        throw new InputError(
          `This company has more pipelines than the ${MOST_STAGE_LISTS} whose stages one call looks through: name the pipeline too, by id or name`,
        );
      }
      const { response } = await crm.call(endpoint, { path });
      // With an empty setup, every write would pass unchecked.
      if (Array.isArray(response) && response.length > 0) return response;
      throw new UnreachableError(
        `${
          nameOf(endpoint)
        }: Qontak's answer is empty, so nothing can be checked against it`,
        {
          endpoint: nameOf(endpoint),
          reason: "unreadable",
          mayHaveArrived: true,
        },
      );
    });
  }

  async function fields(resource: Resource): Promise<readonly Field[]> {
    const { template } = resource.endpoints;
    if (!template) return [];
    const response = await load(resource.name, template);
    const known = parsed.get(response);
    if (known) return known;
    const fields = parseTemplate(response, resource.aliases);
    parsed.set(response, fields);
    return fields;
  }

  /** The options of a pipeline or stage field. */
  async function placeOptions(resource: Resource, key: string) {
    const field = (await fields(resource)).find((field) => field.key === key);
    return (field?.options ?? []).filter((option): option is Pipeline =>
      option.id !== null
    );
  }

  const listPipelines = ({ name, place }: Resource) =>
    load(`${name}_pipelines`, place!.pipelines);

  return {
    fields,
    async pipelines(resource) {
      const { pipeline, stages } = resource.place!;
      const listed = typeof stages === "string"
        ? await placeOptions(resource, pipeline)
        : [];
      if (listed.length > 0) return listed;
      return records(await listPipelines(resource))
        .map(({ id, name }) => ({ id, name }));
    },
    async stages(resource, pipeline) {
      const { stage, stages } = resource.place!;
      if (typeof stages === "string") {
        const options = await placeOptions(resource, stage);
        const listed = options.filter((option): option is Stage =>
          option.pipeline === pipeline
        );
        if (listed.length > 0) return listed;
        // Some templates do not say which stage belongs to which pipeline.
        const found = records(await listPipelines(resource))
          .find(({ id }) => id === pipeline);
        return records(found?.record[stages])
          .map((stage) => stageOf(stage, pipeline));
      }
      const name = `${resource.name}_stages/${pipeline}`;
      const response = await load(name, stages, pipeline);
      return records(response)
        .sort((a, b) => Number(a.record.order) - Number(b.record.order))
        .map((stage) => stageOf(stage, pipeline));
    },
    me: () => cache.get(`${prefix}me`, me),
    forget: () => cache.forget(prefix),
  };
}

/** Parsed templates, kept as long as the cache holds the originals. */
const parsed = new WeakMap<readonly unknown[], readonly Field[]>();

function stageOf(
  { id, name, record }: ReturnType<typeof records>[number],
  pipeline: number,
): Stage {
  const { win_probability } = record;
  return {
    id,
    name,
    pipeline,
    ...(typeof win_probability === "string" ||
        typeof win_probability === "number"
      ? { probability: String(win_probability) }
      : {}),
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
