/**
 * The kinds of arguments that tools take. Each kind has two equivalent forms:
 * the JSON Schema that a client sees, and the zod schema that checks a call.
 * The zod schema is made when the tool is first called.
 *
 * @module
 */
import * as z from "zod";
import {
  MIDNIGHT,
  parseDate,
  toDayFirst,
  whyNoDate,
} from "../../fields/dates.ts";
import { someNumber } from "../../values/json.ts";
import { isTooLarge } from "../../values/numbers.ts";
import { unwrap } from "../../values/wrapped.ts";
import {
  type ArgumentOutline,
  type JsonSchema,
  objectSchema,
} from "../outline.ts";

/** One argument of a tool. */
export interface Argument<T = unknown> extends ArgumentOutline {
  /**
   * Makes the check for a value. Its messages are phrases that follow the
   * argument's name.
   */
  readonly check: () => z.ZodType<Exclude<T, undefined>>;
  /** Whether null has a meaning: it clears a field. */
  readonly clears?: boolean;
  /** Whether it is an id. */
  readonly isId?: boolean;
  /** Whether 0 can be meant as a value. */
  readonly hasZero?: boolean;
  /** Whether it is any text, so that the text "0" may be meant. */
  readonly isText?: boolean;
  /** Brings what some clients send into the form that the check takes. */
  readonly arrange?: (value: unknown) => unknown;
  /** Whether it is a list or an object, which some clients send as JSON text. */
  readonly isWrapped?: boolean;
}

/** The arguments of a tool, by name. */
export type Arguments = Readonly<Record<string, Argument>>;

/** The values of {@linkcode Arguments} after the check. */
export type Values<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends Argument<infer T> ? T : never;
};

/** Whether a value is null, "" or 0, which many clients send for nothing. */
export function isBlank(value: unknown): boolean {
  return value === null || value === "" || value === 0 || value === "0";
}

function described(schema: JsonSchema, description?: string): JsonSchema {
  return description === undefined ? schema : { ...schema, description };
}

function argument<T>(
  schema: JsonSchema,
  check: () => z.ZodType<Exclude<T, undefined>>,
): Argument<T | undefined> {
  return { schema, required: false, check };
}

/** Makes an argument that may come as JSON text. */
function wrapped<T>(
  schema: JsonSchema,
  check: () => z.ZodType<Exclude<T, undefined>>,
): Argument<T | undefined> {
  return { ...argument<T>(schema, check), isWrapped: true };
}

/**
 * Makes an argument required.
 *
 * @param optional The argument.
 */
export function required<T>(
  optional: Argument<T | undefined>,
): Argument<Exclude<T, undefined>> {
  return { ...optional, required: true } as Argument<Exclude<T, undefined>>;
}

/**
 * Makes an argument accept null, which clears a field. The schema does not show
 * it: clear is the better way, and clients that fill in every argument take the
 * null of a schema for the value to fill in.
 *
 * @param inner The argument.
 */
export function clearable<T>(
  inner: Argument<T | undefined>,
): Argument<T | null | undefined> {
  return { ...inner, check: () => inner.check().nullable(), clears: true };
}

/** A whole number; digits in a string are accepted too. */
function wholeNumber(least: number, phrase: string): z.ZodType<number> {
  return z.preprocess(
    (value) =>
      typeof value === "string" && /^\d{1,15}$/.test(value)
        ? Number(value)
        : value,
    z.int({ error: phrase }).min(least, { error: phrase }),
  );
}

/** The id of a record. */
export function id(description?: string): Argument<number | undefined> {
  return {
    ...argument(
      described({ type: "integer" }, description),
      () =>
        wholeNumber(1, "must be the id of a record, a whole number above 0"),
    ),
    isId: true,
  };
}

/** A whole number within limits. */
export function whole(
  least: number,
  most: number,
  description?: string,
): Argument<number | undefined> {
  const phrase = Number.isFinite(most)
    ? `must be a whole number from ${least} to ${most}`
    : `must be a whole number of at least ${least}`;
  return argument(
    described({ type: "integer" }, description),
    () =>
      wholeNumber(least, phrase).refine((value) => value <= most, {
        error: phrase,
      }),
  );
}

/** Text. */
export function text(description?: string): Argument<string | undefined> {
  return {
    ...argument(described({ type: "string" }, description), () => string),
    isText: true,
  };
}

/** Text; numbers are refused, because large numbers are rounded. */
const string = z.string({
  error: ({ input }) =>
    typeof input === "number" ? "must be text in quotes" : "must be text",
});

/**
 * A day in any supported form, converted to the form for Qontak's queries. They
 * have no time: one is refused, and not left out silently.
 *
 * @param instead What takes a time, for the refusal.
 * @param description The description of the argument.
 */
export function dayFirstDate(
  instead: string,
  description?: string,
): Argument<string | undefined> {
  return argument(
    described({ type: "string" }, description),
    () =>
      z.string({ error: "must be a date" }).transform((value, context) => {
        const moment = parseDate(value);
        if (moment?.time === MIDNIGHT) {
          return toDayFirst(moment).replaceAll("/", "-");
        }
        context.addIssue({
          code: "custom",
          message: moment
            ? `must be a day without a time (${instead})`
            : `must be a date such as 2026-11-30 or 30/11/2026${
              whyNoDate(value)
            }`,
        });
        return z.NEVER;
      }),
  );
}

/** True or false; the word in a string is accepted too. */
export function flag(description?: string): Argument<boolean | undefined> {
  return {
    ...argument<boolean>(
      described({ type: "boolean" }, description),
      () =>
        z.preprocess(
          (value) =>
            value === "true" ? true : value === "false" ? false : value,
          z.boolean({ error: "must be true or false" }),
        ),
    ),
    hasZero: true,
  };
}

/** A number, or digits as text: the type of the field decides. */
export function number(
  description?: string,
): Argument<number | string | undefined> {
  return {
    ...argument<number | string>(
      described({ type: "number" }, description),
      () =>
        z.union([z.number(), z.string()], {
          error: "must be a number",
        }) as z.ZodType<number | string>,
    ),
    hasZero: true,
  };
}

/**
 * The id or the label of something in the company's setup. The schema shows a
 * string, which can hold either; a number is accepted too.
 */
export function reference(
  description?: string,
): Argument<number | string | undefined> {
  return {
    ...argument<number | string>(
      described({ type: "string" }, description),
      () =>
        z.union([z.int(), z.string()], {
          error: "must be an id or a label",
        }) as z.ZodType<number | string>,
    ),
    isId: true,
  };
}

/**
 * A list; some clients send it as a JSON string, or a single entry without the
 * list.
 */
export function list<T>(
  entry: { readonly schema: JsonSchema; readonly check: () => z.ZodType<T> },
  description?: string,
): Argument<Exclude<T, undefined>[] | undefined> {
  return wrapped(
    described({ type: "array", items: entry.schema }, description),
    () =>
      z.preprocess(
        toList,
        z.array(entry.check(), { error: "must be a list" }),
      ) as unknown as z.ZodType<Exclude<T, undefined>[]>,
  );
}

/** Makes a single value a list, and ids joined by commas. */
function toList(value: unknown): unknown {
  const given = unwrap(value);
  if (typeof given === "string" && /^\s*\d+(\s*,\s*\d+)+\s*$/.test(given)) {
    return given.split(",").map((id) => id.trim());
  }
  // A text that looks like JSON was too large to read, or is broken.
  const isSingle = typeof given === "string"
    ? !/^\s*[{[]/.test(given)
    : given !== null && given !== undefined && !Array.isArray(given);
  return isSingle ? [given] : given;
}

/**
 * Makes a list accept what to add to it and what to remove from it. The schema
 * does not show it, because it must stay one type; the tool's description does.
 *
 * @param inner The list.
 */
export function changeable<T>(
  inner: Argument<T | undefined>,
): Argument<T | undefined> {
  return {
    ...inner,
    check: () => {
      const list = inner.check();
      const change = z.strictObject({
        add: list.optional(),
        remove: list.optional(),
      });
      return z.preprocess(
        unwrap,
        z.unknown().transform((value, context) => {
          const isChange = typeof value === "object" && value !== null &&
            !Array.isArray(value);
          const parsed = (isChange ? change : list).safeParse(value);
          if (parsed.success) return parsed.data;
          for (const issue of parsed.error.issues) {
            context.addIssue({ ...issue } as never);
          }
          return z.NEVER;
        }),
      ) as unknown as z.ZodType<Exclude<T, undefined>>;
    },
  };
}

/**
 * Words separated by commas, which is the shortest form in a schema; a list of
 * words is accepted too.
 */
export function words(description?: string): Argument<string[] | undefined> {
  const phrase = "must be words joined by commas, or a list of them";
  return wrapped(
    described({ type: "string" }, description),
    () =>
      z.preprocess(
        (value) => {
          const list = unwrap(value);
          return typeof list === "string"
            ? list.split(",").map((word) => word.trim()).filter(Boolean)
            : list;
        },
        z.array(string, { error: phrase })
          .refine((words) => words.length <= MAX_WORDS, {
            error: `${phrase}, at most ${MAX_WORDS}`,
          })
          .refine((words) => words.every((word) => word.length <= MAX_WORD), {
            error: `${phrase}, each of at most ${MAX_WORD} characters`,
          }),
      ) as unknown as z.ZodType<string[]>,
  );
}

/** The maximum number of words in one argument. */
const MAX_WORDS = 500;

/** The maximum length of a word, in characters. */
const MAX_WORD = 500;

/** An object with known keys; some clients send it as a JSON string. */
export function object<A extends Arguments>(
  shape: A,
  description?: string,
): Argument<Values<A> | undefined> {
  return wrapped(
    described(objectSchema(shape), description),
    () =>
      z.preprocess(
        unwrap,
        z.strictObject(checks(shape), {
          error: (issue) =>
            issue.code === "invalid_type" ? "must be an object" : undefined,
        }),
      ) as unknown as z.ZodType<Values<A>>,
  );
}

/**
 * One of a few words.
 *
 * @param words The words.
 * @param instead What to do if the value is another word, if there is a way.
 */
export function oneOf<const T extends string>(
  words: readonly T[],
  instead?: string,
): Argument<T | undefined> {
  const [first, ...others] = words;
  const phrase = others.length === 0
    ? `must be ${first} or left out`
    : `must be one of ${words.join(", ")}`;
  return argument(
    { type: "string", enum: words },
    () => z.enum(words, { error: instead ? `${phrase} (${instead})` : phrase }),
  );
}

/** A value of any type that a custom field can have. */
export function anyValue(): Argument<unknown> {
  return {
    // One type, as some clients need it: each kind of field takes text.
    schema: { type: "string" },
    required: false,
    check: () =>
      z.unknown().refine((value) => !someNumber(value, isTooLarge), {
        error: "must be digits in quotes, so that no digit is lost",
      }),
  };
}

/**
 * Makes the zod schemas of arguments.
 *
 * @param shape The arguments.
 */
export function checks(shape: Arguments): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, { check, required }]) => [
      name,
      required ? check() : check().nullish(),
    ]),
  );
}
