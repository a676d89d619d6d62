/**
 * The records of one company for questions: snapshots that are read through the
 * company's CRM and updated after writes through it.
 *
 * @module
 */
import { QontakError, UnreachableError } from "../errors.ts";
import type { Setup } from "../fields/setup.ts";
import type { CallOptions, Crm } from "../qontak/crm.ts";
import { type Endpoint, endpoints } from "../qontak/endpoints.ts";
import { type Answer, recordOf } from "../qontak/envelope.ts";
import { type Resource, resources } from "../qontak/resources.ts";
import { defined, isObject, type JsonObject, toId } from "../values/json.ts";
import type { Zone } from "../values/zone.ts";
import type { Subject } from "./subject.ts";
import type { PageOfRecords } from "./read.ts";
import type { Tell } from "./shared_work.ts";
import { movesOf } from "./moves.ts";
import { withoutFormatting } from "./notes.ts";
import type { Owner, Related } from "./related.ts";
import type { Snapshot, Source } from "./entry.ts";
import type { Snapshots } from "./snapshots.ts";

/** The records that a question is about, and how they were read. */
export interface Found {
  /** The records, and what is known about their fields. */
  readonly subject: Subject;
  /** How they were read. */
  readonly snapshot: Snapshot;
}

/** The records of one company, for one call. */
export interface Records {
  /**
   * Gets all records of one kind.
   *
   * @param resource The kind.
   * @param fresh Whether to read them again, whatever the age of the snapshot.
   * @throws What reading them threw.
   */
  all(resource: Resource, fresh?: boolean): Promise<Found>;
  /**
   * The records of one kind, if they were read a short time ago. It sends no
   * request.
   *
   * @param resource The kind.
   * @returns The snapshot; undefined if there is none that is recent enough.
   */
  known(resource: Resource): Snapshot | undefined;
  /**
   * Gets the records of one kind that Qontak's own query parameters select.
   * Without such a selection, they are the records of {@linkcode all}.
   *
   * @param resource The kind.
   * @param query The query parameters.
   * @throws What reading them threw.
   */
  listed(resource: Resource, query: Query): Promise<Snapshot>;
  /**
   * Gets the records that belong to some others, with a request for each that
   * is not known.
   *
   * @param list What belongs to them.
   * @param of The kind of the others.
   * @param owners The others.
   * @param fresh Whether to read them again.
   * @throws What reading them threw.
   */
  related(
    list: RelatedList,
    of: Resource,
    owners: readonly Owner[],
    fresh?: boolean,
  ): Promise<Related>;
}

/** The lists of records that belong to one other record. */
export type RelatedList = "notes" | "stage_moves";

/** Query parameters of a list. */
export type Query = Readonly<Record<string, string | number>>;

/** Settings of {@linkcode createRecords}. */
export interface RecordsOptions {
  /** The company's CRM. */
  readonly crm: Crm;
  /** How the company has configured its CRM. */
  readonly setup: Setup;
  /** The store of snapshots. */
  readonly snapshots: Snapshots;
  /** Identifies the company's account. */
  readonly scope: string;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** Receives the progress of readings. */
  readonly tell?: Tell | undefined;
  /** The time zone that decides when days begin. */
  readonly zone: Zone;
}

/**
 * Makes access to the records of one company.
 *
 * @param options How records are read and stored.
 */
export function createRecords(options: RecordsOptions): Records {
  const { crm, setup, snapshots, scope, signal, tell, zone } = options;

  async function placesOf(resource: Resource) {
    if (!resource.place) return { pipelines: [], stages: [] };
    const pipelines = await setup.pipelines(resource);
    const stages = await Promise.all(
      pipelines.map(({ id }) => setup.stages(resource, id)),
    );
    return { pipelines, stages: stages.flat() };
  }

  const get = (
    resource: Resource,
    fresh: boolean,
    query: Query = {},
  ) => {
    const usual = usualQuery(resource);
    const special = Object.entries(query).filter(([key, value]) =>
      value !== usual[key]
    );
    return snapshots.get({
      scope,
      list: special.length === 0
        ? resource.name
        : `${resource.name} ${JSON.stringify(special)}`,
      source: sourceOf(crm, resource, { ...usual, ...query }),
      signal,
      fresh,
      tell,
      // What Qontak selects may change with any write.
      ...(special.length === 0 ? {} : { once: true }),
    });
  };

  return {
    known: (resource) => snapshots.peek(scope, resource.name),
    listed: (resource, query) => get(resource, false, query),
    related: (list, of, owners, fresh = false) =>
      snapshots.related.get({
        scope,
        list: `${list} of ${of.plural}`,
        // Nothing in a record changes with its notes.
        owners: list === "notes"
          ? owners.map(({ id }) => ({ id, version: undefined }))
          : owners,
        readFor: list === "notes"
          ? noteReader(crm, of)
          : (id, own) => readMoves(crm, id, zone, own),
        signal,
        fresh,
        tell,
      }),
    async all(resource, fresh = false) {
      const [snapshot, fields, places] = await Promise.all([
        get(resource, fresh),
        setup.fields(resource),
        placesOf(resource),
      ]);
      const { table } = snapshot;
      const now = Date.now();
      return {
        snapshot,
        subject: { resource, table, fields, ...places, now, zone },
      };
    },
  };
}

/** The query parameters for all records of a kind. */
function usualQuery({ endpoints: { list } }: Resource): Query {
  return list.query.includes("filter") ? { filter: "alltask" } : {};
}

/** Makes the function that reads the notes of one record. */
function noteReader(crm: Crm, of: Resource) {
  const { identity, endpoints: { list } } = resources.note;
  const [, parameter] = Object.entries(identity!.searchBy).find(([key]) =>
    LINKS.some(([pattern, linked]) => linked === of && pattern.test(key))
  )!;
  return async (id: number, signal: AbortSignal): Promise<JsonObject[]> => {
    const query = { [parameter]: id };
    const { response } = await crm.call(list, { query, signal });
    return Array.isArray(response)
      ? response.filter(isObject).map(withoutFormatting)
      : [];
  };
}

/** Reads the moves of one deal. */
async function readMoves(
  crm: Crm,
  id: number,
  zone: Zone,
  signal: AbortSignal,
): Promise<JsonObject[]> {
  const { response } = await crm.call(endpoints.deals.stageHistory, {
    path: { id },
    signal,
  });
  return movesOf(
    id,
    Array.isArray(response) ? response.filter(isObject) : [],
    zone,
  );
}

/**
 * Moves the parts of a record one level up: a check-in shows its place and time
 * in parts.
 */
export function flatten(record: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(record).flatMap(([key, value]) =>
      isObject(value)
        ? Object.entries(value).map(([part, one]) => [`${key}_${part}`, one])
        : [[key, value]]
    ),
  );
}

/** Reads the records of one kind. */
function sourceOf(
  crm: Crm,
  { plural, endpoints, readsOtherwise }: Resource,
  query: Query,
): Source {
  const { list, get } = endpoints;
  return {
    plural,
    async readPage(page, perPage, signal, onAnswer): Promise<PageOfRecords> {
      const { response, page: position } = await crm.call(list, {
        query: {
          ...query,
          page,
          ...(list.query.includes("per_page") ? { per_page: perPage } : {}),
        },
        signal,
        ...defined({ onAnswer }),
      });
      const total = position?.total_data;
      if (!Array.isArray(response) && total !== 0) {
        // Taken for an empty page, it would falsify every answer.
        throw new UnreachableError(
          `Qontak's answer has no list of ${plural} on page ${page}. Try again`,
          { endpoint: plural, reason: "unreadable", mayHaveArrived: false },
        );
      }
      const records = Array.isArray(response) ? response.filter(isObject) : [];
      return {
        records: readsOtherwise ? records.map(flatten) : records,
        total,
      };
    },
    async readOne(id, signal) {
      try {
        const { response } = await crm.call(get, { path: { id }, signal });
        return recordOf(get, response, id);
      } catch (error) {
        if (error instanceof QontakError && error.status === 404) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

/**
 * Other kinds of records that a write may change, by a pattern for the names in
 * its body.
 */
const LINKS: readonly (readonly [RegExp, Resource])[] = [
  [/crm_(?:lead|person|contact)/, resources.contact],
  [/crm_company/, resources.company],
  [/crm_deal/, resources.deal],
  [/crm_product|product_association/, resources.product],
  [/crm_product|product_association|crm_deal/, resources.productsAssociation],
  [/crm_task/, resources.task],
];

/** The plurals of what has notes. */
const NOTED = [resources.contact, resources.company, resources.deal]
  .map(({ plural }) => plural);

/** Body keys whose values appear as labels in other records. */
const NAMES: ReadonlySet<string> = new Set(["name", "first_name", "last_name"]);

/**
 * Returns the same CRM; its writes are visible in the snapshots at once.
 *
 * @param crm The company's CRM.
 * @param snapshots The store of snapshots.
 * @param scope Identifies the company's account.
 */
export function watchWrites(
  crm: Crm,
  snapshots: Snapshots,
  scope: string,
): Crm {
  return {
    async call(endpoint, options) {
      if (endpoint.method === "GET") return await crm.call(endpoint, options);
      let answer: Answer | undefined;
      try {
        return answer = await crm.call(endpoint, options);
      } finally {
        // Qontak may have carried out a write that failed.
        mark(snapshots, scope, endpoint, options, answer);
      }
    },
  };
}

function mark(
  snapshots: Snapshots,
  scope: string,
  endpoint: Endpoint,
  { path, body = {} }: CallOptions = {},
  answer: Answer | undefined,
): void {
  if (snapshots.isEmpty) return;
  const own = Object.values<Resource>(resources).find(({ endpoints }) =>
    `${endpoint.path}/`.startsWith(`${endpoints.list.path}/`)
  );
  const isGone = endpoint.method === "DELETE";
  const isRenamed = endpoint.method === "PUT" &&
    Object.keys(body).some((key) => NAMES.has(key));
  for (const resource of Object.values<Resource>(resources)) {
    if (resource === own) continue;
    const isLinked = LINKS.some(([keys, linked]) =>
      linked === resource && Object.keys(body).some((key) => keys.test(key))
    );
    if (isGone || isRenamed || isLinked) snapshots.expire(scope, resource.name);
  }
  if (!own) return;
  if (own === resources.note) {
    for (const of of NOTED) snapshots.related.expire(scope, `notes of ${of}`);
  }
  const created = answer?.response as JsonObject | undefined;
  const id = toId(path?.id) ?? toId(isObject(created) ? created.id : null);
  // A record may have another shape in a list than when it is read alone.
  if (id === null || own.readsOtherwise) snapshots.expire(scope, own.name);
  else snapshots.touch(scope, own.name, id);
}
