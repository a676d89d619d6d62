/**
 * The frames of answers, as output schemas.
 *
 * @module
 */
import type { JsonSchema } from "../outline.ts";

const list: JsonSchema = { type: "array" };

/**
 * The frames of answers: the parts that a program can rely on, around Qontak's
 * own keys. They are short, because every conversation includes them.
 */
export const frames = {
  /** One record. */
  record: frame({ record: { type: "object" } }),
  /** One page of a list. */
  page: frame({ records: list }),
  /** The outcome of a write. */
  write: frame({ applied: list, ignored: list }),
  /** A deleted record. */
  deleted: frame({ deleted: { type: "boolean" } }),
  /** What was found; the form that ChatGPT's connectors expect. */
  results: frame({ results: list }),
  /** One text with its source; the form that ChatGPT's connectors expect. */
  document: frame({
    id: { type: "string" },
    title: { type: "string" },
    text: { type: "string" },
    url: { type: "string" },
    metadata: { type: "object" },
  }),
  /** What is known about a company or contact. */
  overview: frame({ open_deals: { type: "object" } }),
  /** The fields of a kind of record. */
  fields: frame({ fields: list }),
  /** The fields of a kind of record in one pipeline and stage. */
  required: frame({ required: list, optional: list }),
} as const;

function frame(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: "object", properties };
}
