/**
 * Facts about lists: pages, filters, and the data next to the records.
 *
 * @module
 */
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isObject } from "../../../src/values/json.ts";
import { objectsIn } from "../answers.ts";
import type { Fact } from "../fact.ts";
import { allEndpoints } from "../kinds.ts";
import type { Lab } from "../lab.ts";
import { typeName, typeNames } from "../shape.ts";
import { demand, judged, NotTried, otherwise } from "../verdict.ts";

/** Lists that are not heavy even with the largest page size. */
const LIGHT: readonly Endpoint[] = [
  endpoints.contacts.list,
  endpoints.companies.list,
  endpoints.tasks.list,
  endpoints.products.list,
];

/** The keys that count pages. */
const PAGE = ["page", "total_page", "current_data", "total_data"];
const PRODUCTS_PAGE = [
  "current_page",
  "total_page",
  "total_current_data",
  "total_data",
];

/** The number of records in a list. */
function totalOf(lab: Lab, list: Endpoint): number {
  const total = lab.answers(list).at(0)?.body?.total_data;
  if (typeof total === "number") return total;
  throw new NotTried(`GET ${list.path} did not say how many there are`);
}

/** The facts. */
export const listFacts: readonly Fact[] = [
  {
    id: "per-page",
    question: "What is the largest per_page?",
    assumed: "100 at least, which is what the tools ask for at most",
    code: "src/tools/kit/shared_arguments.ts: perPageArgument",
    how: "per_page 100, 250 and 1000 on the longest list",
    phase: "read",
    async probe(lab) {
      const [list] = demand(
        LIGHT.filter((one) => lab.answers(one).length > 0)
          .sort((a, b) => totalOf(lab, b) - totalOf(lab, a)),
        "no list could be read",
      ) as [Endpoint];
      const total = totalOf(lab, list);
      const seen: string[] = [];
      let holds: boolean | undefined;
      for (const per_page of [100, 250, 1000]) {
        const { ok, status, exchange } = await lab.attempt(list, {
          query: { per_page },
        });
        const came = objectsIn(exchange.body?.response).length;
        const all = came === total;
        seen.push(`${per_page} → ${!ok ? status : all ? "all" : came}`);
        holds ??= ok && came === Math.min(per_page, total);
        // A larger page could not show more.
        if (all && total <= per_page) break;
      }
      const detail = `${list.path}: ${seen.join(", ")}`;
      demand(
        !holds || total >= 100,
        `no list of contacts, companies, tasks or products has 100 records; ${detail}`,
      );
      return judged(holds === true, detail);
    },
  },
  {
    id: "page-keys",
    question: "How do lists count their pages?",
    assumed:
      "page and current_data; products current_page and total_current_data",
    code: "src/qontak/pages.ts: readPage",
    how: "The keys beside meta of every list",
    phase: "log",
    probe(lab) {
      const bodies = allEndpoints.flatMap((list) => {
        const body = lab.answers(list).at(0)?.body;
        return list.answers === "page" && body ? [{ list, body }] : [];
      });
      demand(bodies, "no list could be read");
      const wrong = bodies.flatMap(({ list: { path }, body }) => {
        const wanted = path.startsWith("/products") ? PRODUCTS_PAGE : PAGE;
        if (wanted.every((key) => typeof body[key] === "number")) return [];
        const { meta: _, response: __, ...others } = body;
        const has = Object.entries(others).map(([key, value]) =>
          `${key} ${typeName(value)}`
        );
        return `${path} has ${has.join(", ") || "none"}`;
      });
      return wrong.length === 0
        ? judged(true, `${bodies.length} lists`)
        : otherwise(wrong.join("; "));
    },
  },
  {
    id: "ticket-pages",
    question: "Does the list of tickets honour page and per_page?",
    assumed: "Yes, though neither is documented",
    code: "src/qontak/endpoints.ts: tickets",
    how: "GET /tickets?page=2&per_page=1",
    phase: "read",
    async probe(lab) {
      const { list } = endpoints.tickets;
      demand(
        totalOf(lab, list) >= 2,
        "there are fewer than two tickets in this account",
      );
      const { ok, status, exchange: { body } } = await lab.attempt(list, {
        query: { page: 2, per_page: 1 },
      });
      if (!ok) return otherwise(`answered with ${status}`);
      const came = objectsIn(body?.response).length;
      return judged(
        came === 1 && body?.page === 2,
        `${came} came; page says ${Number(body?.page)}`,
      );
    },
  },
  {
    id: "created-after",
    question: "Does the list of contacts honour created_after as DD-MM-YYYY?",
    assumed: "Yes",
    code: "src/tools/kit/arguments.ts: dayFirstDate",
    how: "created_after a day in 2099, and a day in 1999",
    phase: "read",
    async probe(lab) {
      const { list } = endpoints.contacts;
      const total = demand(totalOf(lab, list) || false, "there is no contact");
      const after = (created_after: string) =>
        lab.attempt(list, { query: { created_after } });
      const late = await after("30-12-2099"), early = await after("30-12-1999");
      if (!late.ok || !early.ok) {
        return otherwise(`answered with ${late.status} and ${early.status}`);
      }
      const none = late.exchange.body?.total_data === 0;
      const all = early.exchange.body?.total_data === total;
      return judged(
        none && all,
        `2099 brings ${none ? "none" : "some"}, 1999 ${
          all ? "all" : "not all"
        }`,
      );
    },
  },
  {
    id: "task-filter",
    question: "Does GET /tasks list all tasks without filter=alltask?",
    assumed: "Yes",
    code: "src/tools/tasks.ts: traits",
    how: "Compares total_data with and without",
    phase: "read",
    async probe(lab) {
      const { list } = endpoints.tasks;
      const without = totalOf(lab, list);
      const { ok, status, exchange } = await lab.attempt(list, {
        query: { filter: "alltask" },
      });
      if (!ok) return otherwise(`filter=alltask is answered with ${status}`);
      return exchange.body?.total_data === without
        ? judged(true, "as many")
        : otherwise("filter=alltask brings another number");
    },
  },
  {
    id: "meta-timestamp",
    question: "What is meta.timestamp?",
    assumed: "Nothing that is relied on: text, and a number on products",
    code: "src/qontak/envelope.ts: readAnswer",
    how: "Its type in every answer",
    phase: "log",
    probe({ wire }) {
      const types = (isProducts: boolean) =>
        typeNames(
          wire.seen.flatMap(({ endpoint, body }) =>
            isObject(body?.meta) &&
              endpoint.includes("/products") === isProducts
              ? [body.meta.timestamp]
              : []
          ),
        );
      const others = demand(types(false), "no answer had meta");
      const products = types(true);
      return judged(
        others === "string" && ["number", ""].includes(products),
        `${others}; on products ${products || "not seen"}`,
      );
    },
  },
];
