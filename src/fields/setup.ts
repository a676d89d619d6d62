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
import { isObject, type JsonObject, toId } from "../values/json.ts";
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

/** The most pipelines, or stages of one, that a company can have. */
const MOST_PLACES = 5_000;

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

  /** Reads a list. */
  async function read(
    endpoint: Endpoint,
    path: Readonly<Record<string, number>> = {},
  ): Promise<unknown[]> {
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
  }

  async function load(name: string, endpoint: Endpoint, pipeline?: number) {
    return await cache.get(`${prefix}${name}`, async () => {
      if (pipeline === undefined) return await read(endpoint);
      if (++stageLists > MOST_STAGE_LISTS) {
        throw new InputError(
          `This company has more pipelines than the ${MOST_STAGE_LISTS} whose stages one call looks through: name the pipeline too, by id or name`,
        );
      }
      return await read(endpoint, { pipeline_id: pipeline });
    });
  }

  async function fields(resource: Resource): Promise<readonly Field[]> {
    const { template } = resource.endpoints;
    if (!template) return [];
    return await cache.get(
      `${prefix}${resource.name}`,
      () => read(template),
      (response) => parseTemplate(response, resource.aliases),
    );
  }

  /** The options of a pipeline or stage field. */
  async function placeOptions(resource: Resource, key: string) {
    const field = (await fields(resource)).find((field) => field.key === key);
    return placesIn(field?.options ?? []);
  }

  const listPipelines = ({ name, place }: Resource) =>
    load(`${name}_pipelines`, place!.pipelines);

  return {
    fields,
    async pipelines(resource) {
      const { pipeline, stages } = resource.place!;
      const { pipelines: listed } = typeof stages === "string"
        ? await placeOptions(resource, pipeline)
        : placesIn([]);
      if (listed.length > 0) return listed;
      return [...records(await listPipelines(resource)).values()]
        .map(({ id, name }) => ({ id, name }));
    },
    async stages(resource, pipeline) {
      const { stage, stages } = resource.place!;
      if (typeof stages === "string") {
        const { byPipeline } = await placeOptions(resource, stage);
        const listed = byPipeline.get(pipeline) ?? [];
        if (listed.length > 0) return listed;
        // Some templates do not say which stage belongs to which pipeline.
        const found = records(await listPipelines(resource)).get(pipeline);
        return [...records(found?.record[stages]).values()]
          .map((stage) => stageOf(stage, pipeline));
      }
      const name = `${resource.name}_stages/${pipeline}`;
      const response = await load(name, stages, pipeline);
      return [...records(response).values()]
        .sort((a, b) => Number(a.record.order) - Number(b.record.order))
        .map((stage) => stageOf(stage, pipeline));
    },
    me: () => cache.get(`${prefix}me`, me),
    forget: () => cache.forget(prefix),
  };
}

/** A pipeline or a stage, and its record. */
interface Place extends Pipeline {
  readonly record: JsonObject;
}

function stageOf({ id, name, record }: Place, pipeline: number): Stage {
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

/** What was read from lists of Qontak, kept as long as the lists are. */
const read = new WeakMap<readonly unknown[], ReadonlyMap<number, Place>>();

/**
 * The pipelines or stages of a list, by id. Each is there once, whatever the
 * list repeats: work is done for each pipeline and each of its stages.
 *
 * @throws {UnreachableError} When there are too many.
 */
function records(response: unknown): ReadonlyMap<number, Place> {
  if (!Array.isArray(response)) return new Map();
  const known = read.get(response);
  if (known) return known;
  const places = new Map<number, Place>();
  for (const record of response.filter(isObject)) {
    const id = toId(record.id);
    const { name } = record;
    if (id === null || typeof name !== "string" || places.has(id)) continue;
    places.set(id, { id, name, record });
  }
  checkCount(places.size);
  read.set(response, places);
  return places;
}

/** Pipelines or stages among the options of a template. */
interface Places {
  readonly pipelines: readonly Pipeline[];
  readonly byPipeline: ReadonlyMap<unknown, readonly Stage[]>;
}

/** What was found in options, kept as long as the options are. */
const placed = new WeakMap<readonly Option[], Places>();

/**
 * The pipelines or stages among options, each once.
 *
 * @throws {UnreachableError} When there are too many.
 */
function placesIn(options: readonly Option[]): Places {
  const known = placed.get(options);
  if (known) return known;
  const unique = new Map<string, Pipeline>();
  for (const option of options) {
    if (option.id === null) continue;
    const { id, pipeline } = option as Stage;
    const key = `${pipeline} ${id}`;
    if (!unique.has(key)) unique.set(key, option as Pipeline);
  }
  checkCount(unique.size);
  const pipelines = [...unique.values()];
  const places = {
    pipelines,
    byPipeline: Map.groupBy(
      pipelines as readonly Stage[],
      ({ pipeline }) => pipeline,
    ),
  };
  placed.set(options, places);
  return places;
}

function checkCount(count: number): void {
  if (count <= MOST_PLACES) return;
  throw new UnreachableError(
    `Qontak's answer has ${count} pipelines or stages in one list, which is more than the ${MOST_PLACES} that a company can have, so it is not used`,
    { endpoint: "pipelines", reason: "unreadable", mayHaveArrived: false },
  );
}
