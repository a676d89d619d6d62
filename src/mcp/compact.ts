/**
 * The short list: the tools that most work needs, and three that find and call
 * the others. The tool that is called decides on effect, scopes, the person's
 * yes and the audit record, as if the client had called it itself.
 *
 * @module
 */
import { type ArgumentsError, InputError } from "../errors.ts";
import { listed } from "../tools/catalog.ts";
import {
  type Argument,
  required,
  text,
  unwrap,
} from "../tools/kit/arguments.ts";
import { parseArguments } from "../tools/kit/parse_arguments.ts";
import { type Tool, tool } from "../tools/tool.ts";
import { isObject, type JsonObject, show } from "../values/json.ts";
import { didYouMean, foldText } from "../values/words.ts";
import * as z from "zod";

/** The tools of the short list. */
const DIRECT: ReadonlySet<string> = new Set([
  "search",
  "query_records",
  "get_account_overview",
  "get_contact",
  "get_company",
  "get_deal",
  "update_deal",
  "get_required_fields_for_deal",
  "list_tasks",
  "create_task",
  "create_note",
  "undo_change",
]);

/** How many tools an answer describes in full. */
const DESCRIBED = 3;

/** How many more it names. */
const NAMED = 12;

/** What people write for the words in names of tools. */
const SYNONYMS: Readonly<Record<string, string>> = {
  remove: "delete",
  hapus: "delete",
  add: "create",
  new: "create",
  buat: "create",
  tambah: "create",
  change: "update",
  edit: "update",
  ubah: "update",
  lihat: "get",
  daftar: "list",
  kontak: "contact",
  lead: "contact",
  person: "contact",
  perusahaan: "company",
  tiket: "ticket",
  tugas: "task",
  catatan: "note",
  produk: "product",
  riwayat: "history",
  pemilik: "owner",
  izin: "permissions",
  visit: "geolocation",
  checkin: "geolocation",
  duplikat: "duplicates",
};

/** A call: a tool and its arguments. */
export interface Opened {
  readonly tool: Tool;
  readonly args: JsonObject;
}

/** The short list of a caller. */
export interface Compact {
  /** The tools that clients list. */
  readonly tools: readonly Tool[];
  /** The call that a call means. */
  open(called: Tool, args: JsonObject): Opened;
}

/** Text that holds JSON; an object is taken too. */
const jsonText: Argument<JsonObject | undefined> = {
  schema: {
    type: "string",
    description: "Its arguments, as the JSON of an object",
  },
  required: false,
  check: () =>
    z.preprocess(
      unwrap,
      z.record(z.string(), z.unknown(), {
        error: 'must be an object as JSON, such as {"page": 1}',
      }),
    ) as unknown as z.ZodType<JsonObject>,
  isWrapped: true,
};

/**
 * Makes the short list.
 *
 * @param all The tools that the caller may call.
 */
export function createCompact(all: readonly Tool[]): Compact {
  const direct = all.filter(({ name }) => DIRECT.has(name));
  const others = all.filter(({ name }) => !DIRECT.has(name));
  const byName = new Map(all.map((one) => [one.name, one]));
  const isRead = ({ effect }: Tool) => effect === "read";
  const callers = new Map<string, boolean>();
  if (others.some(isRead)) callers.set(CALL_READ, true);
  if (!others.every(isRead)) callers.set(CALL_WRITE, false);
  return {
    tools: [
      ...direct,
      ...(others.length > 0 ? [findTool(others)] : []),
      ...(callers.has(CALL_READ) ? [callTool(CALL_READ)] : []),
      ...(callers.has(CALL_WRITE) ? [callTool(CALL_WRITE)] : []),
    ],
    open(called, args) {
      const reads = callers.get(called.name);
      if (reads === undefined) return { tool: called, args };
      const { values, error } = parseArguments(called, args);
      if (error) return refused(called, error);
      const name = String(values.tool).trim();
      const inner = byName.get(name);
      if (!inner) {
        return refused(
          called,
          new InputError(
            `${called.name} was not run: there is no tool ${show(name)}${
              didYouMean(name, byName.keys()) || ". find_tool finds tools"
            }`,
          ),
        );
      }
      if (isRead(inner) !== reads) {
        return refused(
          called,
          new InputError(
            `${called.name} was not run: ${name} ${
              reads
                ? `can change something, so call it with ${CALL_WRITE}`
                : `changes nothing, so call it with ${CALL_READ}`
            }`,
          ),
        );
      }
      return { tool: inner, args: (values.arguments ?? {}) as JsonObject };
    },
  };
}

/**
 * The name of the tool whose scope a call needs. The tools of the short list
 * that read need the same scope for all that they reach.
 *
 * @param params The params of the call.
 */
export function calledName({ name, arguments: args }: JsonObject): string {
  return String(name === CALL_WRITE && isObject(args) ? args.tool : name)
    .trim();
}

/** A call that only answers why it is refused. */
function refused(called: Tool, error: ArgumentsError | InputError): Opened {
  const answer = () => {
    throw error;
  };
  return { tool: { ...called, input: {}, answer }, args: {} };
}

/** The tool that finds those that are not listed. */
export const FIND_TOOL = "find_tool";

/** Calls a tool that changes nothing. */
export const CALL_READ = "call_read_tool";
/** Calls any other tool. */
export const CALL_WRITE = "call_write_tool";

/** These tools answer, or are replaced, before anything is run. */
const neverRun = () => Promise.reject(new TypeError("This tool has no run"));

function callTool(name: typeof CALL_READ | typeof CALL_WRITE): Tool {
  const reads = name === CALL_READ;
  return tool({
    name,
    title: reads ? "Call a tool that reads" : "Call a tool that changes",
    description: reads
      ? "Calls a tool of find_tool that changes nothing."
      : "Calls a tool of find_tool that creates, updates or deletes.",
    effect: reads ? "read" : "write",
    ...(reads ? {} : { destructive: true as const }),
    input: {
      tool: required(text("Its name")),
      arguments: jsonText,
    },
    output: { type: "object" },
    run: neverRun,
  });
}

function findTool(others: readonly Tool[]): Tool {
  return tool({
    name: FIND_TOOL,
    title: "Find a tool",
    description:
      "Finds the tools that are not listed here (other records, templates, timelines, owners, products, many changes), with their arguments.",
    effect: "read",
    input: {
      query: required(text("What to do, such as delete a note, or a name")),
    },
    output: {
      type: "object",
      properties: { tools: { type: "array", items: { type: "object" } } },
    },
    // It has no words of records: what it says is this server's own.
    fenced: [],
    run: neverRun,
    answer: ({ query }) => found(others, String(query)),
  });
}

/** The tools that fit a question, the best first. */
function found(tools: readonly Tool[], query: string): JsonObject {
  const words = foldText(query).split(/[^\p{L}\p{N}]+/u)
    .flatMap((word) => [word, SYNONYMS[word] ?? ""])
    .filter((word) => word.length > 2);
  const ranked = tools
    .map((one) => ({ one, score: scoreOf(one, words, query) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const best = ranked.slice(0, DESCRIBED).map(({ one }) => describe(one));
  const more = ranked.slice(DESCRIBED, DESCRIBED + NAMED)
    .map(({ one }) => one.name);
  return best.length === 0
    ? { tools: [], names: tools.map(({ name }) => name) }
    : { tools: best, ...(more.length > 0 ? { more } : {}) };
}

function scoreOf(
  { name, title, description }: Tool,
  words: readonly string[],
  query: string,
): number {
  if (query.trim() === name) return 1_000;
  const inName = new Set(
    foldText(`${name.replaceAll("_", " ")} ${title}`)
      .split(/[^\p{L}\p{N}]+/u).map(stem),
  );
  const inText = foldText(description);
  return words.reduce(
    (score, word) =>
      score + (inName.has(stem(word)) ? 10 : inText.includes(word) ? 1 : 0),
    -inName.size / 100,
  );
}

/** The singular of a word. */
function stem(word: string): string {
  return word.replace(/ies$/, "y").replace(/([^s])s$/, "$1");
}

/** A tool as the answer shows it: as a client would list it. */
function describe(one: Tool): JsonObject {
  const { name, description, inputSchema } = listed(one);
  return {
    name,
    description,
    call_with: one.effect === "read" ? CALL_READ : CALL_WRITE,
    arguments: inputSchema,
  };
}
