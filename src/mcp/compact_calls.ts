/**
 * What the three tools of the short list do: finding the tools that are not
 * listed, and calling them.
 *
 * @module
 */
import { type ArgumentsError, InputError } from "../errors.ts";
import { type Argument, required, text } from "../tools/kit/arguments.ts";
import { parseArguments } from "../tools/kit/parse_arguments.ts";
import { listed, type Outline } from "../tools/outline.ts";
import { type Callable, callable, type Tool, tool } from "../tools/tool.ts";
import { type JsonObject, show } from "../values/json.ts";
import { didYouMean, foldText } from "../values/words.ts";
import { unwrap } from "../values/wrapped.ts";
import {
  CALL_READ,
  CALL_WRITE,
  FIND_TOOL,
  type Opened,
} from "./compact_tools.ts";
import * as z from "zod";

/** How many tools an answer names besides the best, which has its schema. */
const NAMED = 8;

/** The tool that changes many records, and what people write for many. */
const FOR_MANY = {
  tool: "change_records",
  words: new Set([
    "many",
    "bulk",
    "mass",
    "batch",
    "banyak",
    "massal",
    "sekaligus",
  ]),
  /** The same, beside what changes something: all can also be listed. */
  ifChanged: new Set(["all", "every", "each", "semua", "seluruh", "setiap"]),
  changes: new Set(["create", "update", "delete"]),
  score: 100,
};

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
  perbarui: "update",
  pindah: "update",
  pindahkan: "update",
  move: "update",
  assign: "update",
  reassign: "update",
  transfer: "update",
  alihkan: "update",
  close: "update",
  tutup: "update",
  selesaikan: "update",
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
  ganda: "duplicates",
  dobel: "duplicates",
  double: "duplicates",
  twice: "duplicates",
};

/** The check for JSON text; an object is taken too. */
const checkJson = () =>
  z.preprocess(
    unwrap,
    z.record(z.string(), z.unknown(), {
      error: 'must be an object as JSON, such as {"page": 1}',
    }),
  ) as unknown as z.ZodType<JsonObject>;

/**
 * Makes one of the three tools.
 *
 * @param outline What clients see of it.
 * @param others The tools that are not listed.
 */
export function loadOwn(outline: Outline, others: readonly Outline[]): Tool {
  if (outline.name === FIND_TOOL) {
    return tool({
      ...outline,
      input: { query: shown(outline, "query", required(text())) },
      hasOwnWords: true,
      run: neverRun,
      answer: ({ query }) => found(others, String(query)),
    });
  }
  return tool({
    ...outline,
    input: {
      tool: shown(outline, "tool", required(text())),
      arguments: shown<JsonObject | undefined>(outline, "arguments", {
        schema: {},
        required: false,
        check: checkJson,
        isWrapped: true,
      }),
    },
    run: neverRun,
  });
}

/** An argument with the schema that clients see. */
function shown<T>(
  { input }: Outline,
  name: string,
  argument: Argument<T>,
): Argument<T> {
  return { ...argument, schema: input[name]!.schema };
}

/** These tools answer, or are replaced, before anything is run. */
const neverRun = () => Promise.reject(new TypeError("This tool has no run"));

/**
 * The call that a call through another tool means.
 *
 * @param called The tool that calls another.
 * @param args Its arguments.
 * @param all The tools that the caller may call.
 */
export function openCall(
  called: Tool,
  args: JsonObject,
  all: readonly Callable[],
): Opened {
  let parsed: ReturnType<typeof parseArguments>;
  try {
    parsed = parseArguments(called, args);
  } catch (error) {
    if (error instanceof InputError) return refused(called, error);
    throw error;
  }
  const { values, error } = parsed;
  if (error) return refused(called, error);
  const reads = called.name === CALL_READ;
  const name = String(values.tool).trim();
  const inner = all.find((one) => one.name === name);
  if (!inner) {
    return refused(
      called,
      new InputError(
        `${called.name} was not run: there is no tool ${show(name)}${
          didYouMean(name, all.map((one) => one.name)) ||
          ". find_tool finds tools"
        }`,
      ),
    );
  }
  if ((inner.effect === "read") !== reads) {
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
}

/** A call that only answers why it is refused. */
function refused(called: Tool, error: ArgumentsError | InputError): Opened {
  const answer = () => {
    throw error;
  };
  return { tool: callable({ ...called, input: {}, answer }), args: {} };
}

/**
 * How many words of a question are looked for: each is, in every tool. More
 * would keep others waiting.
 */
const MAX_WORDS = 100;

/** What an answer without tools says. */
const NOTHING =
  "These words are of none of the tools. The tools read and change what is in the CRM, and send nothing to customers. Name a kind of record and what to do with it, such as update ticket";

/** The tools that fit a question, the best first. */
function found(tools: readonly Outline[], query: string): JsonObject {
  const words = foldText(query).split(/[^\p{L}\p{N}]+/u)
    .flatMap((word) => [word, SYNONYMS[word] ?? ""])
    .filter((word) => word.length > 2).slice(0, MAX_WORDS);
  const named = tools.map((one) => ({ one, inName: wordsOf(one) }));
  /** Of tools with as many words, that with the rarer one is meant. */
  const weightOf = (word: string) =>
    10 + 1 / named.filter(({ inName }) => inName.has(word)).length;
  const ranked = named
    .map(({ one, inName }) => ({
      one,
      score: scoreOf(one, inName, words, query, weightOf),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const [best, ...others] = ranked.map(({ one }) => one);
  if (!best) return { tools: [], note: NOTHING };
  const more = others.slice(0, NAMED).map(({ name, description }) => ({
    name,
    does: firstSentence(description),
  }));
  return { tools: [describe(best)], ...(more.length > 0 ? { more } : {}) };
}

/** What a tool does, in one line: its name as query gives the rest. */
function firstSentence(description: string): string {
  return /^.*?[.](?=\s|$)/s.exec(description)?.[0] ?? description;
}

/** The words in the name and the title of a tool. */
function wordsOf({ name, title }: Outline): ReadonlySet<string> {
  return new Set(
    foldText(`${name.replaceAll("_", " ")} ${title}`)
      .split(/[^\p{L}\p{N}]+/u).map(stem),
  );
}

function scoreOf(
  { name, description }: Outline,
  inName: ReadonlySet<string>,
  words: readonly string[],
  query: string,
  weightOf: (word: string) => number,
): number {
  if (query.trim() === name) return 1_000;
  const inText = foldText(description);
  const has = (some: ReadonlySet<string>) => words.some((one) => some.has(one));
  const isForMany = name === FOR_MANY.tool &&
    (has(FOR_MANY.words) || has(FOR_MANY.ifChanged) && has(FOR_MANY.changes));
  return (isForMany ? FOR_MANY.score : 0) + words.reduce(
    (score, word) =>
      score +
      (inName.has(stem(word))
        ? weightOf(stem(word))
        : inText.includes(word)
        ? 1
        : 0),
    -inName.size / 100,
  );
}

/** The singular of a word. */
function stem(word: string): string {
  return word.replace(/ies$/, "y").replace(/([^s])s$/, "$1");
}

/** A tool as the answer shows it: as a client would list it. */
function describe(one: Outline): JsonObject {
  const { name, description, inputSchema } = listed(one);
  return {
    name,
    description,
    call_with: one.effect === "read" ? CALL_READ : CALL_WRITE,
    arguments: inputSchema,
  };
}
