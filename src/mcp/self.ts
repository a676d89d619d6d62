/**
 * What a client says of itself: who it is, and what it can do.
 *
 * @module
 */
import { isObject } from "../values/json.ts";

/** Whether a value is right. */
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isTheme: Check = (value) => value === "light" || value === "dark";

/** It may be left out. */
const maybe = (check: Check): Check => (value) =>
  value === undefined || check(value);

const listOf = (check: Check): Check => (value) =>
  Array.isArray(value) && value.every(check);

const namesOf = (check: Check): Check => (value) =>
  isObject(value) && Object.values(value).every(check);

/** Its values are right; it may have others, which nothing reads. */
const shape = (checks: Readonly<Record<string, Check>>): Check => (value) =>
  isObject(value) &&
  Object.entries(checks).every(([name, check]) => check(value[name]));

/** Whether a client says who it is, as the SDK demands. */
export const isClient: Check = shape({
  name: isText,
  version: isText,
  title: maybe(isText),
  websiteUrl: maybe(isText),
  description: maybe(isText),
  icons: maybe(listOf(shape({
    src: isText,
    mimeType: maybe(isText),
    sizes: maybe(listOf(isText)),
    theme: maybe(isTheme),
  }))),
});

/**
 * Whether a client says what it can do, as the SDK demands. Tasks have been
 * given up, so they are left to the SDK.
 */
export const areCapabilities: Check = shape({
  experimental: maybe(namesOf(isObject)),
  sampling: maybe(shape({ context: maybe(isObject), tools: maybe(isObject) })),
  elicitation: maybe(shape({
    form: maybe(shape({ applyDefaults: maybe(isFlag) })),
    url: maybe(isObject),
  })),
  roots: maybe(shape({ listChanged: maybe(isFlag) })),
  tasks: (value) => value === undefined,
  extensions: maybe(namesOf(isObject)),
});
