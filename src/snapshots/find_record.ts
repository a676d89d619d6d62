/**
 * Finds the one record that an id or a name means.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { isEmpty, type JsonObject, show } from "../values/json.ts";
import { didYouMean } from "../values/words.ts";
import { type Hit, RANK, type Searched, searchTable } from "./search.ts";
import { parseWanted } from "./wanted.ts";
import type { Table } from "./table.ts";
import { atOnce } from "../values/turns.ts";

/** How many records an error offers. */
const OFFERED = 10;

/** How many records are compared by name. */
const COMPARED = 50;

/**
 * Finds the record that an id, a name, a phone number or an e-mail address
 * means. A whole name wins over part of one.
 *
 * @param table The records.
 * @param searched What is special about them.
 * @param word What was written.
 * @returns The id and the record.
 * @throws {InputError} When none or several records match. The message offers
 * the ids of those that do.
 */
export function findRecord(
  table: Table,
  searched: Searched,
  word: number | string,
): Hit {
  const { resource } = searched;
  const wanted = parseWanted(String(word));
  const { hits } = atOnce(searchTable(table, searched, wanted, COMPARED));
  const named = hits.filter(({ score }) => score > RANK.all);
  const exact = named.filter(({ score }) => score >= RANK.bareName);
  const best = exact.length > 0
    ? exact.filter(({ score }) => score === exact[0]!.score)
    : named;
  const [one, ...others] = best;
  if (one && others.length === 0) return one;
  if (!one) {
    throw new InputError(
      `No ${resource.name} is ${show(word)}${
        didYouMean(String(word), namesIn(table, searched), show) ||
        `. search finds ${resource.plural} by part of a name`
      }`,
    );
  }
  const offered = best.slice(0, OFFERED).map(({ id, record }) =>
    `${id} (${
      [...searched.name, ...searched.hints].map((key) => record[key])
        .filter((value) => !isEmpty(value)).map((value) => show(value))
        .join(", ")
    })`
  );
  const more = best.length - offered.length;
  throw new InputError(
    `${show(word)} means ${
      best.length === COMPARED ? `${COMPARED} or more` : best.length
    } ${resource.plural}: ${offered.join("; ")}${
      more > 0 ? `; and ${more} more` : ""
    }. Give the id of one`,
  );
}

/** The names of all records, for a suggestion. */
function* namesIn(table: Table, { name }: Searched): Generator<string> {
  const columns = name.flatMap((key) => table.column(key) ?? []);
  for (const row of table.rows()) {
    const record: JsonObject[string][] = columns.map((column) =>
      column.values[column.code(row)]
    );
    yield record.filter((part) => !isEmpty(part)).join(" ");
  }
}
