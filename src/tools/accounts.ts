/**
 * Tools about companies and contacts as accounts: everything about one of them,
 * and records that are the same one.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { resources } from "../qontak/resources.ts";
import { findDuplicates, showGroups } from "../snapshots/duplicates.ts";
import { findRecord } from "../snapshots/find_record.ts";
import { COMPARED } from "../snapshots/likely_same.ts";
import { readMany, tellPartial } from "../snapshots/many.ts";
import { createOverview, OVERVIEW_KINDS } from "../snapshots/overview.ts";
import { SEARCHED } from "../snapshots/search.ts";
import { inTurns } from "../values/turns.ts";
import { defined } from "../values/json.ts";
import { oneOf, reference, required } from "./kit/arguments.ts";
import { frames } from "./kit/frames.ts";
import { tenantArgument } from "./kit/shared_arguments.ts";
import { type Tool, tool } from "./tool.ts";

/** The maximum size of all groups of duplicates as JSON, in bytes. */
const MAX_GROUPS = 11_500;

/** The tools, in the order that clients see. */
export const accountTools: readonly Tool[] = [
  tool({
    name: "get_account_overview",
    title: "Get an overview of a company or contact",
    description:
      "One company or contact, by id or name, in short: people, open deals, won and lost, open tickets and tasks, last notes, last contact, next step.",
    effect: "read",
    input: {
      company: reference(),
      contact: reference(),
      ...tenantArgument,
    },
    output: frames.overview,
    run: async ({ crm, records, signal }, { company, contact }) => {
      const word = company ?? contact;
      const isOne = (company === undefined) !== (contact === undefined);
      if (word === undefined || !isOne) {
        throw new InputError(
          "get_account_overview takes either company or contact: the id or the name of one",
        );
      }
      const resource = company === undefined
        ? resources.contact
        : resources.company;
      const { found, read, missing } = await readMany(
        records,
        OVERVIEW_KINDS.filter((kind) =>
          kind === resource || kind !== resources.company
        ),
        signal,
      );
      const own = found.get(resource.name);
      if (!own || own.snapshot.partial) {
        throw new InputError(missing.join("; "));
      }
      const searched = SEARCHED.find((one) => one.resource === resource)!;
      const account = findRecord(own.snapshot.table, searched, word);
      return {
        ...await createOverview({
          account: { ...account, resource },
          found,
          crm,
          signal,
        }),
        ...read,
      };
    },
  }),
  tool({
    name: "find_duplicates",
    title: "Find duplicates",
    description:
      "Groups of records that are likely the same, by phone, e-mail and name however written, with the evidence; the likeliest first.",
    effect: "read",
    input: {
      resource: required(oneOf(["contacts", "companies"])),
      ...tenantArgument,
    },
    output: frames.page,
    run: async ({ records, signal }, { resource: plural }) => {
      const compared = COMPARED[plural];
      const { snapshot } = await records.all(compared.resource);
      const { table, partial, asOf, counted } = snapshot;
      const read = {
        as_of: new Date(asOf).toISOString(),
        records_read: table.size,
        ...defined({ counted_by_qontak: counted }),
      };
      if (partial) {
        return {
          records: [],
          ...read,
          incomplete: tellPartial(partial, plural),
        };
      }
      const { shown, total } = await inTurns({
        of: table,
        copy: (table) => table.copy(),
        *steps(table) {
          const groups = yield* findDuplicates(table, compared);
          return showGroups(groups, table, compared, MAX_GROUPS);
        },
        signal,
      });
      const left = total - shown.length;
      return {
        records: shown,
        groups: total,
        ...(left > 0 ? { left_out: left } : {}),
        ...(compared.isNameUnique ? {} : {
          rules: {
            name: "the same name alone may be two people, so these come last",
          },
        }),
        ...read,
      };
    },
  }),
];
