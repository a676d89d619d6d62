/**
 * What a tool answered, as data. Text in it was written by people: it is shown
 * as text, and means nothing here.
 *
 * @module
 */
import type { Json, ToolResult } from "./bridge.ts";

/** Whether a value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The objects of a list; none if it is not a list. */
export function objects(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The text of a result. */
export function textOf({ content }: ToolResult): string {
  return (content ?? []).map(({ text }) => text ?? "").join("\n").trim();
}

/** The fence around an answer, whose two lines have the same number. */
const FENCED = /^<qontak-data (\d{6})>\n([\s\S]*)\n<\/qontak-data \1>$/;

/**
 * The data of a result: its structured content, or the JSON of its text without
 * the fence around it. Undefined if the call failed or the text is not JSON.
 */
export function dataOf(result: ToolResult): Json | undefined {
  if (result.isError === true) return undefined;
  if (isObject(result.structuredContent)) return result.structuredContent;
  const text = textOf(result);
  try {
    const data: unknown = JSON.parse(FENCED.exec(text)?.[2] ?? text);
    return isObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The argument that names the company, for further calls; none if not given. */
export function tenantOf({ user_id }: Json): Json {
  return user_id === undefined || user_id === null ? {} : { user_id };
}
